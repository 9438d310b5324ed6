"""Mail in and out in bulk: import and export."""

from pathlib import Path
from typing import Annotated

import typer

from posthouse.commands.app import app
from posthouse.commands.house import (
    DataOption,
    JsonOption,
    PasswordOption,
    ask_password,
    in_house,
    read_settings,
    say,
)
from posthouse.foundation.db import Database
from posthouse.mail.transfer.crew import Crew
from posthouse.mail.transfer.exporting import ExportFormat, export_mailbox
from posthouse.mail.transfer.from_remote import import_account
from posthouse.mail.transfer.importing import import_path
from posthouse.mail.transfer.remote import RemoteAccount
from posthouse.mail.transfer.report import ImportReport


@app.command("import")
def import_mail(
    source: Annotated[
        str,
        typer.Argument(
            help="An mbox file, a Maildir, a .pst or .ost, a folder of mail, or imaps://NAME@HOST."
        ),
    ],
    mailbox: Annotated[str, typer.Option(help="The address of the mailbox.")],
    folder: Annotated[str, typer.Option(help="Into this folder.")] = "INBOX",
    password_stdin: PasswordOption = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Of another server, this folder; repeat it.")
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(help="The other server's certificate, as PEM.", exists=True, dir_okay=False),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring mail in. It can be stopped and run again: nothing is filed twice."""
    settings = read_settings(data)
    account = None
    if "://" in source:
        account = RemoteAccount.of_url(source, ask_password(password_stdin, new=False), trust)

    async def run(database: Database) -> ImportReport:
        with typer.progressbar(length=1000, label=f"Importing {source}", hidden=as_json) as bar:
            done = 0

            def progress(share: float) -> None:
                nonlocal done
                bar.update(int(share * 1000) - done)
                done = int(share * 1000)

            if account is None:
                return await import_path(database, Path(source), mailbox, folder, progress, crew)
            return await import_account(
                database,
                account,
                mailbox,
                folder,
                only=only or (),
                progress=progress,
                crew=crew,
            )

    with Crew(forked=True) as crew:
        report = in_house(settings, run)
    _tell(report, as_json=as_json)
    if report.failures:
        raise typer.Exit(1)


def _tell(report: ImportReport, *, as_json: bool) -> None:
    text = f"{report.filed} messages filed, {report.repeated} were there already"
    if report.failures:
        text += f", {len(report.failures)} could not be read:"
    say(text, report.as_dict(), as_json=as_json)
    if as_json:
        return
    for place, reason in report.failures:
        typer.echo(f"  {place}: {reason}")
    for place, reason in report.left_out:
        typer.echo(f"  left out: {place} ({reason})")


@app.command("export")
def export_mail(
    directory: Path,
    mailbox: Annotated[str, typer.Option(help="The address of the mailbox.")],
    form: Annotated[ExportFormat, typer.Option("--format")] = ExportFormat.MAILDIR,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a mailbox out, bit for bit: Maildir++ with flags, or mboxrd files."""
    settings = read_settings(data)

    async def run(database: Database) -> int:
        return await export_mailbox(database, directory, mailbox, form)

    count = in_house(settings, run)
    said = {"messages": count, "directory": str(directory)}
    say(f"{count} messages written to {directory}.", said, as_json=as_json)
