"""The role that keeps linked accounts in step: a task per account, held by a lease.

One account never waits for another: each has its own task, its own connection and its own pauses.
No transaction is open while a server is talked to.
"""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import asyncpg

from posthouse.foundation import clock
from posthouse.foundation.chores import run_chore
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy, Full
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.foundation.waiting import any_of
from posthouse.mail.accounts import leases, standing, store
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import AccountError, SignInRefused, Unsupported
from posthouse.mail.accounts.gmail.pulling import pull_news
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.jobs import CHORES
from posthouse.mail.accounts.leases import Leased
from posthouse.mail.accounts.model import State
from posthouse.mail.accounts.oauth.tokens import TokenKeeper
from posthouse.mail.accounts.reaching import outside_of
from posthouse.mail.accounts.tending import TENDS, Scene
from posthouse.security.vault import keyring

# Accounts of one process: each idle one takes some hundred kilobytes.
_MOST = 2_000
# A start is paced: so many begin in a second, so many sign in at once.
_BEGIN_AT_ONCE = 20
_SIGN_IN_AT_ONCE = 10
_LOOK_SECONDS = 1.0
_NEVER = timedelta(days=36_500)
_DISABLED_SECONDS = 3600.0
_AWAY_SECONDS = 10.0
_AWAY = (Busy, OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)

log = logging.getLogger(__name__)


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Until `stop` is set; what is under way then goes on elsewhere, from where it was."""
    keeper = Keeper(database, await outside_of(database))
    chores = [asyncio.create_task(run_chore(database, each)) for each in CHORES]
    chores.append(asyncio.create_task(pull_news(database)))
    ready()
    try:
        await keeper.run(stop)
    finally:
        for chore in chores:
            chore.cancel()


class Keeper:
    """One process's accounts."""

    def __init__(self, database: Database, outside: Outside) -> None:
        self.id = new_id()
        self._database = database
        self._outside = outside
        self._hands = Hands()
        self._tokens = TokenKeeper(database, outside)
        self._largest = database.service(Settings).max_message_size
        self._starting = asyncio.Semaphore(_SIGN_IN_AT_ONCE)
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Take what is due, keep what is held, let go of what was taken away."""
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        try:
            with self._database.signals.subscribe(leases.TOPIC) as woken:
                while not stop.is_set():
                    news = woken.is_set()
                    woken.clear()
                    try:
                        if news or loop.time() - renewed >= leases.RENEW_SECONDS:
                            renewed = loop.time()
                            await self._renew()
                        await self._take()
                    except _AWAY as error:
                        log.warning("accounts: the database is away (%s)", type(error).__name__)
                    await any_of(_LOOK_SECONDS, stop, woken)
        finally:
            await self._end()

    async def _take(self) -> None:
        room = min(_BEGIN_AT_ONCE, _MOST - len(self._tasks))
        if room <= 0:
            return
        for leased in await leases.take_due(self._database, self.id, room):
            if leased.account_id in self._tasks:  # taken away from us, and not yet let go of
                await leases.give_back(self._database, self.id, leased.account_id, clock.now())
                continue
            task = asyncio.create_task(self._hold(leased))
            self._tasks[leased.account_id] = task
            task.add_done_callback(functools.partial(self._forget, leased.account_id))

    async def _renew(self) -> None:
        if not self._tasks:
            return
        held = await leases.renew(self._database, self.id, list(self._tasks))
        for account_id in self._tasks.keys() - held:
            self._tasks[account_id].cancel()

    def _forget(self, account_id: UUID, task: asyncio.Task[None]) -> None:
        if self._tasks.get(account_id) is task:
            del self._tasks[account_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("accounts: an account could not be put back", exc_info=error)

    async def _hold(self, leased: Leased) -> None:
        """Tend it until something goes wrong, then give it back for later."""
        pause = await self._tend(leased)
        due_at = clock.now() + (_NEVER if pause is None else timedelta(seconds=pause))
        await leases.give_back(self._database, self.id, leased.account_id, due_at)

    async def _tend(self, leased: Leased) -> float | None:
        """In how many seconds it is due again; None when a person has to say so."""
        was: State = "active"
        failures = 0
        try:
            async with self._database.workspace(leased.workspace_id) as tx:
                row = await store.read_row(tx, leased.account_id)
                if row is None or row["state"] == "paused":
                    return None
                if row["disabled"]:
                    return _DISABLED_SECONDS
                was, failures = row["state"], row["failures"]
                keys = await keyring(tx)
                account = store.account_of(leased.workspace_id, row, keys)
                secret = store.secret_of(row, keys)
                sign_in = await self._tokens.sign_in(tx, account, secret)
            if (tend := TENDS.get(account.kind)) is None:
                raise Unsupported("Accounts of this kind cannot be kept in step.")

            async def well(lasting: bool) -> None:
                nonlocal was, failures
                was, failures = "active", 0 if lasting else failures
                async with self._database.workspace(leased.workspace_id) as tx:
                    await standing.note_well(tx, leased.account_id, lasting=lasting)

            return await tend(
                Scene(
                    database=self._database,
                    account=account,
                    sign_in=sign_in,
                    outside=self._outside,
                    hands=self._hands,
                    largest=self._largest,
                    starting=self._starting,
                    well=well,
                )
            )
        except _AWAY:
            return _AWAY_SECONDS
        except Exception as error:
            if isinstance(error, SignInRefused) and await self._may_try_another_token(leased):
                return 0.0
            return await self._set_back(leased, error, was, failures)

    async def _may_try_another_token(self, leased: Leased) -> bool:
        """A provider may take back an access token before its time; the next one is good."""
        with contextlib.suppress(*_AWAY):
            return await self._tokens.distrust(leased.workspace_id, leased.account_id)
        return False

    async def _set_back(self, leased: Leased, error: Exception, was: State, failures: int) -> float:
        what = standing.setback(error, failures)
        if not isinstance(error, AccountError | Full):
            log.error("accounts: a visit broke", exc_info=error)
        log.info(
            "account visit",
            extra={"account": str(leased.account_id), "error": what.kind, "pause": what.pause},
        )
        with contextlib.suppress(*_AWAY):
            async with self._database.workspace(leased.workspace_id) as tx:
                await standing.note_failure(tx, leased.account_id, what, was=was)
        return what.pause

    async def _end(self) -> None:
        """What is held goes to others at once."""
        held = list(self._tasks)
        for task in list(self._tasks.values()):
            task.cancel()
        if held:
            await asyncio.wait(list(self._tasks.values()), timeout=5)
        self._hands.close()
        await self._tokens.settle()
        with contextlib.suppress(*_AWAY):
            for account_id in held:
                await leases.give_back(self._database, self.id, account_id, clock.now())
