"""Finding the messages that fulfil a key: reads of each no more than it takes to decide.

Off the event loop and bounded. Texts are looked for in the messages, not in the index of
mail/search. RFC 3501 6.4.4 matches any part of a word in any header field and any text part; the
index knows words, their beginnings and pairs of Chinese characters, of the fields that people
search, up to a length, and seconds late. It cannot even say which messages need not be read. So
memory holds one batch, a thread does the comparing, two at a time in a process, and a search that
would read too much is refused.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.search import Key
from posthouse.servers.imap.batching import by_number, by_octets, read_ahead
from posthouse.servers.imap.masks import chosen, everything, mask_of
from posthouse.servers.imap.matching import Facts, Judge, Level, judge_of, leaf_of, levels
from posthouse.servers.imap.session import Session

_AT_ONCE = 2_000  # of rows that are small, and judged from memory: a few milliseconds

T = TypeVar("T")
_Learned = tuple[int, Hashable, Any]  # of an index, under which key, a value


async def find(session: Session, key: Key) -> list[int]:
    """Indexes of the messages that fulfil `key`, ascending. Raises BadCommand, Refusal."""
    return sorted(await _Search(session, key).run())


class Reader:
    """Reads messages of the selected folder for one command; all it reads counts.

    With `identity` that is read again with what lies deeper: a key may ask for both.
    """

    def __init__(self, session: Session, *, identity: bool = False) -> None:
        self.session = session
        self.view = session.view
        self.identity = identity
        self._octets = 0

    async def each_batch(
        self, indexes: Sequence[int], level: Level, act: Callable[[Sequence[Facts]], T]
    ) -> AsyncGenerator[T, None]:
        """What `act` makes of the messages at `indexes`, batch by batch.

        Content is worked on in a thread. Messages that are gone are left out. Raises Refusal
        [LIMIT].
        """
        want = {level, Level.IDENTITY} if self.identity and level > Level.IDENTITY else {level}
        wanted = frozenset(each.name.lower() for each in want)
        planned = self._batches(indexes, level)
        reading = read_ahead(self.session.store, self.view.folder_id, planned, wanted)
        async with aclosing(reading) as batches:
            async for rows in batches:
                self._count(sum(len(row.full) or len(row.header) for row in rows))
                found = ((self.view.position(row.uid), row) for row in rows)
                facts = [Facts(index, row, level) for index, row in found if index is not None]
                if level < Level.HEADER:
                    yield act(facts)
                else:
                    async with self.session.context.scanning:
                        result = await asyncio.to_thread(act, facts)
                    yield result
                await self.session.connection.drain()

    def _batches(self, indexes: Sequence[int], level: Level) -> AsyncGenerator[Sequence[int], None]:
        uids = [self.view.uids[index] for index in indexes]
        limits = self.session.context.limits
        if level is Level.FULL:
            return by_octets(self.session, uids)
        return by_number(uids, limits.batch_messages if level > Level.SIZE else _AT_ONCE)

    def _count(self, octets: int) -> None:
        self._octets += octets
        if self._octets > self.session.context.limits.search_octets:
            raise Refusal("Too much to read; search for something narrower", code="LIMIT")


class _Search:
    def __init__(self, session: Session, key: Key) -> None:
        self.session, self.view, self.kept = session, session.view, session.kept
        self.levels = sorted(levels(key) - {Level.VIEW})
        self.reader = Reader(session, identity=Level.IDENTITY in self.levels)
        self.ask = mask_of(key, self.view, self.kept, leaf_of)
        if self.levels:
            self.judge: Judge = judge_of(key, self.view)
        self.found: list[int] = []

    async def run(self) -> list[int]:
        undecided = await self._look_through_memory()
        if undecided and self.levels[0] < Level.FULL:
            await self.session.connection.drain()  # nobody waits below for a client that is slow
            waits = self.kept.reading.locked()
            async with self.kept.reading:  # who comes second finds in memory what the first read
                if waits:
                    undecided = await self._look_through_memory()
                for level in self.levels:
                    if level < Level.FULL:
                        undecided = await self._read(undecided, level)
        if undecided:
            await self._read(undecided, Level.FULL)
        return self.found

    async def _look_through_memory(self) -> list[int]:
        """Find what can be found so far; the indexes of those that must be read."""
        self.found.clear()
        undecided: list[int] = []
        for first in range(0, len(self.view), _AT_ONCE):
            stop = min(first + _AT_ONCE, len(self.view))
            yes, no = self.ask(first, stop)
            self.found += chosen(yes, first, stop)
            if left := everything(stop - first) ^ yes ^ no:
                undecided += chosen(left, first, stop)
            if stop < len(self.view):
                await asyncio.sleep(0)
        return undecided

    async def _read(self, indexes: list[int], level: Level) -> list[int]:
        """Decide what can be decided after so much was read; the indexes of the others."""
        undecided: list[int] = []
        epoch = self.kept.epoch
        async with aclosing(self.reader.each_batch(indexes, level, self._decide)) as batches:
            async for left, learned in batches:
                undecided += left
                for index, key, value in learned:
                    self.kept.keep(key, self.view.uids[index], value, epoch=epoch)
        return undecided

    def _decide(self, facts: Sequence[Facts]) -> tuple[list[int], list[_Learned]]:
        """Keep what is found; the indexes that need more reading, and what is worth keeping."""
        undecided = []
        for fact in facts:
            match self.judge(fact):
                case True:
                    self.found.append(fact.index)
                case None:
                    undecided.append(fact.index)
        return undecided, [(fact.index, *each) for fact in facts for each in fact.learned]
