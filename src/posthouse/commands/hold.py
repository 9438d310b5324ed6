"""Commands for what must not be erased."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.mail.holds import actions
from posthouse.mail.holds.model import Hold
from posthouse.mail.transfer.exporting import ExportFormat
from posthouse.mail.transfer.held import export_held
from posthouse.security.members import Actor, workspace_of_domain

hold_app = typer.Typer(help="Legal holds: nothing of a mailbox is erased.", no_args_is_help=True)
app.add_typer(hold_app, name="hold")

DomainArgument = Annotated[str, typer.Argument(help="A hosted domain of the workspace.")]
MailboxArgument = Annotated[str, typer.Argument(help="The address of the mailbox.")]
HoldArgument = Annotated[UUID, typer.Argument(help="An id that “hold list” shows.")]


@hold_app.command("set")
def set_hold(
    mailbox: MailboxArgument,
    reason: Annotated[str, typer.Option(help="Why; it is kept encrypted.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a mailbox from being erased; its member sees no difference."""

    async def change(database: Database) -> Hold:
        workspace_id = await workspace_of_domain(database, mailbox.rpartition("@")[2])
        async with database.workspace(workspace_id) as tx:
            return await actions.set_hold(tx, Actor.system(workspace_id), mailbox, reason)

    made = in_house(read_settings(data), change)
    say(f"{made.address} is held: {made.id}", _told(made), as_json=as_json)


@hold_app.command("list")
def list_holds(
    domain: DomainArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List all holds there are and were, who set them and why."""

    async def read(database: Database) -> list[Hold]:
        workspace_id = await workspace_of_domain(database, domain)
        async with database.workspace(workspace_id) as tx:
            return await actions.list_holds(tx, Actor.system(workspace_id))

    for each in in_house(read_settings(data), read):
        state = f"lifted {each.lifted_at:%Y-%m-%d}" if each.lifted_at else f"keeps {each.kept:,}"
        text = f"{each.id}  {each.address:<32} since {each.set_at:%Y-%m-%d}  {state}  {each.reason}"
        say(text, _told(each), as_json=as_json)


@hold_app.command("lift")
def lift_hold(
    domain: DomainArgument, hold: HoldArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Lift a hold: what was deleted, and kept for it alone, is erased."""

    async def change(database: Database) -> Hold:
        workspace_id = await workspace_of_domain(database, domain)
        async with database.workspace(workspace_id) as tx:
            return await actions.lift_hold(tx, Actor.system(workspace_id), hold)

    lifted = in_house(read_settings(data), change)
    say(f"The hold on {lifted.address} is lifted.", _told(lifted), as_json=as_json)


@hold_app.command("export")
def export_hold(
    domain: DomainArgument,
    hold: HoldArgument,
    path: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    form: Annotated[
        ExportFormat, typer.Option("--format", help="How it is written.")
    ] = ExportFormat.MAILDIR,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write all mail of a held mailbox, with what its member deleted; that it was is recorded."""

    async def run(database: Database) -> int:
        workspace_id = await workspace_of_domain(database, domain)
        return await export_held(database, Actor.system(workspace_id), hold, path, form)

    count = in_house(read_settings(data), run)
    say(f"Exported {count:,} messages to {path}.", {"exported": count}, as_json=as_json)


def _told(hold: Hold) -> dict[str, Any]:
    return {
        "id": hold.id,
        "mailbox": hold.address,
        "reason": hold.reason,
        "set_by": hold.set_by,
        "set_at": hold.set_at,
        "lifted_by": hold.lifted_by,
        "lifted_at": hold.lifted_at,
        "kept": hold.kept,
        "exports": hold.exports,
    }
