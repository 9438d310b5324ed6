"""Commands for app passwords: the operator makes, lists and revokes them for a member."""

from typing import Annotated, Any
from uuid import UUID

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.security import members
from posthouse.security.members import Actor, AppPassword

app_password_app = typer.Typer(
    help="Passwords of members' mail programs, one for each device.", no_args_is_help=True
)
app.add_typer(app_password_app, name="app-password")

MemberArgument = Annotated[str, typer.Argument(help="The member's address.")]


@app_password_app.command("add")
def add(
    member: MemberArgument,
    name: Annotated[str, typer.Option(help="Which device or program it is for.")],
    protocol: Annotated[
        list[str] | None, typer.Option(help="imap, pop3, smtp or managesieve; repeat it.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make one, for all protocols unless some are named. It is shown once."""

    async def make(database: Database) -> tuple[UUID, str]:
        actor = await members.actor_of(database, member)
        async with database.workspace(actor.workspace_id) as tx:
            return await members.add_app_password(tx, actor.member_id, name, protocol or ())

    password_id, word = in_house(read_settings(data), make)
    say(word, {"id": password_id, "password": word, "member": member}, as_json=as_json)


@app_password_app.command("list")
def list_all(member: MemberArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """List them, with their last use."""

    async def read(database: Database) -> list[AppPassword]:
        actor = await members.actor_of(database, member)
        async with database.workspace(actor.workspace_id) as tx:
            return await members.list_app_passwords(tx, actor.member_id)

    for each in in_house(read_settings(data), read):
        used = "never used"
        if each.last_used_at is not None:
            used = f"{each.last_used_at:%Y-%m-%d %H:%M} {each.last_protocol} {each.last_source}"
        say(f"{each.id}  {used:<50} {each.name}", _told(each), as_json=as_json)


@app_password_app.command("revoke")
def revoke(
    member: MemberArgument,
    password: Annotated[UUID, typer.Argument(help="Its id, as the list has it.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let nobody in with it any more; what it has open ends."""

    async def change(database: Database) -> None:
        actor = await members.actor_of(database, member)
        async with database.workspace(actor.workspace_id) as tx:
            await members.revoke_app_password(tx, actor.member_id, password)

    in_house(read_settings(data), change)
    say(f"{password} is revoked.", {"id": password, "member": member}, as_json=as_json)


@app_password_app.command("require")
def require(
    domain: Annotated[str, typer.Argument(help="A hosted domain of the workspace.")],
    off: Annotated[bool, typer.Option("--off", help="Take members' own passwords again.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take no other password from mail programs of a workspace."""

    async def change(database: Database) -> None:
        workspace_id = await members.workspace_of_domain(database, domain)
        async with database.workspace(workspace_id) as tx:
            await members.require_app_passwords(tx, Actor.system(workspace_id), not off)

    in_house(read_settings(data), change)
    taken = "members' own passwords as well" if off else "app passwords only"
    said = {"domain": domain, "app_passwords_required": not off}
    say(f"Mail programs sign in with {taken}.", said, as_json=as_json)


def _told(password: AppPassword) -> dict[str, Any]:
    return {
        "id": password.id,
        "name": password.name,
        "protocols": sorted(password.protocols),
        "created_at": password.created_at,
        "last_used_at": password.last_used_at,
        "last_protocol": password.last_protocol,
        "last_source": password.last_source,
    }
