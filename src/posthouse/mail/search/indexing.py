"""Putting filed mail into the index: a listener of MessagesFiled, and the job that tidies it.

What is erased leaves by itself, with its variant; only a copy's hidden recipients are seen to here.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.errors import Busy
from posthouse.foundation.events import Listener, Write, run_listener
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.events import MessagesErased, MessagesFiled
from posthouse.mail.mailboxes.model import Role
from posthouse.mail.mailboxes.reading import people_of, read_stored
from posthouse.mail.search.macros import SEARCH_MACROS
from posthouse.mail.search.worker import Made, Mail, make
from posthouse.mail.search.workers import Workers
from posthouse.security.access import READABLE_MACROS
from posthouse.security.vault import BlobFiles, keyring

SQL = load_queries("posthouse.mail.search", macros={**READABLE_MACROS, **SEARCH_MACROS})
_NOBODY = UUID(int=0)
# Messages in memory at once; between two the loop is given back.
_SLICE = 16
# Packed and encrypted; of text it may be four times as much.
_LARGE = 16 * 1024
# Messages that a worker gets at once: some 20 ms.
_SLICE_AHEAD = 25
_MOST_HELD = 32 << 20
_CLEAN_AFTER_ROWS = 10_000
_CLEAN_AFTER_IDLE = 20.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Rows:
    variants: list[UUID] = field(default_factory=list)
    copies: list[UUID] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    tsvs: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, row: Row, made: Made) -> None:
        """One that cannot be read does not keep its neighbours out of the index."""
        if isinstance(made, str):
            log.error("%s cannot be searched for: %s", row["mailbox_message_id"], made)
            return
        variant_id, owner = _owner(row)
        for number, tsv in enumerate(made):
            self.variants.append(variant_id)
            self.copies.append(owner)
            self.numbers.append(number)
            self.tsvs.append(tsv)
            self.size += len(tsv)


async def follow_messages(tx: Tx, events: Sequence[MessagesFiled | MessagesErased]) -> None:
    """What comes and what goes. One listener for both: nothing is indexed after it was erased."""
    await _forget(tx, events)
    filed = _filed(events)
    if filed:
        await index_messages(tx, filed)


async def make_ahead(
    database: Database, workspace_id: UUID, events: Sequence[MessagesFiled | MessagesErased]
) -> Write:
    """The same for a backlog: words are made by workers, what is returned writes."""
    async with database.workspace(workspace_id) as tx:
        todo = await _unindexed(tx, _filed(events))
        keys = await keyring(tx)
    workers, files = _workers_of(database), database.service(BlobFiles)
    rows = _Rows()

    async def add(part: Sequence[Row]) -> None:
        nonlocal rows
        async with workers.room:
            async with database.workspace(workspace_id) as tx:
                found, mails = await _stored(tx, part)
            for row, made in zip(found, await workers.make(keys, files, mails), strict=True):
                rows.add(row, made)
        if rows.size > _MOST_HELD:  # texts of megabytes; to write them twice changes nothing
            full, rows = rows, _Rows()
            async with database.workspace(workspace_id) as tx:
                await _insert(tx, full)

    async with asyncio.TaskGroup() as group:
        for start in range(0, len(todo), _SLICE_AHEAD):
            group.create_task(add(todo[start : start + _SLICE_AHEAD]))

    async def write(tx: Tx) -> None:
        await _forget(tx, events)
        await _insert(tx, rows)

    return write


async def index_messages(tx: Tx, events: Sequence[MessagesFiled]) -> None:
    """Index what these events filed, unless it is indexed. Words are made before anything is
    written, so that the transaction holds back no other listener.
    """
    todo = await _unindexed(tx, events)
    rows = _Rows()
    for start in range(0, len(todo), _SLICE):
        await _add(tx, todo[start : start + _SLICE], rows)
        if rows.size > _MOST_HELD:
            await _insert(tx, rows)
            rows = _Rows()
        await asyncio.sleep(0)
    await _insert(tx, rows)


# About two hundred messages: a fifth of a second, then what was made of them can be found.
LISTENER = Listener(
    name="search",
    kinds=(MessagesFiled, MessagesErased),
    handle=follow_messages,
    ahead=make_ahead,
    octets=16 * 1024,
    flood_gather=3.8,
)


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """The role: index what is filed, and keep the index tidy."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(run_listener(database, LISTENER)),
                group.create_task(_keep_tidy(database)),
            ]
            ready()
            await stop.wait()
            for task in tasks:
                task.cancel()
    finally:
        _workers_of(database).close()


