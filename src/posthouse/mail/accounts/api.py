"""HTTP doors of linked accounts: from an address to an account that is in step, and how it stands.

The edge provides `actor` and `database`. Only `wall` shows anything of others' accounts.
"""

from typing import TypeAlias
from uuid import UUID

from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.mail.accounts import actions
from posthouse.mail.accounts.checking import Checked, check
from posthouse.mail.accounts.detection import detect, provider_of_server
from posthouse.mail.accounts.detection.model import Provider
from posthouse.mail.accounts.detection.views import (
    AddressAsked,
    DetectionView,
    detection_view,
    provider_view,
)
from posthouse.mail.accounts.driver import SignIn
from posthouse.mail.accounts.drivers import driver_of
from posthouse.mail.accounts.gmail import api as google_news
from posthouse.mail.accounts.imap.avoiding import avoid_extensions
from posthouse.mail.accounts.keyed import api as news
from posthouse.mail.accounts.model import Kind, Secret
from posthouse.mail.accounts.oauth import api as consents
from posthouse.mail.accounts.oauth.actions import kinds_to_ask
from posthouse.mail.accounts.oauth.services import provider_of_service
from posthouse.mail.accounts.oauth.store import read_tokens
from posthouse.mail.accounts.pop3.keeping import read_keeping, set_keeping
from posthouse.mail.accounts.reaching import outside_of
from posthouse.mail.accounts.views import (
    AccountDetail,
    AccountList,
    AccountTrial,
    AccountView,
    AccountWall,
    Avoiding,
    Keeping,
    MemberAccount,
    NewAccount,
    NewSecret,
    account_view,
    act_view,
    folder_view,
    servers_of,
    servers_view,
    trial_view,
)
from posthouse.security.members import Actor, Scope, list_members, normal_address

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]

_BY_CONSENT = frozenset[Kind](("graph", "gmail"))


@post(
    "/linked-accounts/detection",
    summary="Find the servers of an address elsewhere",
    status_code=HTTP_200_OK,
    opt={"once": False},
)
async def detect_servers(actor: Who, database: Db, data: JSONBody[AddressAsked]) -> DetectionView:
    """By a table of providers, DNS, the domain's own documents and the usual names: half a minute
    at worst. No password is needed. 409 for an address whose mail is delivered here.
    """
    address = await _address_elsewhere(actor, database, data.address)
    found = await detect(await outside_of(database), address)
    return detection_view(found, consents=_asks(database, found.provider))


@post(
    "/linked-accounts/trial",
    summary="Try an account before it is linked",
    status_code=HTTP_200_OK,
    opt={"once": False},
)
async def try_account(actor: Who, database: Db, data: JSONBody[NewAccount]) -> AccountTrial:
    """Signs in, looks at the folders, and signs in where mail is sent. Nothing is kept."""
    address = await _address_elsewhere(actor, database, data.address)
    return trial_view(await _try(database, _sign_in(data, address)))


@post("/linked-accounts", summary="Link an account")
async def link_account(actor: Who, database: Db, data: JSONBody[NewAccount]) -> AccountView:
    """Into a mailbox of its own, which the member alone sees. It is not tried again here; the first
    sync begins at once, the newest mail first.
    """
    sign_in = _sign_in(data, normal_address(data.address))
    async with database.workspace(actor.workspace_id) as tx:
        account = await actions.link_account(
            tx,
            actor,
            address=sign_in.address,
            servers=sign_in.servers,
            secret=sign_in.secret,
            kind=sign_in.kind,
            name=data.name.strip(),
        )
        health, _, _ = await actions.account_health(tx, actor, account.id)
    return account_view(health)


@get("/linked-accounts", summary="One's own linked accounts")
async def list_accounts(actor: Who, database: Db) -> AccountList:
    """How each of them stands, counted anew."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await actions.list_accounts(tx, actor)
    return AccountList(items=[account_view(each) for each in found])


@get("/linked-accounts/wall", summary="Everybody's linked accounts, for administrators")
async def show_wall(actor: Who, database: Db) -> AccountWall:
    """How they stand, without their mail, their folders and their servers' words."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await actions.all_accounts(tx, actor)
        members = {member.id: member for member in await list_members(tx)}
    return AccountWall(
        items=[
            MemberAccount(
                member_name=members[each.member_id].name,
                member_address=members[each.member_id].address,
                account=account_view(each),
            )
            for each in found
            if each.member_id in members
        ]
    )


@get("/linked-accounts/{account_id:uuid}", summary="A linked account, folder by folder")
async def read_account(actor: Who, database: Db, account_id: FromPath[UUID]) -> AccountDetail:
    """One's own alone."""
    async with database.workspace(actor.workspace_id) as tx:
        account = await actions.read_account(tx, actor, account_id)
        health, folders, acts = await actions.account_health(tx, actor, account_id)
        kept = await read_tokens(tx, account_id)
        keeping = Keeping(days=await read_keeping(tx, account_id))
    provider = provider_of_server(account.servers.incoming.host)
    if provider is None and kept is not None:
        provider = provider_of_service(kept.service)
    return AccountDetail(
        account=account_view(health),
        servers=servers_view(account),
        by_consent=kept is not None,
        keeping=keeping if account.kind == "pop3" else None,
        avoiding=Avoiding(extensions=sorted(account.overrides)) if account.kind == "imap" else None,
        provider=provider_view(provider, consents=_asks(database, provider)),
        folders=[folder_view(each) for each in folders],
        acts=[act_view(each) for each in acts],
    )


