"""Commands for relays by sender: of a mailbox, a domain, a workspace."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.commands.routes import ask_password
from posthouse.foundation.db import Database, Tx
from posthouse.security.members import Actor, find_workspace, workspace_of_domain
from posthouse.sending.outbox import relays
from posthouse.sending.outbox.relays import EVERYBODY, Relay

T = TypeVar("T")
relay_app = typer.Typer(
    help="Relays by sender: the mailbox's, its domain's, the workspace's.", no_args_is_help=True
)
app.add_typer(relay_app, name="relay")

SenderArgument = Annotated[
    str, typer.Argument(help="A mailbox's address, a hosted domain, or '*' for a whole workspace.")
]
WorkspaceOption = Annotated[
    str | None,
    typer.Option("--workspace", help="Its name or a domain of it, when there are several."),
]


@relay_app.command("set")
def set_relay(
    sender: SenderArgument,
    relay: Annotated[str, typer.Option(help="HOST:PORT to hand the mail to, or ses:REGION.")],
    tls: Annotated[
        str | None,
        typer.Option(
            help="opportunistic, encrypted, verified or implicit; implicit at port 465.",
            show_default=False,
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            help="Sign in there as this user; for SES the access key.", show_default=False
        ),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(help="The file with the password; asked for otherwise.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand a sender's mail to a relay. Replaces what was set for that sender."""
    password = ask_password(password_file) if user else None

    async def change(tx: Tx, actor: Actor) -> Relay:
        return await relays.set_relay(
            tx, actor, sender, relay, tls=tls, user=user, password=password
        )

    made = _within(data, sender, workspace, change)
    say(f"Mail of {made.sender} goes to {made.address}.", _told(made), as_json=as_json)


@relay_app.command("list")
def list_relays(
    workspace: WorkspaceOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the relays of a workspace's senders."""
    found = _within(data, EVERYBODY, workspace, relays.list_relays)
    for each in found:
        user = each.sign_in.user if each.sign_in else ""
        text = f"{each.sender:<30} {each.address:<30} {each.handover.tls:<13} {user}"
        say(text.rstrip(), _told(each), as_json=as_json)
    if not found and not as_json:
        typer.echo("No sender has a relay.")


@relay_app.command("remove")
def remove_relay(
    sender: SenderArgument,
    workspace: WorkspaceOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deliver a sender's mail as before."""
    _within(data, sender, workspace, lambda tx, who: relays.remove_relay(tx, who, sender))
    say(f"{sender} has no relay any more.", {"sender": sender}, as_json=as_json)


def _within(
    data: Path | None,
    sender: str,
    workspace: str | None,
    act: Callable[[Tx, Actor], Awaitable[T]],
) -> T:
    async def run(database: Database) -> T:
        workspace_id = await _workspace_of(database, sender, workspace)
        async with database.workspace(workspace_id) as tx:
            return await act(tx, Actor.system(workspace_id))

    return in_house(read_settings(data), run)


async def _workspace_of(database: Database, sender: str, named: str | None) -> UUID:
    if sender.strip() == EVERYBODY:
        return await find_workspace(database, named)
    return await workspace_of_domain(database, sender.rpartition("@")[2])


def _told(relay: Relay) -> dict[str, Any]:
    said = {"sender": relay.sender, "relay": relay.address, "tls": relay.handover.tls}
    return {**said, "user": relay.sign_in.user} if relay.sign_in else said
