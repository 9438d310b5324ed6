"""Commands for workspaces, members, shared mailboxes and keys."""

from typing import Annotated, Any

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
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.mail.mailboxes.personal import give_mailbox
from posthouse.security.access import Level, grant
from posthouse.security.members import (
    Actor,
    actor_of,
    add_api_key,
    checked_scopes,
    create_workspace,
    normal_address,
    workspace_of_domain,
)
from posthouse.security.members import add_member as make_member
from posthouse.security.members.model import DEFAULT_KEY_SCOPES, Role

member_app = typer.Typer(help="People who sign in.", no_args_is_help=True)
mailbox_app = typer.Typer(help="Shared mailboxes.", no_args_is_help=True)
key_app = typer.Typer(help="Keys for programs.", no_args_is_help=True)
app.add_typer(member_app, name="member")
app.add_typer(mailbox_app, name="mailbox")
app.add_typer(key_app, name="key")


@app.command()
def init(
    workspace: Annotated[str, typer.Option(help="The company's name.")],
    domain: Annotated[str, typer.Option(help="Its first mail domain.")],
    admin: Annotated[str, typer.Option(help="The first administrator's address.")],
    name: Annotated[str, typer.Option(help="The administrator's name.")] = "",
    language: Annotated[str, typer.Option(help="en or zh-CN.")] = "en",
    password_stdin: PasswordOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a workspace with its domain and its first administrator."""
    password = ask_password(password_stdin, new=True)

    async def make(database: Database) -> Actor:
        return await create_workspace(
            database,
            workspace,
            domain,
            admin,
            password,
            admin_name=name,
            language=language,
            then=give_mailbox,
        )

    actor = in_house(read_settings(data), make)
    said = {"workspace_id": actor.workspace_id, "member_id": actor.member_id}
    said["address"] = actor.address  # type: ignore[assignment]
    say(f"{workspace} is ready. Sign in as {actor.address}.", said, as_json=as_json)


@member_app.command("add")
def add_member(
    address: str,
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="May run the workspace.")] = False,
    language: Annotated[str, typer.Option(help="en or zh-CN.")] = "en",
    password_stdin: PasswordOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a member with a personal mailbox."""
    password = ask_password(password_stdin, new=True)

    async def make(database: Database) -> Actor:
        wanted = normal_address(address)
        return await make_member(
            database,
            await workspace_of_domain(database, wanted.rpartition("@")[2]),
            wanted,
            password,
            name=name,
            role=Role.ADMIN if admin else Role.MEMBER,
            language=language,
            then=give_mailbox,
        )

    actor = in_house(read_settings(data), make)
    said = {"member_id": actor.member_id, "address": actor.address}
    say(f"{actor.address} can sign in.", said, as_json=as_json)


@mailbox_app.command("add")
def add_mailbox(
    address: str,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    member: Annotated[
        list[str] | None, typer.Option(help="Who reads, writes and sends from it.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a shared mailbox and let members in."""

    async def make(database: Database) -> dict[str, Any]:
        wanted = normal_address(address)
        workspace_id = await workspace_of_domain(database, wanted.rpartition("@")[2])
        members = [await actor_of(database, normal_address(each)) for each in member or []]
        async with database.workspace(workspace_id) as tx:
            mailbox_id = await make_mailbox(
                tx, kind="shared", address=wanted, name=name or wanted, owner_member_id=None
            )
            for each in members:
                await grant(
                    tx,
                    Actor.system(workspace_id),
                    member_id=each.member_id,
                    mailbox_id=mailbox_id,
                    level=Level.FULL,
                    may_write=True,
                    may_send=True,
                )
        return {"mailbox_id": mailbox_id, "address": wanted}

    made = in_house(read_settings(data), make)
    say(f"{made['address']} receives mail.", made, as_json=as_json)


@key_app.command("add")
def add_key(
    member: Annotated[str, typer.Option(help="Whose key it is.")],
    scope: Annotated[list[str] | None, typer.Option(help="What it may do; repeat it.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an API key. It is shown once."""

    async def make(database: Database) -> str:
        actor = await actor_of(database, normal_address(member))
        scopes = checked_scopes(scope) if scope else DEFAULT_KEY_SCOPES
        async with database.workspace(actor.workspace_id) as tx:
            return await add_api_key(tx, actor.member_id, scopes)

    key = in_house(read_settings(data), make)
    say(key, {"key": key, "member": member}, as_json=as_json)
