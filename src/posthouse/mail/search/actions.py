"""Searching: walk the newest messages first, then ask the index; only in the actor's reach."""

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Busy, Invalid
from posthouse.mail.mailboxes.folders import list_folders
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.search.compile import Words, compile_terms
from posthouse.mail.search.indexing import SQL
from posthouse.mail.search.lexemes import lexemes_of
from posthouse.mail.search.query import Query, parse_query
from posthouse.security.access import Level, Reach, reach_of
from posthouse.security.members import Actor
from posthouse.security.vault import keyring

# How many of the newest messages are tried one by one: about 25 ms. The first few tell whether the
# words are common enough to find a page among so many; if not, the index is asked at once.
_DEPTH = 3000
_TASTE = 400
# Up to so many messages the index may look into for a phrase: about 15 ms.
_FEW = 3000
# A query without words walks on, this often at most.
_MOST_WALKS = 20
_MOST_HITS = 200
# A generic plan would be made for an average word: there is none. And the planner takes reading
# every row for cheap while words wait in the index's list: it does not know what a text costs.
_PLANNING = """SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off;
SET LOCAL statement_timeout = '3s'"""
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LAST_ID = UUID(int=(1 << 128) - 1)
_CURSOR = struct.Struct(">q16s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# state → (flags that must be set, flags that must not be)
_STATES: dict[str, tuple[int, int]] = {
    "unread": (0, Flags.SEEN),
    "not read": (0, Flags.SEEN),
    "read": (Flags.SEEN, 0),
    "not unread": (Flags.SEEN, 0),
    "flagged": (Flags.FLAGGED, 0),
    "not flagged": (0, Flags.FLAGGED),
    "answered": (Flags.ANSWERED, 0),
    "not answered": (0, Flags.ANSWERED),
    "draft": (Flags.DRAFT, 0),
    "not draft": (0, Flags.DRAFT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One message found."""

    mailbox_message_id: UUID
    mailbox_id: UUID
    thread_id: UUID
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """Hits, newest first, and where the next page starts (None: there is nothing more)."""

    hits: list[Hit] = field(default_factory=list)
    next_cursor: str | None = None


async def search(
    tx: Tx,
    actor: Actor,
    text: str,
    *,
    mailbox_id: UUID | None = None,
    folder_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> SearchPage:
    """Messages that match `text` and that the actor may read in full, newest first.

    Raises Invalid for a query or cursor that cannot be read, Busy when it takes more than three
    seconds (a date range makes it cheap).
    """
    query = parse_query(text, clock.now())
    limit = max(1, min(limit, _MOST_HITS))
    reach = await reach_of(tx, actor)
    words = compile_terms(query, lexemes_of(await keyring(tx)))
    if words.first is None and any(not term.negated for term in query.terms):
        return SearchPage()  # nothing but signs, which are not indexed
    values = await _filters(tx, query, reach, mailbox_id, folder_id, cursor)
    if values is None:
        return SearchPage()
    await tx.connection.execute(_PLANNING)
    try:
        values = values | words.parameters | {"limit": limit + 1}
        rows = await _find(tx, values, words)
    except asyncpg.QueryCanceledError:
        raise Busy("That search takes too long. Add after: or before: with a date.") from None
    return _page(rows, limit)


async def _find(tx: Tx, values: dict[str, Any], words: Words) -> Sequence[Row]:
    """At most `limit` rows. What a walk has tried is never asked of the index again."""
    found: list[Row] = []
    limit: int = values["limit"]
    tried, depth = 0, _TASTE
    for _ in range(_MOST_WALKS):
        rows = await tx.rows(SQL["walk_newest"], depth=depth, among=None, few=0, **values)
        found += _hits(rows)
        if rows[0]["tried"] < depth or len(found) >= limit:
            return found[:limit]
        values = _behind(values, rows)
        tried += depth
        common = tried < _DEPTH and len(found) * _DEPTH >= limit * tried
        if words.indexable and not (common or (words.together and _few_left(rows, tried))):
            break
        depth = _DEPTH if tried >= _DEPTH else _DEPTH - tried
    if words.indexable:
        found += await _ask_index(tx, values | {"limit": limit - len(found)}, words)
    return found


async def _ask_index(tx: Tx, values: dict[str, Any], words: Words) -> Sequence[Row]:
    """Phrases of common words: the index would look into every message that has the words."""
    found: list[Row] = []
    limit: int = values["limit"]
    if words.together:
        among = {"among": words.together, "few": _FEW}
        rows = await tx.rows(SQL["walk_newest"], depth=_DEPTH, **among, **values)
        if rows[0]["worth_it"]:
            found = _hits(rows)[:limit]
            if rows[0]["tried"] < _DEPTH or len(found) == limit:
                return found
            values = _behind(values, rows) | {"limit": limit - len(found)}
    return [*found, *await tx.rows(SQL["find_by_index"], **values)]


def _hits(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["id"] is not None]


def _behind(values: dict[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    return values | {"before": rows[0]["oldest"], "before_id": rows[0]["oldest_id"]}


def _few_left(rows: Sequence[Row], tried: int) -> bool:
    return rows[0]["left"] is not None and tried + rows[0]["left"] <= _DEPTH


async def _filters(
    tx: Tx,
    query: Query,
    reach: Reach,
    mailbox_id: UUID | None,
    folder_id: UUID | None,
    cursor: str | None,
) -> dict[str, Any] | None:
    """Everything but the words; None when nothing can match."""
    before, before_id = _read_cursor(cursor) if cursor else (_LATEST, _LAST_ID)
    if query.before is not None and query.before <= before:
        before, before_id = query.before, UUID(int=0)
    folder_ids = [folder_id] if folder_id is not None else None
    if query.folder is not None:
        folder_ids = await _folders_named(tx, query.folder, reach, mailbox_id)
        if not folder_ids:
            return None
    states = [_STATES[state] for state in query.states]
    set_flags = clear_flags = 0
    for wanted, unwanted in states:
        set_flags |= wanted
        clear_flags |= unwanted
    return {
        "workspace_id": tx.workspace,
        "mailbox_id": mailbox_id,
        "before": before,
        "before_id": before_id,
        "after": query.after or _EARLIEST,
        "folder_ids": folder_ids,
        "flags_set": set_flags,
        "flags_clear": clear_flags,
        "unread": bool(clear_flags & Flags.SEEN),
        **reach.parameters(Level.FULL),
    }


async def _folders_named(tx: Tx, name: str, reach: Reach, mailbox_id: UUID | None) -> list[UUID]:
    wanted = name.casefold()
    found: list[UUID] = []
    for each in reach.mailbox_ids(Level.FULL):
        if mailbox_id is None or each == mailbox_id:
            for folder in await list_folders(tx, each, reach.member_id):
                if wanted in (folder.name.casefold(), folder.special_use):
                    found.append(folder.id)
    return found


def _page(rows: Sequence[Row], limit: int) -> SearchPage:
    hits = [
        Hit(
            mailbox_message_id=row["id"],
            mailbox_id=row["mailbox_id"],
            thread_id=row["thread_id"],
            received_at=row["received_at"],
        )
        for row in rows[:limit]
    ]
    more = len(rows) > limit
    return SearchPage(hits=hits, next_cursor=_write_cursor(hits[-1]) if more else None)


def _write_cursor(hit: Hit) -> str:
    microseconds = (hit.received_at - _EPOCH) // _MICROSECOND
    packed = _CURSOR.pack(microseconds, hit.mailbox_message_id.bytes)
    return base64.urlsafe_b64encode(packed).decode()


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        microseconds, value = _CURSOR.unpack(base64.urlsafe_b64decode(cursor))
        return _EPOCH + microseconds * _MICROSECOND, UUID(bytes=value)
    except (binascii.Error, struct.error, OverflowError, ValueError):
        raise Invalid("That is not a cursor of this search.") from None
