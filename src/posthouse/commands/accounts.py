"""Commands for linked accounts: the operator links, tries, pauses and unlinks them for a member."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from posthouse.commands.account_lines import folder_line, line_of, told_folders, told_of
from posthouse.commands.account_servers import incoming_server, server_at
from posthouse.commands.app import app, fail
from posthouse.commands.house import (
    DataOption,
    JsonOption,
    PasswordOption,
    ask_password,
    in_house,
    read_settings,
    say,
)
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Conflict, Denied, Invalid, NotFound
from posthouse.mail.accounts import actions
from posthouse.mail.accounts.checking import Checked, check
from posthouse.mail.accounts.driver import SignIn
from posthouse.mail.accounts.drivers import driver_of
from posthouse.mail.accounts.imap.avoiding import avoid_extensions
from posthouse.mail.accounts.model import (
    FolderHealth,
    Health,
    Secret,
    Servers,
)
from posthouse.mail.accounts.oauth.tokens import tokens_of
from posthouse.mail.accounts.pop3.keeping import set_keeping
from posthouse.mail.accounts.reaching import outside_of
from posthouse.mail.accounts.store import read_secret, workspaces_with_accounts
from posthouse.mail.accounts.words import PLAIN
from posthouse.security.members import (
    Actor,
    actor_of,
    normal_address,
)

account_app = typer.Typer(help="Mailboxes elsewhere, kept in step with ours.", no_args_is_help=True)
app.add_typer(account_app, name="account")

AccountArgument = Annotated[str, typer.Argument(help="The account's address.")]
MemberOption = Annotated[
    str | None,
    typer.Option("--member", help="Whose it is, when several have linked it.", show_default=False),
]


@account_app.command("link")
def link(
    member: Annotated[str, typer.Option(help="Whose it will be: a member's address.")],
    login: Annotated[str, typer.Option(help="The name that signs in there.")],
    imap: Annotated[str | None, typer.Option(help="HOST:PORT.", show_default=False)] = None,
    pop3: Annotated[str | None, typer.Option(help="HOST:PORT.", show_default=False)] = None,
    ews: Annotated[
        str | None,
        typer.Option(help="https://HOST/EWS/Exchange.asmx, or the host.", show_default=False),
    ] = None,
    smtp: Annotated[str | None, typer.Option(help="HOST:PORT.", show_default=False)] = None,
    address: Annotated[
        str | None,
        typer.Option(help="The account's address; the login, if it is one.", show_default=False),
    ] = None,
    security: Annotated[
        str | None,
        typer.Option(
            help="tls, starttls or plain, for all servers; by the port otherwise.",
            show_default=False,
        ),
    ] = None,
    untried: Annotated[bool, typer.Option("--untried", help="Do not sign in there first.")] = False,
    password_stdin: PasswordOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Link a mailbox elsewhere; it is brought over from now on, the newest mail first."""
    kind, incoming = incoming_server(imap, pop3, ews, security)
    servers = Servers(
        incoming=incoming,
        outgoing=server_at(smtp, security) if smtp else None,
        login=login,
    )
    wanted = normal_address(address or login)
    secret = Secret(password=ask_password(password_stdin, new=False))
    actions.check_form(servers, secret)

    async def make(database: Database) -> Any:
        actor = await actor_of(database, normal_address(member))
        async with database.workspace(actor.workspace_id) as tx:
            await actions.require_elsewhere(tx, wanted)
        if not untried:
            sign_in = SignIn(kind=kind, address=wanted, servers=servers, secret=secret)
            _require_signed_in(await _try(database, sign_in))
        async with database.workspace(actor.workspace_id) as tx:
            return await actions.link_account(
                tx, actor, address=wanted, servers=servers, secret=secret, kind=kind
            )

    made = in_house(read_settings(data), make)
    said = {"account_id": made.id, "mailbox_id": made.mailbox_id, "address": made.address}
    say(f"{made.address} is linked.", said, as_json=as_json)


