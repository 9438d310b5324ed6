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
from posthouse.foundation.batching import batches
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.foundation.ids import new_id
from posthouse.foundation.serving import Serve
from posthouse.foundation.settings import Settings
from posthouse.foundation.validating import open_validating
from posthouse.foundation.waiting import any_of
from posthouse.mail.intake import Intake
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.smtp.envelope import Fate
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox import store
from posthouse.sending.outbox.board import Board, Site
from posthouse.sending.outbox.delivery import Courier
from posthouse.sending.outbox.loading import load_parcels
from posthouse.sending.outbox.model import TOPIC, Leased, Outcome, Parcel, Share
from posthouse.sending.outbox.policies import Policies
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.recording import record_outcomes
from posthouse.sending.outbox.resting import divide, without_attempt
from posthouse.sending.outbox.sites import Provider, Remote, Service, Way
from posthouse.sending.outbox.tls_results import TlsResults
from posthouse.sending.outbox.tls_rules import TlsRules

_LEASE = timedelta(seconds=30)
_RENEW_SECONDS = 10.0
_POLL_SECONDS = 1.0
_GRACE_SECONDS = 6.0
_LEASE_ROWS = 200
# Each share has room of its own here, so that none is kept out by what another one waits for.
_MOST_IN_HAND = {Share.PEOPLE: 600, Share.BULK: 300, Share.NOTICES: 100}
_MOST_PER_DOMAIN = 200
# What is opened and in memory at once: slices of this many recipients and octets, so many slices.
# A slice is recorded as a whole: small ones keep small what a kill leaves unclear.
_SLICE_ROWS = 10
_SLICE_OCTETS = 16 << 20
_MOST_SLICES = 12
_TRANSACTION_ROWS = 100  # RFC 5321 4.5.3.1.8: every server takes so many
_SLICES = {Share.PEOPLE: 12, Share.BULK: 6, Share.NOTICES: 2}
_RECORD_TRIES = 30
_AWAY = (Busy, OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
_BROKEN = Reply(451, "Something went wrong here while it was delivered", "4.3.0")

log = logging.getLogger(__name__)


def outbox_role(make_intake: Callable[[Database], Intake]) -> Serve:
    """The role for `roles`. All roles of a process that take mail in share one `Intake`."""

    async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        settings = database.service(Settings)
        results = TlsResults() if settings.tls_reports != "off" else None
        pool = ConnectionPool(results=results)
        policies = Policies(database, database.service(CachingResolver))
        validating = open_validating(settings)
        rules = TlsRules(policies, validating, results)
        courier = Courier(database, make_intake(database), pool, rules)
        worker = Worker(database, courier)
        counting = asyncio.create_task(results.keep_writing(database)) if results else None
        ready()
        try:
            await worker.run(stop)
        finally:
            if counting is not None:
                counting.cancel()
                await asyncio.wait([counting])
            await courier.close()
            if validating is not None:
                await validating.close()

    return serve


class Worker:
    """One process's share of the work."""

    def __init__(self, database: Database, courier: Courier) -> None:
        self.id = new_id()
        self._database = database
        self._courier = courier
        self._board = Board(database)
        self._in_hand: Counter[tuple[Share, str]] = Counter()
        self._mine: set[UUID] = set()
        self._not_begun: set[UUID] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._slices = asyncio.Semaphore(_MOST_SLICES)
        self._shares = {share: asyncio.Semaphore(most) for share, most in _SLICES.items()}
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
                        await any_of(_POLL_SECONDS, stop, woken, self._freed)
        finally:
            await self._end()
            renewing.cancel()

    async def take(self) -> int:
        """Lease what is due and begin with it; how many recipients that is."""
        held = Counter(dict.fromkeys(Share, 0))
        for (share, _), count in self._in_hand.items():
            held[share] += count
        rooms = {share: min(_LEASE_ROWS, _MOST_IN_HAND[share] - held[share]) for share in Share}
        rooms = {share: room for share, room in rooms.items() if room > 0}
        if not rooms:
            return 0
        busy = [key for key, count in self._in_hand.items() if count >= _MOST_PER_DOMAIN]
        now = clock.now()
        try:
            async with self._database.system() as tx:
                lease = await store.lease_due(
                    tx, worker=self.id, now=now, lease_until=now + _LEASE, rooms=rooms, busy=busy
                )
                if lease.leased:
                    await self._board.read_news(tx, lease.sites_changed_at, lease.workers)
        except _AWAY as error:
            log.warning("outbox: the database is away (%s)", type(error).__name__)
            return 0
        # A clock that jumps ends leases of what is under way here.
        leased = [each for each in lease.leased if each.recipient_id not in self._mine]
        self._begin(leased)
        return len(leased)

    async def settled(self) -> None:
        """Wait until everything begun is recorded."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def _begin(self, leased: Sequence[Leased]) -> None:
        groups: dict[tuple[Share, str, UUID | None, bool], list[Leased]] = {}
        for each in leased:
            place = each.domain if each.elsewhere is None else f"account {each.elsewhere}"
            going = (each.share, place, each.relay_id, each.tls_optional)
            groups.setdefault(going, []).append(each)
        for (share, domain, _, _), rows in groups.items():
            for piece in _messages(rows) if rows[0].elsewhere else _slices(rows):
                self._in_hand[share, domain] += len(piece)
                ids = {each.recipient_id for each in piece}
                self._mine |= ids
                self._not_begun |= ids
                task = asyncio.create_task(self._work(share, domain, piece))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _work(self, share: Share, domain: str, leased: Sequence[Leased]) -> None:
        try:
            way = await self._courier.find_way(leased[0])
            site = (
                self._board.site(way.site) if isinstance(way, Remote | Provider | Service) else None
            )
            async with contextlib.AsyncExitStack() as places:
                if site is not None:
                    await places.enter_async_context(site.gate.visit(share))
                await places.enter_async_context(self._shares[share])
                await places.enter_async_context(self._slices)
                self._not_begun -= {each.recipient_id for each in leased}
                await self._attempt(way, site, leased)
        except _AWAY as error:
            # The leases end by themselves, and then it is tried again.
            log.warning("outbox: the database is away (%s)", type(error).__name__)
        except Exception:
            log.exception("outbox: an attempt could not be made")
        finally:
            self._mine -= {each.recipient_id for each in leased}
            self._in_hand[share, domain] -= len(leased)
            if self._in_hand[share, domain] <= 0:
                del self._in_hand[share, domain]
            self._freed.set()

    async def _attempt(self, way: Way, site: Site | None, leased: Sequence[Leased]) -> None:
        outcomes: list[Outcome] = []
        if site is not None:
            leased, telling = await divide(self._database, self._board, site, self.id, leased)
            outcomes += await without_attempt(self._database, self._board, site, telling)
        began = clock.now()
        tried = await self._try(way, leased)
        news = site is not None and site.pace.learn(tried, began, clock.now())
        by_workspace: dict[UUID, list[Outcome]] = {}
        for outcome in [*outcomes, *tried]:
            by_workspace.setdefault(outcome.parcel.leased.workspace_id, []).append(outcome)
        for workspace_id, group in by_workspace.items():
            await self._record(workspace_id, group)
        if site is not None and news:
            await self._board.write_down(site)

    async def _try(self, way: Way, leased: Sequence[Leased]) -> list[Outcome]:
        parcels = await load_parcels(self._database, leased)
        try:
            return await self._courier.deliver(way, parcels)
        except _AWAY:
            raise
        except Exception:
            log.exception("outbox: a delivery broke")
            return [_broken(parcel) for parcel in parcels]

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
    return batches(
        sorted(leased, key=lambda row: row.outbox_message_id.bytes),
        most=_SLICE_ROWS,
        most_octets=_SLICE_OCTETS,
        size=lambda row: row.size,
    )


def _messages(leased: Sequence[Leased]) -> Iterator[list[Leased]]:
    """Each with all its recipients, as far as one transaction takes them."""
    by_message: dict[UUID, list[Leased]] = {}
    for each in leased:
        by_message.setdefault(each.outbox_message_id, []).append(each)
    for rows in by_message.values():
        for start in range(0, len(rows), _TRANSACTION_ROWS):
            yield rows[start : start + _TRANSACTION_ROWS]


def _broken(parcel: Parcel) -> Outcome:
    return Outcome(parcel=parcel, fate=Fate.TEMPORARY, reply=_BROKEN)
