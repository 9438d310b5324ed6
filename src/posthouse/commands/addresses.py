"""Commands for further addresses: aliases, groups, catch-alls."""

from typing import Annotated, Any

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.mail.addressing import actions
from posthouse.mail.addressing.model import HostedAddress
from posthouse.security.members import Actor, workspace_of_domain

address_app = typer.Typer(
    help="Aliases, groups and catch-alls: further addresses of mailboxes.", no_args_is_help=True
)
app.add_typer(address_app, name="address")

AddressArgument = Annotated[str, typer.Argument(help="An address, or @DOMAIN for its catch-all.")]


@address_app.command("set")
def set_address(
    address: AddressArgument,
    mailbox: Annotated[
        list[str] | None, typer.Option(help="Who gets its mail; repeat it for a group.")
    ] = None,
    forward_to: Annotated[
        list[str] | None, typer.Option(help="An address elsewhere that gets it; may be repeated.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an alias, a group or a catch-all, or change whom it means."""

    async def change(database: Database) -> HostedAddress:
        workspace_id = await workspace_of_domain(database, address.rpartition("@")[2])
        async with database.workspace(workspace_id) as tx:
            actor = Actor.system(workspace_id)
            return await actions.set_address(tx, actor, address, mailbox or [], forward_to or [])

    made = in_house(read_settings(data), change)
    text = f"Mail for {made.address} goes to {_targets(made)}."
    say(text, _told(made), as_json=as_json)


@address_app.command("list")
def list_addresses(
    domain: Annotated[str, typer.Argument(help="A hosted domain.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List all addresses of a domain, those of mailboxes too."""

    async def read(database: Database) -> list[HostedAddress]:
        workspace_id = await workspace_of_domain(database, domain)
        async with database.workspace(workspace_id) as tx:
            return await actions.list_addresses(tx, Actor.system(workspace_id), domain)

    for each in in_house(read_settings(data), read):
        text = f"{each.address:<40} {each.kind:<10} {_targets(each)}"
        say(text, _told(each), as_json=as_json)


@address_app.command("remove")
def remove_address(
    address: AddressArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Receive nothing more for an alias, a group or a catch-all."""

    async def change(database: Database) -> None:
        workspace_id = await workspace_of_domain(database, address.rpartition("@")[2])
        async with database.workspace(workspace_id) as tx:
            await actions.remove_address(tx, Actor.system(workspace_id), address)

    in_house(read_settings(data), change)
    say(f"{address} receives nothing more.", {"address": address}, as_json=as_json)


def _targets(hosted: HostedAddress) -> str:
    return ", ".join([*hosted.mailboxes, *(f"{each} (elsewhere)" for each in hosted.forward_to)])


def _told(hosted: HostedAddress) -> dict[str, Any]:
    return {
        "address": hosted.address,
        "kind": hosted.kind,
        "mailboxes": list(hosted.mailboxes),
        "forward_to": list(hosted.forward_to),
    }
