"""SORT and THREAD (RFC 5256, RFC 5957), SORT with RETURN too (RFC 5267)."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.ordering import Criterion
from posthouse.protocols.imap.threading import Threadable
from posthouse.protocols.imap.threading import thread as threads_of
from posthouse.servers.imap.matching import Facts
from posthouse.servers.imap.results import saving, tell_plainly, tell_wanted
from posthouse.servers.imap.searching import Reader, find
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.sort_keys import THREAD_LEVEL, Value, level_of, threadable, values_of

_MOST_REFERENCES = 1_000_000  # in one THREAD: about 150 MB


async def sort(session: Session, command: c.Sort) -> Done:
    by_uid, key, wanted = command.by_uid, command.key, command.returns
    with saving(session, wanted):
        found = await _sorted(session, await find(session, key), command.criteria)
    if wanted is None:
        tell_plainly(session, b"SORT", found, key, by_uid=by_uid)
    else:
        tell_wanted(session, command.tag, found, key, wanted, by_uid=by_uid)
    return Done("Sorted")


async def _sorted(
    session: Session, indexes: list[int], criteria: tuple[Criterion, ...]
) -> list[int]:
    """Those of `indexes` that still exist, in order; only what is compared is kept of them."""
    keys = [criterion.key for criterion in criteria]
    level = max(map(level_of, keys))

    def read(facts: Sequence[Facts]) -> list[tuple[int, list[Value]]]:
        return [(one.index, values_of(keys, one)) for one in facts]

    rows: list[tuple[int, list[Value]]] = []
    async with aclosing(Reader(session).each_batch(indexes, level, read)) as batches:
        async for batch in batches:
            rows += batch

    def arrange() -> list[int]:
        # From the last criterion to the first: equals stay as they are, in the end by number.
        for place in reversed(range(len(criteria))):
            rows.sort(key=lambda row: row[1][place], reverse=criteria[place].reverse)
        return [index for index, _ in rows]

    async with session.context.scanning:
        return await asyncio.to_thread(arrange)


async def thread(session: Session, command: c.Thread) -> Done:
    indexes = await find(session, command.key)
    numbers = session.view.uids if command.by_uid else range(1, len(session.view) + 1)

    def read(facts: Sequence[Facts]) -> list[Threadable]:
        return [threadable(one, numbers[one.index]) for one in facts]

    messages: list[Threadable] = []
    references = 0
    async with aclosing(Reader(session).each_batch(indexes, THREAD_LEVEL, read)) as batches:
        async for batch in batches:
            messages += batch
            references += sum(len(message.references) for message in batch)
            if references > _MOST_REFERENCES:
                raise Refusal("Too many references; thread fewer messages", code="LIMIT")
    async with session.context.scanning:
        told = await asyncio.to_thread(threads_of, command.algorithm, messages)
    session.untagged(b"THREAD " + told if told else b"THREAD")
    return Done("Threaded")
