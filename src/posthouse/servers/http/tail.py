"""The end of the event log, told to every page that this process serves.

Unlike a listener it has no cursor in the database: each process hears everything from its start on,
and what is missed is only seen a little later.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import asyncpg

from posthouse.crm.timeline.events import TimelineChanged
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.foundation.events import TOPIC
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts.events import AccountBehind, AccountInStep, AccountLocked
from posthouse.sending.outbox.events import (
    Delivered,
    DeliveryFailed,
    MessagesQueued,
    SendingUndone,
)

SQL = load_queries("posthouse.servers.http", "tail.sql")
_POLL_SECONDS = 5.0
_BATCH = 1000
_CUSTOMERS = frozenset((TimelineChanged.__name__,))
_OUTBOX = frozenset(
    kind.__name__ for kind in (MessagesQueued, SendingUndone, Delivered, DeliveryFailed)
)
_ACCOUNTS = frozenset(kind.__name__ for kind in (AccountLocked, AccountBehind, AccountInStep))
_KINDS = sorted(_CUSTOMERS | _OUTBOX | _ACCOUNTS)

log = logging.getLogger(__name__)


class Heard(NamedTuple):
    """Whether customers, the queue and linked accounts changed; copies of sent messages."""

    customers: bool
    queue: bool
    accounts: bool
    sent: list[UUID]


@dataclass(slots=True, eq=False)
class Ear:
    """What one page has not been told yet."""

    woken: asyncio.Event
    customers: bool = False
    queue: bool = False
    accounts: bool = False
    sent: set[UUID] = field(default_factory=set)

    def take(self) -> Heard:
        """And forget it."""
        taken = Heard(self.customers, self.queue, self.accounts, list(self.sent))
        self.customers, self.queue, self.accounts, self.sent = False, False, False, set()
        return taken


class Tail:
    """Follows the log while anybody listens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ears: dict[UUID, set[Ear]] = defaultdict(set)
        self._place: tuple[str, int] | None = None
        self.closing = False

    @contextlib.contextmanager
    def listen(self, workspace_id: UUID, woken: asyncio.Event) -> Iterator[Ear]:
        """Set `woken` when something happens in a workspace."""
        ear = Ear(woken)
        self._ears[workspace_id].add(ear)
        try:
            yield ear
        finally:
            self._ears[workspace_id].discard(ear)
            if not self._ears[workspace_id]:
                del self._ears[workspace_id]

    def close(self) -> None:
        """Let every page go."""
        self.closing = True
        for ears in self._ears.values():
            for ear in ears:
                ear.woken.set()

    async def run(self) -> None:
        """For ever."""
        with self._database.signals.subscribe(TOPIC) as woken:
            while True:
                woken.clear()
                try:
                    while await self._read():
                        pass
                except (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                    log.warning("the log cannot be followed: %s", type(error).__name__)
                    await asyncio.sleep(1)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), _POLL_SECONDS)

    async def _read(self) -> bool:
        """Tell what is new; whether there may be more."""
        async with self._database.system() as tx:
            if self._place is None or not self._ears:
                row = await tx.row(SQL["end_of_log"])
                assert row is not None
                self._place = (row["xid"], row["seq"])
                return False
            rows = await tx.rows(
                SQL["read_tail"],
                xid=self._place[0],
                seq=self._place[1],
                kinds=_KINDS,
                limit=_BATCH,
            )
        for row in rows:
            self._place = (row["xid"], row["seq"])
            for ear in self._ears.get(row["workspace_id"], ()):
                if row["kind"] in _CUSTOMERS:
                    ear.customers = True
                elif row["kind"] in _ACCOUNTS:
                    ear.accounts = True
                else:
                    ear.queue = True
                    ear.sent.update(map(UUID, row["body"]["mailbox_message_ids"]))
                ear.woken.set()
        return len(rows) == _BATCH
