"""Mail in and out in bulk: import and export."""

from pathlib import Path
from typing import Annotated

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.mail.transfer.crew import Crew
from posthouse.mail.transfer.exporting import ExportFormat, export_mailbox
from posthouse.mail.transfer.importing import ImportReport, import_path


@app.command("import")
def import_mail(
    path: Annotated[Path, typer.Argument(help="An mbox file, a Maildir or a folder of .eml.")],
    mailbox: Annotated[str, typer.Option(help="The address of the mailbox.")],
    folder: Annotated[str, typer.Option(help="Into this folder.")] = "INBOX",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring mail in. It can be stopped and run again: nothing is filed twice."""
    settings = read_settings(data)

    async def run(database: Database) -> ImportReport:
        with typer.progressbar(length=1000, label=f"Importing {path.name}", hidden=as_json) as bar:
            done = 0

            def progress(share: float) -> None:
                nonlocal done
                bar.update(int(share * 1000) - done)
                done = int(share * 1000)

            return await import_path(database, path, mailbox, folder, progress, crew)

    with Crew(forked=True) as crew:
        report = in_house(settings, run)
    text = f"{report.filed} messages filed, {report.repeated} were there already"
    if report.failures:
        text += f", {len(report.failures)} could not be read:"
    say(text, report.as_dict(), as_json=as_json)
    for place, reason in report.failures if not as_json else ():
        typer.echo(f"  {place}: {reason}")
    if report.failures:
        raise typer.Exit(1)


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