@account_app.command("test")
def try_again(
    account: AccountArgument,
    member: MemberOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign in with what is kept, and say how far that goes. Changes nothing."""

    async def attempt(database: Database) -> Checked:
        workspace_id, health = await _find(database, account, member)
        tokens = await tokens_of(database)
        async with database.workspace(workspace_id) as tx:
            linked = await actions.read_account(tx, Actor.system(workspace_id), health.id)
            secret = await read_secret(tx, health.id)
            sign_in = await tokens.sign_in(tx, linked, secret)
        return await _try(database, sign_in)

    checked = in_house(read_settings(data), attempt)
    for step in checked.steps:
        words = f"{step.name:<12} {step.outcome}"
        if step.error is not None:
            words += f": {PLAIN[step.error]} {step.said}".rstrip()
        values = {"step": step.name, "outcome": step.outcome, "error": step.error}
        say(words, {**values, "said": step.said}, as_json=as_json)
    if not checked.ok:
        fail("The account does not work.")


@account_app.command("status")
def status(
    account: Annotated[str | None, typer.Argument(help="One address, folder by folder.")] = None,
    member: MemberOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """How accounts stand, counted anew; all of them, or one folder by folder."""

    async def read_all(database: Database) -> list[Health]:
        return [each for _, each in await _all(database, None, member)]

    async def read_one(database: Database) -> tuple[Health, list[FolderHealth]]:
        workspace_id, health = await _find(database, account or "", member)
        async with database.workspace(workspace_id) as tx:
            found = await actions.account_health(tx, Actor.system(workspace_id), health.id)
        return found[0], found[1]

    settings = read_settings(data)
    if account is None:
        found = in_house(settings, read_all)
        for each in found:
            say(line_of(each), told_of(each), as_json=as_json)
        if not found and not as_json:
            typer.echo("No account is linked.")
        return
    health, folders = in_house(settings, read_one)
    say(line_of(health), {**told_of(health), "folders": told_folders(folders)}, as_json=as_json)
    for folder in folders if not as_json else []:
        typer.echo(folder_line(folder))


@account_app.command("pause")
def pause(
    account: AccountArgument,
    member: MemberOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """No visits until it is resumed."""
    _change(data, account, member, actions.pause_account)
    say(f"{account} is paused.", {"address": account, "state": "paused"}, as_json=as_json)


@account_app.command("resume")
def resume(
    account: AccountArgument,
    member: MemberOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Visit it at once, whatever went wrong before."""
    _change(data, account, member, actions.resume_account)
    say(f"{account} is visited.", {"address": account, "state": "active"}, as_json=as_json)


@account_app.command("unlink")
def unlink(
    account: AccountArgument,
    keep_mail: Annotated[
        bool, typer.Option("--keep-mail/--delete-mail", help="What was brought here.")
    ] = True,
    member: MemberOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget the account and its password. Nothing changes at its server."""

    async def act(tx: Tx, actor: Actor, account_id: UUID) -> None:
        await actions.unlink_account(tx, actor, account_id, keep_mail=keep_mail)

    _change(data, account, member, act)
    kept = "its mail is kept" if keep_mail else "its mail is deleted"
    said = {"address": account, "mail_kept": keep_mail}
    say(f"{account} is unlinked, {kept}.", said, as_json=as_json)


@account_app.command("keep")
def keep(
    account: AccountArgument,
    days: Annotated[
        int | None, typer.Option(min=0, help="So many; 0: delete at once.", show_default=False)
    ] = None,
    always: Annotated[bool, typer.Option("--always", help="Delete nothing there.")] = False,
    member: MemberOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """How long mail that is here stays at a POP3 server."""
    if (days is None) != always:
        raise Invalid("Say either --days or --always.")
    _change(data, account, member, partial(set_keeping, days=days))
    words = "stays there for ever" if days is None else f"goes there after {days} days"
    say(f"Mail of {account} {words}.", {"address": account, "days": days}, as_json=as_json)


@account_app.command("avoid")
def avoid(
    account: AccountArgument,
    extensions: Annotated[
        list[str] | None, typer.Argument(help="IDLE, CONDSTORE … None: use all again.")
    ] = None,
    member: MemberOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Extensions of IMAP that its server offers and does not do right: they are let be."""
    avoided = extensions or []
    _change(data, account, member, partial(avoid_extensions, extensions=avoided))
    words = ", ".join(avoided) or "no extension"
    said = {"address": account, "avoided": avoided}
    say(f"Of {account} {words} is avoided.", said, as_json=as_json)


def _change(
    data: Path | None,
    address: str,
    member: str | None,
    act: Callable[[Tx, Actor, UUID], Awaitable[None]],
) -> None:
    async def run(database: Database) -> None:
        workspace_id, health = await _find(database, address, member)
        async with database.workspace(workspace_id) as tx:
            await act(tx, Actor.system(workspace_id), health.id)

    in_house(read_settings(data), run)


async def _find(database: Database, address: str, member: str | None) -> tuple[UUID, Health]:
    found = await _all(database, normal_address(address), member)
    if not found:
        raise NotFound(f"No account {address} is linked.")
    if len(found) > 1:
        raise Conflict(f"Several members have linked {address}: say whose, with --member.")
    return found[0]


async def _all(
    database: Database, address: str | None, member: str | None
) -> list[tuple[UUID, Health]]:
    owner = await actor_of(database, normal_address(member)) if member else None
    async with database.system() as tx:
        workspaces = [owner.workspace_id] if owner else await workspaces_with_accounts(tx)
    found: list[tuple[UUID, Health]] = []
    for workspace_id in workspaces:
        async with database.workspace(workspace_id) as tx:
            for each in await actions.list_accounts(tx, Actor.system(workspace_id)):
                mine = owner is None or each.member_id == owner.member_id
                if mine and address in (None, each.address):
                    found.append((workspace_id, each))
    return found


async def _try(database: Database, sign_in: SignIn) -> Checked:
    connect = driver_of(sign_in.kind)
    if connect is None:
        raise Invalid("Accounts of that kind cannot be linked yet.")
    return await check(connect, sign_in, await outside_of(database))


def _require_signed_in(checked: Checked) -> None:
    for step in checked.steps:
        if step.error is not None and not checked.signed_in:
            raise Denied(f"{PLAIN[step.error]} {step.said}".strip())