def _workers_of(database: Database) -> Workers:
    try:
        return database.service(Workers)
    except KeyError:
        workers = Workers()
        database.provide(workers)
        return workers


def _filed(events: Sequence[MessagesFiled | MessagesErased]) -> list[MessagesFiled]:
    return [event for event in events if isinstance(event, MessagesFiled)]


async def _forget(tx: Tx, events: Sequence[MessagesFiled | MessagesErased]) -> None:
    erased = [event for event in events if isinstance(event, MessagesErased)]
    if erased:
        await tx.execute(
            SQL["forget_hidden"],
            workspace_id=tx.workspace,
            variant_ids=[each for event in erased for each in event.variant_ids],
            mailbox_message_ids=[each for event in erased for each in event.mailbox_message_ids],
        )


async def _unindexed(tx: Tx, events: Sequence[MessagesFiled]) -> list[Row]:
    ids = [each for event in events for each in event.mailbox_message_ids]
    found = await tx.rows(
        SQL["unindexed_variants"], workspace_id=tx.workspace, mailbox_message_ids=ids
    )
    return list({_owner(row): row for row in found}.values())


async def _insert(tx: Tx, rows: _Rows) -> None:
    if rows.variants:
        await tx.execute(
            SQL["insert_chunks"],
            workspace_id=tx.workspace,
            variant_ids=rows.variants,
            mailbox_message_ids=rows.copies,
            chunks=rows.numbers,
            tsvs=rows.tsvs,
        )


async def _stored(tx: Tx, part: Sequence[Row]) -> tuple[list[Row], list[Mail]]:
    """Those that are still there, and what a worker needs of them."""
    ids = [row["mailbox_message_id"] for row in part]
    stored = {row["mailbox_message_id"]: row for row in await read_stored(tx, ids)}
    hidden = await _hidden(tx, part)
    found = [row for row in part if row["mailbox_message_id"] in stored]
    ids = [row["mailbox_message_id"] for row in found]
    return found, [(dict(stored[each]), hidden.get(each, [])) for each in ids]


async def _hidden(tx: Tx, rows: Sequence[Row]) -> dict[UUID, list[str]]:
    """Hidden recipients, of those that have any."""
    ids = [row["mailbox_message_id"] for row in rows if row["has_hidden"]]
    people = await people_of(tx, ids) if ids else {}
    return {
        copy_id: [person.address for person in named if person.role is Role.BCC]
        for copy_id, named in people.items()
    }


def _owner(row: Row) -> tuple[UUID, UUID]:
    return row["variant_id"], row["mailbox_message_id"] if row["has_hidden"] else _NOBODY


async def _add(tx: Tx, part: Sequence[Row], rows: _Rows) -> None:
    keys, files = await keyring(tx), tx.database.service(BlobFiles)
    found, mails = await _stored(tx, part)
    for row, mail in zip(found, mails, strict=True):
        content = mail[0]["content"]
        if content is None or len(content) > _LARGE:
            rows.add(row, await asyncio.to_thread(make, keys, files, mail))
        else:
            rows.add(row, make(keys, files, mail))
            await asyncio.sleep(0)


async def _keep_tidy(database: Database) -> None:
    """Empty the index's pending list after enough rows, or when it has been quiet."""
    last: int | None = None
    cleaned, quiet = 0, 0.0
    while True:
        await asyncio.sleep(5)
        try:
            now = await _written(database)
            if last is None:
                cleaned = now - 1  # a start may find a list that another process left
            quiet = quiet + 5 if now == last else 0.0
            last = now
            due = now - cleaned >= _CLEAN_AFTER_ROWS or quiet >= _CLEAN_AFTER_IDLE
            if due and now != cleaned:
                await _clean(database)
                cleaned = now
        except (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("the search index was not tidied: %s", type(error).__name__)


async def _written(database: Database) -> int:
    async with database.system() as tx:
        return int(await tx.value(SQL["rows_written"]) or 0)


async def _clean(database: Database) -> None:
    connection = await database.connect()  # the index belongs to the owner
    try:
        await connection.execute(SQL["clean_pending"].text)
    finally:
        await connection.close()
