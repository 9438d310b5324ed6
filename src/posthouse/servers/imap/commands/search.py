"""SEARCH: reads of each message no more than it takes to decide, off the event loop and bounded.

Texts are looked for in the messages, not in the index of mail/search. RFC 3501 6.4.4 matches any
part of a word in any header field and any text part; the index knows words, their beginnings and
pairs of Chinese characters, of the fields that people search, up to a length, and seconds late. It
cannot even say which messages need not be read. So memory holds one batch, a thread does the
comparing, two at a time in a process, and a search that would read too much is refused.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from posthouse.mail.mailboxes.model import Fetched
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.search import mentions_modseq
from posthouse.servers.imap.batching import by_number, by_octets
from posthouse.servers.imap.matching import Facts, Judge, Level, judge_of, levels
from posthouse.servers.imap.session import Done, Session

_AT_ONCE = 2_000  # judged from the view alone: a few milliseconds


async def search(session: Session, command: c.Search) -> Done:
    view = session.view
    found = sorted(await _Search(session, command).run())
    numbers = (view.uids[index] if command.by_uid else index + 1 for index in found)
    line = b"SEARCH" + b"".join(b" %d" % number for number in numbers)
    if mentions_modseq(command.key):
        session.condstore = True
        if found:
            line += b" (MODSEQ %d)" % max(view.modseqs[index] for index in found)
    session.untagged(line)
    return Done("Searched")


class _Search:
    def __init__(self, session: Session, command: c.Search) -> None:
        self.session = session
        self.view = session.view
        self.key = command.key
        self.judge: Judge = judge_of(command.key, self.view)
        self.found: list[int] = []
        self.octets = 0

    async def run(self) -> list[int]:
        """Indexes of the messages that fulfil the key."""
        undecided: list[int] = []
        for start in range(0, len(self.view), _AT_ONCE):
            part = range(start, min(start + _AT_ONCE, len(self.view)))
            undecided += self._decide([Facts(index) for index in part])
            await asyncio.sleep(0)
        for level in sorted(levels(self.key) - {Level.VIEW}):
            undecided = await self._read(undecided, level)
        return self.found

    def _decide(self, facts: Sequence[Facts]) -> list[int]:
        """Keep what is found; the indexes that need more reading."""
        undecided = []
        for fact in facts:
            match self.judge(fact):
                case True:
                    self.found.append(fact.index)
                case None:
                    undecided.append(fact.index)
        return undecided

    async def _read(self, indexes: list[int], level: Level) -> list[int]:
        """Read the undecided messages to `level` and judge them; the ones still undecided."""
        store, folder_id = self.session.store, self.view.folder_id
        undecided: list[int] = []
        async with aclosing(self._batches(indexes, level)) as batches:
            async for uids in batches:
                rows = await store.fetch(folder_id, uids, frozenset({level.name.lower()}))
                facts = self._facts(rows, level)
                if level < Level.HEADER:
                    undecided += self._decide(facts)
                else:
                    async with self.session.context.scanning:
                        undecided += await asyncio.to_thread(self._decide, facts)
                await self.session.connection.drain()
        return undecided

    def _batches(self, indexes: Sequence[int], level: Level) -> AsyncGenerator[Sequence[int], None]:
        uids = [self.view.uids[index] for index in indexes]
        limits = self.session.context.limits
        if level is Level.FULL:
            return by_octets(self.session.store, self.view, uids, limits)
        return by_number(uids, limits.batch_messages if level is Level.HEADER else _AT_ONCE)

    def _facts(self, rows: Sequence[Fetched], level: Level) -> list[Facts]:
        self.octets += sum(len(row.full) or len(row.header) for row in rows)
        if self.octets > self.session.context.limits.search_octets:
            raise Refusal("Too much to read; search for something narrower", code="LIMIT")
        found = ((self.view.position(row.uid), row) for row in rows)
        return [Facts(index, row, level) for index, row in found if index is not None]
