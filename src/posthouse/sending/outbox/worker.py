"""The role that empties the outbox: lease what is due, try it by domain, record the results.

No transaction is open while a network is talked to. A lease lasts half a minute and is renewed
while the worker lives, so that what a killed worker had in hand is tried by another one.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.foundation.ids import new_id
from posthouse.foundation.serving import Serve
from posthouse.mail.intake import Intake
from posthouse.protocols.smtp.envelope import Fate
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox import store
from posthouse.sending.outbox.delivery import Courier
from posthouse.sending.outbox.loading import load_parcels
from posthouse.sending.outbox.model import TOPIC, Leased, Outcome, Parcel
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.recording import record_outcomes

_LEASE = timedelta(seconds=30)
_RENEW_SECONDS = 10.0
_POLL_SECONDS = 1.0
_GRACE_SECONDS = 6.0
_LEASE_ROWS = 200
_MOST_IN_HAND = 600
_MOST_PER_DOMAIN = 200
# What is opened and in memory at once: slices of this many recipients and octets, so many slices.
# A slice is recorded as a whole: small ones keep small what a kill leaves unclear.
_SLICE_ROWS = 10
_SLICE_OCTETS = 16 << 20
_MOST_SLICES = 12
_RECORD_TRIES = 30
_AWAY = (Busy, OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
_BROKEN = Reply(451, "Something went wrong here while it was delivered", "4.3.0")

log = logging.getLogger(__name__)


def outbox_role(make_intake: Callable[[Database], Intake]) -> Serve:
    """The role for `roles.py`. All roles of a process that take mail in share one `Intake`."""

    async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        pool = ConnectionPool()
        worker = Worker(database, Courier(database, make_intake(database), pool))
        ready()
        try:
            await worker.run(stop)
        finally:
            pool.close()

    return serve


class Worker:
    """One process's share of the work."""

    def __init__(self, database: Database, courier: Courier) -> None:
        self.id = new_id()
        self._database = database
        self._courier = courier
        self._in_hand: Counter[str] = Counter()
        self._not_begun: set[UUID] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._slices = asyncio.Semaphore(_MOST_SLICES)
        self._freed = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then what was begun is ended, and what was not is given back."""
        renewing = asyncio.create_task(self._renew())
        try:
            with self._database.signals.subscribe(TOPIC) as woken:
                while not stop.is_set():
                    woken.clear()
                    self._freed.clear()
                    if not await self.take():
                        await _any_of(_POLL_SECONDS, stop, woken, self._freed)
        finally:
            await self._end()
            renewing.cancel()

    async def take(self) -> int:
        """Lease what is due and begin with it; how many recipients that is."""
        room = min(_LEASE_ROWS, _MOST_IN_HAND - self._in_hand.total())
        if room <= 0:
            return 0
        busy = [domain for domain, count in self._in_hand.items() if count >= _MOST_PER_DOMAIN]
        now = clock.now()
        try:
            async with self._database.system() as tx:
                leased = await store.lease_due(
                    tx, worker=self.id, now=now, lease_until=now + _LEASE, busy=busy, limit=room
                )
        except _AWAY as error:
            log.warning("outbox: the database is away (%s)", type(error).__name__)
            return 0
        self._begin(leased)
        return len(leased)

    async def settled(self) -> None:
        """Wait until everything begun is recorded."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def _begin(self, leased: Sequence[Leased]) -> None:
        by_domain: dict[str, list[Leased]] = {}
        for each in leased:
            by_domain.setdefault(each.domain, []).append(each)
        for domain, rows in by_domain.items():
            for piece in _slices(rows):
                self._in_hand[domain] += len(piece)
                self._not_begun |= {each.recipient_id for each in piece}
                task = asyncio.create_task(self._work(domain, piece))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _work(self, domain: str, leased: Sequence[Leased]) -> None:
        try:
            async with self._slices:
                self._not_begun -= {each.recipient_id for each in leased}
                await self._attempt(domain, leased)
        except _AWAY as error:
            # The leases end by themselves, and then it is tried again.
            log.warning("outbox: the database is away (%s)", type(error).__name__)
        except Exception:
            log.exception("outbox: an attempt could not be made")
        finally:
            self._in_hand[domain] -= len(leased)
            if self._in_hand[domain] <= 0:
                del self._in_hand[domain]
            self._freed.set()

    async def _attempt(self, domain: str, leased: Sequence[Leased]) -> None:
        parcels = await load_parcels(self._database, leased)
        try:
            outcomes = await self._courier.deliver(domain, parcels)
        except _AWAY:
            raise
        except Exception:
            log.exception("outbox: a delivery broke")
            outcomes = [_broken(parcel) for parcel in parcels]
        by_workspace: dict[UUID, list[Outcome]] = {}
        for outcome in outcomes:
            by_workspace.setdefault(outcome.parcel.leased.workspace_id, []).append(outcome)
        for workspace_id, group in by_workspace.items():
            await self._record(workspace_id, group)

    async def _record(self, workspace_id: UUID, outcomes: Sequence[Outcome]) -> None:
        """Results are dear: a database that is away is waited for."""
        for attempt in range(1, _RECORD_TRIES + 1):
            try:
                async with self._database.workspace(workspace_id) as tx:
                    await record_outcomes(tx, outcomes)
            except (*_AWAY, asyncpg.TransactionRollbackError):
                if attempt == _RECORD_TRIES:
                    raise
                await asyncio.sleep(1)
            else:
                break
        for outcome in outcomes:
            log.info(
                "outbox attempt",
                extra={
                    "recipient": str(outcome.parcel.leased.recipient_id),
                    "domain": outcome.parcel.leased.domain,
                    "attempt": outcome.parcel.leased.attempts,
                    "fate": outcome.fate.value,
                    "code": outcome.reply.code,
                    "host": outcome.host,
                },
            )

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            if not self._tasks:
                continue
            try:
                async with self._database.system() as tx:
                    await store.renew_leases(tx, self.id, clock.now() + _LEASE)
            except _AWAY as error:
                log.warning("outbox: leases were not renewed (%s)", type(error).__name__)

    async def _end(self) -> None:
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=_GRACE_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._not_begun:
            with contextlib.suppress(*_AWAY):
                async with self._database.system() as tx:
                    await store.give_back(tx, self.id, list(self._not_begun), clock.now())


def _slices(leased: Sequence[Leased]) -> Iterator[list[Leased]]:
    """Messages stay together as far as possible, so that each is opened once."""
    piece: list[Leased] = []
    octets = 0
    for each in sorted(leased, key=lambda row: row.outbox_message_id.bytes):
        full = len(piece) >= _SLICE_ROWS or octets + each.size > _SLICE_OCTETS
        if piece and full:
            yield piece
            piece, octets = [], 0
        piece.append(each)
        octets += each.size
    if piece:
        yield piece


def _broken(parcel: Parcel) -> Outcome:
    return Outcome(parcel=parcel, fate=Fate.TEMPORARY, reply=_BROKEN)


async def _any_of(seconds: float, *events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
