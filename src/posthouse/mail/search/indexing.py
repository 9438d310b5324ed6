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
from posthouse.foundation.events import Listener, run_listener
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.events import MessagesErased, MessagesFiled
from posthouse.mail.mailboxes.model import Role
from posthouse.mail.mailboxes.reading import people_of, read_raws
from posthouse.mail.search.macros import SEARCH_MACROS
from posthouse.mail.search.writing import Writer, read_document, writer_of
from posthouse.security.access import READABLE_MACROS
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.search", macros={**READABLE_MACROS, **SEARCH_MACROS})
_NOBODY = UUID(int=0)
# Messages in memory at once; between two the loop is given back.
_SLICE = 16
_LARGE = 64 * 1024
_CLEAN_AFTER_ROWS = 10_000
_CLEAN_AFTER_IDLE = 20.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Rows:
    variants: list[UUID] = field(default_factory=list)
    copies: list[UUID] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    tsvs: list[bytes] = field(default_factory=list)


async def follow_messages(tx: Tx, events: Sequence[MessagesFiled | MessagesErased]) -> None:
    """What comes and what goes. One listener for both: nothing is indexed after it was erased."""
    erased = [event for event in events if isinstance(event, MessagesErased)]
    if erased:
        await tx.execute(
            SQL["forget_hidden"],
            workspace_id=tx.workspace,
            variant_ids=[each for event in erased for each in event.variant_ids],
            mailbox_message_ids=[each for event in erased for each in event.mailbox_message_ids],
        )
    filed = [event for event in events if isinstance(event, MessagesFiled)]
    if filed:
        await index_messages(tx, filed)


async def index_messages(tx: Tx, events: Sequence[MessagesFiled]) -> None:
    """Index what these events filed, unless it is indexed. Words are made before anything is
    written, so that the transaction holds back no other listener.
    """
    ids = [each for event in events for each in event.mailbox_message_ids]
    found = await tx.rows(
        SQL["unindexed_variants"], workspace_id=tx.workspace, mailbox_message_ids=ids
    )
    todo = list({_owner(row): row for row in found}.values())
    rows = _Rows()
    for start in range(0, len(todo), _SLICE):
        await _add(tx, todo[start : start + _SLICE], rows)
        await asyncio.sleep(0)
    if rows.variants:
        await tx.execute(
            SQL["insert_chunks"],
            workspace_id=tx.workspace,
            variant_ids=rows.variants,
            mailbox_message_ids=rows.copies,
            chunks=rows.numbers,
            tsvs=rows.tsvs,
        )


# About two hundred messages: a fifth of a second, then what was made of them can be found.
LISTENER = Listener(
    name="search",
    kinds=(MessagesFiled, MessagesErased),
    handle=follow_messages,
    octets=16 * 1024,
    flood_gather=3.0,
)


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """The role: index what is filed, and keep the index tidy."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(run_listener(database, LISTENER)),
            group.create_task(_keep_tidy(database)),
        ]
        ready()
        await stop.wait()
        for task in tasks:
            task.cancel()


def _owner(row: Row) -> tuple[UUID, UUID]:
    return row["variant_id"], row["mailbox_message_id"] if row["has_hidden"] else _NOBODY


async def _add(tx: Tx, todo: Sequence[Row], rows: _Rows) -> None:
    writer = writer_of(await keyring(tx))
    raws = await read_raws(tx, [row["mailbox_message_id"] for row in todo])
    hidden = [row["mailbox_message_id"] for row in todo if row["has_hidden"]]
    people = await people_of(tx, hidden) if hidden else {}
    for row in todo:
        copy_id = row["mailbox_message_id"]
        bcc = [p.address for p in people.get(copy_id, ()) if p.role is Role.BCC]
        raw = raws[copy_id]
        if len(raw) > _LARGE:
            made = await asyncio.to_thread(_made, writer, raw, bcc)
        else:
            made = _made(writer, raw, bcc)
            await asyncio.sleep(0)
        variant_id, owner = _owner(row)
        for number, tsv in enumerate(made):
            rows.variants.append(variant_id)
            rows.copies.append(owner)
            rows.numbers.append(number)
            rows.tsvs.append(tsv)


def _made(writer: Writer, raw: bytes, hidden: Sequence[str]) -> list[bytes]:
    return writer.chunks(read_document(raw, hidden))


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