@post("/linked-accounts/{account_id:uuid}/pause", summary="Pause", status_code=HTTP_200_OK)
async def pause_account(actor: Who, database: Db, account_id: FromPath[UUID]) -> AccountView:
    """Nothing is fetched and nothing carried back until it is resumed."""
    async with database.workspace(actor.workspace_id) as tx:
        await actions.pause_account(tx, actor, account_id)
        health, _, _ = await actions.account_health(tx, actor, account_id)
    return account_view(health)


@post("/linked-accounts/{account_id:uuid}/resume", summary="Resume", status_code=HTTP_200_OK)
async def resume_account(actor: Who, database: Db, account_id: FromPath[UUID]) -> AccountView:
    """It is visited at once, whatever went wrong before."""
    async with database.workspace(actor.workspace_id) as tx:
        await actions.resume_account(tx, actor, account_id)
        health, _, _ = await actions.account_health(tx, actor, account_id)
    return account_view(health)


@put("/linked-accounts/{account_id:uuid}/secret", summary="Another password, or other servers")
async def change_secret(
    actor: Who, database: Db, account_id: FromPath[UUID], data: JSONBody[NewSecret]
) -> AccountTrial:
    """Tried first, and kept only if it signs in (`signed_in`); then the account is visited."""
    async with database.workspace(actor.workspace_id) as tx:
        account = await actions.read_account(tx, actor, account_id)
    sign_in = SignIn(
        kind=account.kind,
        address=account.address,
        servers=servers_of(data.servers) if data.servers else account.servers,
        secret=Secret(password=data.password, outgoing_password=data.outgoing_password),
        overrides=account.overrides,
    )
    checked = await _try(database, sign_in)
    if checked.signed_in:
        async with database.workspace(actor.workspace_id) as tx:
            await actions.change_secret(
                tx, actor, account_id, sign_in.secret, servers=sign_in.servers
            )
    return trial_view(checked)


@put("/linked-accounts/{account_id:uuid}/keeping", summary="How long mail stays at a POP3 server")
async def keep_there(
    actor: Who, database: Db, account_id: FromPath[UUID], data: JSONBody[Keeping]
) -> Keeping:
    """In force from the next visit on; nothing is deleted there that is not here for good."""
    async with database.workspace(actor.workspace_id) as tx:
        await set_keeping(tx, actor, account_id, data.days)
    return data


@put("/linked-accounts/{account_id:uuid}/avoiding", summary="Extensions that are not used")
async def avoid(
    actor: Who, database: Db, account_id: FromPath[UUID], data: JSONBody[Avoiding]
) -> Avoiding:
    """These and no others, from the next connection on, which begins at once."""
    async with database.workspace(actor.workspace_id) as tx:
        await avoid_extensions(tx, actor, account_id, data.extensions)
    return data


@delete("/linked-accounts/{account_id:uuid}", summary="Unlink an account")
async def unlink_account(
    actor: Who, database: Db, account_id: FromPath[UUID], keep_mail: FromQuery[bool]
) -> None:
    """Nothing changes at its server. What was brought here stays, or is deleted."""
    async with database.workspace(actor.workspace_id) as tx:
        await actions.unlink_account(tx, actor, account_id, keep_mail=keep_mail)


async def _address_elsewhere(actor: Actor, database: Database, text: str) -> str:
    actor.require(Scope.SETTINGS)
    address = normal_address(text)
    async with database.workspace(actor.workspace_id) as tx:
        await actions.require_elsewhere(tx, address)
    return address


def _asks(database: Database, provider: Provider | None) -> list[Kind]:
    return [] if provider is None else kinds_to_ask(database, provider.key)


def _sign_in(data: NewAccount, address: str) -> SignIn:
    if data.kind in _BY_CONSENT:
        raise Invalid("Accounts of that kind sign in by consent alone.", field="kind")
    return SignIn(
        kind=data.kind,
        address=address,
        servers=servers_of(data.servers),
        secret=Secret(password=data.password, outgoing_password=data.outgoing_password),
    )


async def _try(database: Database, sign_in: SignIn) -> Checked:
    actions.check_form(sign_in.servers, sign_in.secret)
    connect = driver_of(sign_in.kind)
    if connect is None:
        raise Invalid("Accounts of that kind cannot be linked yet.", field="kind")
    return await check(connect, sign_in, await outside_of(database))


router = Router(
    path="/",
    tags=["linked accounts"],
    route_handlers=[
        detect_servers,
        try_account,
        link_account,
        list_accounts,
        show_wall,
        read_account,
        pause_account,
        resume_account,
        change_secret,
        keep_there,
        avoid,
        unlink_account,
        *consents.HANDLERS,
        *google_news.HANDLERS,
        *news.HANDLERS,
    ],
)
