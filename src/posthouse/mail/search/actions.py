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
# Of messages that have all words of a phrase so many are tried at once: a page may be short then.
_PHRASE_DEPTH = 1200
# Up to so many messages the index may look into for a phrase: about 15 ms. And so many that it
# finds by words are looked up and put in order: more are sooner met on the way down the dates.
_FEW = 3000
_FEW_HITS = 1000
# A query without words walks on, this often at most.
_MOST_WALKS = 20
_MOST_HITS = 200
# A generic plan would be made for an average word: there is none. And the planner takes reading
# every row for cheap while words wait in the index's list: it does not know what a text costs.
_PLANNING = """SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off;
SET LOCAL statement_timeout = '3s'"""
_PLANNING_AGAIN = "SET LOCAL plan_cache_mode = auto; SET LOCAL enable_seqscan = on"
_NARROW = "That search takes too long. Add after: or before: with a date."
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
    """Hits, newest first, and where the next page starts (None: there is nothing more).

    A page may be short and there is more all the same.
    """

    hits: list[Hit] = field(default_factory=list)
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows, at most as many as were wanted; and how far was looked when there may be more."""

    rows: Sequence[Row]
    looked: tuple[datetime, UUID] | None = None


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
        found = await _find(tx, values, words)
    except asyncpg.QueryCanceledError:
        raise Busy(_NARROW) from None
    await tx.connection.execute(_PLANNING_AGAIN)  # of what follows, which would take 1 to 2 ms
    return _page(found, limit)


async def _find(tx: Tx, values: dict[str, Any], words: Words) -> _Found:
    """What a walk has tried is never asked of the index again."""
    found: list[Row] = []
    limit: int = values["limit"]
    tried, depth = 0, _TASTE
    for _ in range(_MOST_WALKS):
        rows = await tx.rows(SQL["walk_newest"], depth=depth, among=None, few=0, **values)
        found += _hits(rows)
        if rows[0]["left"] == 0 or len(found) >= limit:
            return _Found(found[:limit])
        values = _behind(values, rows)
        tried += rows[0]["tried"]
        promising = values["placed"] or len(found) * _DEPTH >= limit * tried
        if words.indexable and not (tried < _DEPTH and promising):
            few = rows[0]["left"] is not None and tried + rows[0]["left"] <= _DEPTH
            if not few or not await _is_common(tx, words):
                values = values | {"limit": limit - len(found)}
                return await _ask_index(tx, values, words, found)
        depth = max(_DEPTH - tried, _TASTE) if tried < _DEPTH else _DEPTH
    if not found:
        raise Busy(_NARROW)
    return _Found(found, _place(values))


async def _is_common(tx: Tx, words: Words) -> bool:
    """Whether trying a few thousand messages is less work than the index would have."""
    if words.together:
        return True
    among = {"workspace_id": tx.workspace, "words": words.first, "few": _FEW_HITS}
    return bool(await tx.value(SQL["is_common"], **among))


async def _ask_index(tx: Tx, values: dict[str, Any], words: Words, found: list[Row]) -> _Found:
    """Of words that many have the newest are tried; few are all looked at.

    A page may be short then: of a phrase the index knows the words only, and would have to look
    into every message that has them all.
    """
    limit: int = values["limit"]
    among = {"among": words.together or words.first, "few": _FEW if words.together else _FEW_HITS}
    # Where the messages lie is asked of each: the folders do not know which words they have.
    walked = values | {"placed": False}
    depth = _PHRASE_DEPTH if words.together else _FEW_HITS if values["placed"] else _TASTE
    rows = await tx.rows(SQL["walk_newest"], depth=depth, **among, **walked)
    if rows[0]["worth_it"]:
        hits = _hits(rows)[:limit]
        found += hits
        if rows[0]["left"] == 0 or len(hits) == limit:
            return _Found(found)
        values = _behind(values, rows)
        if found:
            return _Found(found, _place(values))
    del values["placed"]
    return _Found([*found, *await tx.rows(SQL["find_by_index"], **values)])


def _hits(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["id"] is not None]


def _behind(values: dict[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    return values | {"before": rows[0]["oldest"], "before_id": rows[0]["oldest_id"]}


def _place(values: dict[str, Any]) -> tuple[datetime, UUID]:
    return values["before"], values["before_id"]


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
    if set_flags & clear_flags:
        return None
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
        "placed": bool(folder_ids is not None or set_flags or clear_flags),
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


def _page(found: _Found, limit: int) -> SearchPage:
    hits = [
        Hit(
            mailbox_message_id=row["id"],
            mailbox_id=row["mailbox_id"],
            thread_id=row["thread_id"],
            received_at=row["received_at"],
        )
        for row in found.rows[:limit]
    ]
    if len(found.rows) > limit:
        return SearchPage(
            hits=hits, next_cursor=_write_cursor(hits[-1].received_at, hits[-1].mailbox_message_id)
        )
    return SearchPage(hits=hits, next_cursor=_write_cursor(*found.looked) if found.looked else None)


def _write_cursor(received_at: datetime, message_id: UUID) -> str:
    microseconds = (received_at - _EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(_CURSOR.pack(microseconds, message_id.bytes)).decode()


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        microseconds, value = _CURSOR.unpack(base64.urlsafe_b64decode(cursor))
        return _EPOCH + microseconds * _MICROSECOND, UUID(bytes=value)
    except (binascii.Error, struct.error, OverflowError, ValueError):
        raise Invalid("That is not a cursor of this search.") from None
