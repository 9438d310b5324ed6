"""A member consents: he is sent to his provider, comes back, and his account is linked."""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Conflict, Denied, Invalid, NotFound
from posthouse.foundation.settings import Settings
from posthouse.mail.accounts import actions
from posthouse.mail.accounts.checking import Checked, check
from posthouse.mail.accounts.detection import provider_of_server, providers
from posthouse.mail.accounts.driver import SignIn
from posthouse.mail.accounts.drivers import driver_of
from posthouse.mail.accounts.errors import Broken, SignInRefused
from posthouse.mail.accounts.model import ErrorKind, Kind, LinkedAccount, Secret, Server, Servers
from posthouse.mail.accounts.oauth import asking, store
from posthouse.mail.accounts.oauth.model import Client, Grant, Request, Tokens
from posthouse.mail.accounts.oauth.services import Clients, clients_of
from posthouse.mail.accounts.reaching import outside_of
from posthouse.security.members import Actor, Scope, normal_address

RETURN_PATH = "/api/v1/linked-accounts/consents/return"
_LONGEST = 1000
# What stands between the account and its sending server for good, until a person changes it.
_CANNOT_SEND: frozenset[ErrorKind] = frozenset(("switched_off", "consent", "wrong", "refused"))
_NO_PASSWORD = Secret(password="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of a consent. Without an account `error` says why; with one it says why nothing
    can be sent from it, if so.
    """

    account_id: UUID | None
    error: ErrorKind | None = None


def kinds_to_ask(database: Database, provider: str) -> list[Kind]:
    """For which kinds of accounts this house can ask that mail provider for a member's consent; the
    better ones first.
    """
    if database.service(Settings).public_url is None:
        return []
    return clients_of(database).kinds_of(provider)


async def ask_consent(
    database: Database,
    actor: Actor,
    *,
    provider: str,
    address: str,
    login: str,
    name: str,
    kind: Kind,
) -> str:
    """Where the member's browser goes, to link an account that is not there yet.

    Raises Invalid, Conflict, Denied.
    """
    actor.require(Scope.SETTINGS)
    wanted = normal_address(address)
    client = clients_of(database).of_provider(provider, kind)
    if client is None:
        raise Invalid("This house is not registered there.", field="provider")
    request = Request(
        service=client.service.key,
        provider=provider,
        address=wanted,
        login=_word(login) or wanted,
        kind=kind,
        name=_word(name),
        verifier=asking.new_verifier(),
    )
    async with database.workspace(actor.workspace_id) as tx:
        await actions.require_elsewhere(tx, wanted)
        if any(each.address == wanted for each in await actions.list_accounts(tx, actor)):
            raise Conflict(f"{wanted} is linked already.")
        return await _ask(tx, actor, database, client, request)


async def ask_again(database: Database, actor: Actor, account_id: UUID) -> str:
    """Where the member's browser goes, for an account that is linked. Raises Invalid, NotFound."""
    async with database.workspace(actor.workspace_id) as tx:
        account = await actions.read_account(tx, actor, account_id)
        client, provider = await _client_of(tx, clients_of(database), account)
        request = Request(
            service=client.service.key,
            provider=provider,
            address=account.address,
            login=account.servers.login,
            name="",
            verifier=asking.new_verifier(),
            account_id=account_id,
            kind=account.kind,
        )
        return await _ask(tx, actor, database, client, request)


async def finish_consent(
    database: Database, actor: Actor, *, state: str, code: str, refused: str
) -> Finished:
    """The member is back: redeem the code, sign in with what it brought, and only then keep it.

    Raises AccountError, and Invalid, Conflict, NotFound, Denied when it was not asked for here and
    now, or is too late.
    """
    actor.require(Scope.SETTINGS)
    session_id = _session_of(actor)
    async with database.workspace(actor.workspace_id) as tx:
        request = await store.take_consent(tx, actor.member_id, session_id, state)
    if request is None:
        raise Denied("This consent was not asked for here, or it took too long.")
    client = clients_of(database).of_service(request.service)
    if client is None:
        raise Invalid("This house is not registered there any more.")
    if refused or not code:
        raise SignInRefused(f"{client.service.name} was told not to let us in.", reason="consent")
    outside = await outside_of(database)
    grant = await asking.redeem(
        client, outside, code=code, verifier=request.verifier, come_back=_come_back(database)
    )
    _require_all(client, grant)
    sign_in = await _sign_in(database, actor, client, request, grant)
    connect = driver_of(request.kind)
    if connect is None:
        raise Invalid("Accounts of that kind cannot be linked.")
    checked = await check(connect, sign_in, outside)
    if not checked.signed_in:
        return Finished(account_id=None, error=_error_of(checked))
    trouble = _error_of(checked)
    servers = sign_in.servers
    if trouble in _CANNOT_SEND:
        servers = replace(servers, outgoing=None)
    async with database.workspace(actor.workspace_id) as tx:
        account_id = await _keep(tx, actor, request, servers, grant)
    return Finished(account_id=account_id, error=trouble)


async def _keep(tx: Tx, actor: Actor, request: Request, servers: Servers, grant: Grant) -> UUID:
    """Link the account, unless it is there, with what its consent brought."""
    if request.account_id is not None:
        account = await actions.renew_consent(tx, actor, request.account_id)
    else:
        account = await actions.link_account(
            tx,
            actor,
            address=request.address,
            servers=servers,
            secret=None,
            kind=request.kind,
            name=request.name,
        )
    await store.put_tokens(
        tx,
        account.id,
        request.service,
        Tokens(access=grant.access, refresh=grant.refresh),
        clock.now() + timedelta(seconds=grant.seconds),
    )
    return account.id


async def _ask(tx: Tx, actor: Actor, database: Database, client: Client, request: Request) -> str:
    state = secrets.token_urlsafe(32)
    come_back = _come_back(database)
    await store.insert_consent(tx, actor.member_id, _session_of(actor), state, request)
    return await asking.consent_url(
        client, state=state, verifier=request.verifier, login=request.login, come_back=come_back
    )


async def _client_of(tx: Tx, clients: Clients, account: LinkedAccount) -> tuple[Client, str]:
    """Of the service that gave its tokens, or else of its server's provider."""
    provider = provider_of_server(account.servers.incoming.host)
    kept = await store.read_tokens(tx, account.id)
    if kept is not None:
        client = clients.of_service(kept.service)
    else:
        client = clients.of_provider(provider.key, account.kind) if provider else None
    if client is None or client.service.kind != account.kind:
        raise Invalid("This account cannot sign in by consent.")
    return client, provider.key if provider else ""


def _session_of(actor: Actor) -> UUID:
    """The consent comes back by the browser that was sent away."""
    if actor.session_id is None:
        raise Denied("A consent is asked for in the page, not with a key.")
    return actor.session_id


def _come_back(database: Database) -> str:
    """As it is registered at the service, letter by letter (RFC 9700 4.1.3)."""
    public_url = database.service(Settings).public_url
    if public_url is None:
        raise Invalid("The setting public_url is needed: providers send members back there.")
    return public_url.rstrip("/") + RETURN_PATH


def _require_all(client: Client, grant: Grant) -> None:
    """A member may take single rights off before he agrees; without them nothing works."""
    if not grant.refresh:
        raise Broken(f"{client.service.name} gives no refresh token.")
    if grant.scopes is None:
        return
    granted = {_bare(scope) for scope in grant.scopes}
    for scope in client.service.scopes:
        if scope not in client.service.unlisted and _bare(scope) not in granted:
            raise SignInRefused(
                f"{client.service.name} was told to let us in, but not to the mail.",
                reason="consent",
            )


def _bare(scope: str) -> str:
    """Microsoft names those of Graph without their resource."""
    return scope.lower().removeprefix("https://graph.microsoft.com/")


async def _sign_in(
    database: Database, actor: Actor, client: Client, request: Request, grant: Grant
) -> SignIn:
    overrides = {}
    if request.account_id is not None:
        async with database.workspace(actor.workspace_id) as tx:
            account = await actions.read_account(tx, actor, request.account_id)
        servers, overrides = account.servers, dict(account.overrides)
    else:
        servers = _servers(client, request)

    async def token() -> str:
        return grant.access

    return SignIn(
        kind=request.kind,
        address=request.address,
        servers=servers,
        secret=_NO_PASSWORD,
        overrides=overrides,
        token=token,
    )


def _servers(client: Client, request: Request) -> Servers:
    if client.service.api:
        api = Server(host=client.service.api, port=443)
        return Servers(incoming=api, outgoing=api, login=request.login)
    provider = next((each for each in providers() if each.key == request.provider), None)
    if provider is None:
        raise NotFound("There is no such provider.")
    found = {each.protocol: each.server for each in reversed(provider.servers)}
    return Servers(incoming=found["imap"], outgoing=found.get("smtp"), login=request.login)


def _error_of(checked: Checked) -> ErrorKind | None:
    return next((step.error for step in checked.steps if step.error is not None), None)


def _word(text: str) -> str:
    if len(text) > _LONGEST or any(ord(letter) < 32 for letter in text):
        raise Invalid("That is no name.")
    return text.strip()
