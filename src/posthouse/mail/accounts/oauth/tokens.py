"""The access token of an account: kept until shortly before its end, then asked for anew.

Refresh tokens may change with every use (RFC 9700 4.14.2), so two at a time would lose one: callers
of a process share one refresh, and processes take turns by a lease. A refresh that has been asked
for is carried through, even if whoever wanted it is gone: its answer may hold the only good token.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import asyncpg

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Busy
from posthouse.foundation.ids import new_id
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import AccountError, Refused, SignInRefused, Unreachable
from posthouse.mail.accounts.model import LinkedAccount, Secret
from posthouse.mail.accounts.oauth import asking, store
from posthouse.mail.accounts.oauth.model import Client, Kept, Tokens
from posthouse.mail.accounts.oauth.services import clients_of
from posthouse.mail.accounts.reaching import outside_of

# A session begins with a token that lasts for the sign-in, whatever our clocks say.
_MARGIN = timedelta(minutes=2)
# Longer than a refresh takes at most, so that nobody begins a second one beside it.
_LEASE = timedelta(seconds=60)
_WAIT_SECONDS = 45.0
_LOOK_SECONDS = 0.25
_SETTLE_SECONDS = 25.0
_FRESH = timedelta(minutes=1)
_AWAY = (Busy, OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
_KEEP_TRIES = 30

log = logging.getLogger(__name__)


class TokenKeeper:
    """Those of one process."""

    def __init__(self, database: Database, outside: Outside) -> None:
        self._database = database
        self._outside = outside
        self._under_way: dict[UUID, asyncio.Task[str]] = {}

    async def sign_in(self, tx: Tx, account: LinkedAccount, secret: Secret) -> SignIn:
        """With an access token when there is a consent, else with the secret."""
        return SignIn(
            kind=account.kind,
            address=account.address,
            servers=account.servers,
            secret=secret,
            overrides=account.overrides,
            token=await self.source(tx, account.id),
        )

    async def source(self, tx: Tx, account_id: UUID) -> Callable[[], Awaitable[str]] | None:
        """What asks for an access token; None for an account that signs in with a password."""
        kept = await store.read_tokens(tx, account_id)
        return partial(self.access, tx.workspace, account_id) if kept else None

    async def access(self, workspace_id: UUID, account_id: UUID) -> str:
        """One that is good for a while. Raises SignInRefused, Refused, Unreachable, Untrusted,
        Throttled, Broken.
        """
        task = self._under_way.get(account_id)
        if task is None:
            task = asyncio.create_task(self._access(workspace_id, account_id))
            self._under_way[account_id] = task
            task.add_done_callback(partial(self._forget, account_id))
        return await asyncio.shield(task)

    async def distrust(self, workspace_id: UUID, account_id: UUID) -> bool:
        """A server refused the access token. True when another one may do better: that one was not
        fresh from the provider.
        """
        async with self._database.workspace(workspace_id) as tx:
            return await store.distrust(tx, account_id, older_than=clock.now() - _FRESH)

    async def settle(self) -> None:
        """Wait for what is under way: before the process ends."""
        if self._under_way:
            await asyncio.wait(list(self._under_way.values()), timeout=_SETTLE_SECONDS)

    def _forget(self, account_id: UUID, task: asyncio.Task[str]) -> None:
        self._under_way.pop(account_id, None)
        if not task.cancelled():
            task.exception()  # those who asked are told, if they are still there

    async def _access(self, workspace_id: UUID, account_id: UUID) -> str:
        loop, holder = asyncio.get_running_loop(), new_id()
        end = loop.time() + _WAIT_SECONDS
        while loop.time() < end:
            async with self._database.workspace(workspace_id) as tx:
                kept = await store.read_tokens(tx, account_id)
                if kept is None:
                    raise SignInRefused("The consent is missing.", reason="consent")
                now = clock.now()
                if kept.expires_at - _MARGIN > now:
                    return kept.tokens.access
                ours = await store.claim_refresh(tx, account_id, kept.version, holder, now + _LEASE)
            if ours:
                return await self._refresh(workspace_id, account_id, kept, holder)
            await asyncio.sleep(_LOOK_SECONDS)
        raise Unreachable("Another process asks for a token and does not come back.")

    async def _refresh(self, workspace_id: UUID, account_id: UUID, kept: Kept, holder: UUID) -> str:
        try:
            client = self._client(kept.service)
            grant = await asking.refresh(client, self._outside, kept.tokens.refresh)
        except SignInRefused:
            # Whoever held the lease before us may have come through after all: then the refresh
            # token was used up, and what it brought is here.
            newer = await self._newer(workspace_id, account_id, kept.version)
            if newer is not None:
                return newer
            await self._end(workspace_id, account_id, holder)
            raise
        except AccountError:
            await self._end(workspace_id, account_id, holder)
            raise
        tokens = Tokens(access=grant.access, refresh=grant.refresh or kept.tokens.refresh)
        return await self._keep(workspace_id, account_id, kept.version, tokens, grant.seconds)

    def _client(self, service: str) -> Client:
        client = clients_of(self._database).of_service(service)
        if client is None:
            raise Refused(f"This house is not registered at {service} any more.")
        return client

    async def _keep(
        self, workspace_id: UUID, account_id: UUID, version: int, tokens: Tokens, seconds: float
    ) -> str:
        """The database may be away for a while; the token cannot be asked for again."""
        expires_at = clock.now() + timedelta(seconds=seconds)
        for attempt in range(_KEEP_TRIES):
            try:
                async with self._database.workspace(workspace_id) as tx:
                    if await store.keep_refreshed(tx, account_id, version, tokens, expires_at):
                        return tokens.access
                break
            except _AWAY:
                if attempt == _KEEP_TRIES - 1:
                    raise
                await asyncio.sleep(1.0)
        newer = await self._newer(workspace_id, account_id, version)
        return newer or tokens.access

    async def _newer(self, workspace_id: UUID, account_id: UUID, version: int) -> str | None:
        async with self._database.workspace(workspace_id) as tx:
            kept = await store.read_tokens(tx, account_id)
        if kept is None or kept.version == version or kept.expires_at <= clock.now():
            return None
        return kept.tokens.access

    async def _end(self, workspace_id: UUID, account_id: UUID, holder: UUID) -> None:
        async with self._database.workspace(workspace_id) as tx:
            await store.end_refresh(tx, account_id, holder)


async def tokens_of(database: Database) -> TokenKeeper:
    """The keeper of this process."""
    outside = await outside_of(database)
    try:
        return database.service(TokenKeeper)
    except KeyError:
        keeper = TokenKeeper(database, outside)
        database.provide(keeper)
        return keeper
