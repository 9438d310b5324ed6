"""Reading histories, as far as the reader may: the predicate of security/access decides.

Who has a mailbox at `metadata` learns that there was a mail, when and with whom; at `subject` its
subject too; at `full` everything. Mail out of reach is not there at all.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from posthouse.crm.cursors import Place
from posthouse.crm.timeline import model
from posthouse.crm.timeline.model import Content, Entry, Figures, Kind
from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import Queries, load_queries
from posthouse.security.access import READABLE_MACROS, Level, Reach, levels_of, reach_of
from posthouse.security.members import Actor, Scope
from posthouse.security.vault import keyring

Of = Literal["contact", "company"]


def _of(column: str) -> Queries:
    macros = {"customer": f"{{}}.{column} = :customer_id", "customer_of": f"{{}}.{column}"}
    macros.update(READABLE_MACROS)
    return load_queries("posthouse.crm.timeline", "reading.sql", macros=macros)


CONTACT_SQL = _of("contact_id")
COMPANY_SQL = _of("company_id")
_SQL: dict[Of, Queries] = {"contact": CONTACT_SQL, "company": COMPANY_SQL}
_ALL_KINDS: tuple[Kind, ...] = ("mail", "note", "call", "meeting")
_decoder = msgspec.msgpack.Decoder(Content)
_NOBODY = UUID(int=0)


class Week(NamedTuple):
    """Mails, calls and meetings of the week that begins on this Monday (UTC)."""

    monday: date
    received: int
    sent: int


async def crm_reach(tx: Tx, actor: Actor) -> Reach:
    """What `actor` may know of mail with customers. A key without mail scope sees none of it.

    Raises Denied for a key that may not read contacts.
    """
    actor.require(Scope.CRM_READ)
    if Scope.MAIL_READ not in actor.scopes:
        return Reach(member_id=_NOBODY, mailboxes={})
    return await reach_of(tx, actor)


async def read_history(
    tx: Tx,
    reach: Reach,
    of: Of,
    customer_id: UUID,
    *,
    kinds: Sequence[Kind] = _ALL_KINDS,
    before: Place,
    limit: int,
) -> tuple[list[Entry], Place | None]:
    """A page of a contact's or company's history, newest first, and where the next begins."""
    page = await tx.rows(
        _SQL[of]["read_page"],
        workspace_id=tx.workspace,
        customer_id=customer_id,
        kinds=list(kinds),
        before_at=before.at,
        before_id=before.id,
        limit=limit + 1,
        **reach.parameters(Level.METADATA),
    )
    shown = page[:limit]
    copies = await tx.rows(
        _SQL[of]["read_entries"],
        workspace_id=tx.workspace,
        customer_id=customer_id,
        ids=[row["id"] for row in shown],
        message_ids=[row["message_id"] for row in shown if row["message_id"]],
        **reach.parameters(Level.METADATA),
    )
    entries = await _entries(tx, reach, shown, copies)
    more = len(page) > limit
    return entries, Place(shown[-1]["occurred_at"], shown[-1]["id"]) if more else None


async def read_figures(
    tx: Tx, reach: Reach, of: Of, customer_ids: Sequence[UUID]
) -> dict[UUID, Figures]:
    """Counts and moments per contact or company; nothing exchanged: zeros."""
    rows = await tx.rows(
        _SQL[of]["read_figures"],
        workspace_id=tx.workspace,
        customer_ids=list(customer_ids),
        **reach.parameters(Level.METADATA),
    )
    figures = {customer_id: Figures() for customer_id in customer_ids}
    for row in rows:
        values = dict(row)
        customer_id = values.pop("customer_id")
        figures[customer_id] = Figures(**values)
    return figures


async def read_weeks(tx: Tx, reach: Reach, of: Of, customer_id: UUID) -> list[Week]:
    """The last 53 weeks, oldest first, this week's last."""
    mondays = model.mondays(clock.now())
    rows = await tx.rows(
        _SQL[of]["read_weeks"],
        workspace_id=tx.workspace,
        customer_id=customer_id,
        since=datetime.combine(mondays[0], time(), UTC),
        **reach.parameters(Level.METADATA),
    )
    counts = {row["week"]: (row["received"], row["sent"]) for row in rows}
    return [Week(monday, *counts.get(monday, (0, 0))) for monday in mondays]


async def _entries(
    tx: Tx, reach: Reach, shown: Sequence[Row], copies: Sequence[Row]
) -> list[Entry]:
    """One entry per row of the page, read from the copy that may be shown furthest."""
    pairs = {(row["mailbox_id"], row["thread_id"]) for row in copies if row["mailbox_id"]}
    levels = await levels_of(tx, reach, pairs)
    keys = await keyring(tx)
    of_mail: dict[UUID, list[Row]] = {}
    for row in copies:
        of_mail.setdefault(row["message_id"] or row["id"], []).append(row)
    entries: list[Entry] = []
    for place in shown:
        rows = of_mail[place["message_id"] or place["id"]]
        best = max(rows, key=lambda row: _level(row, levels))
        level = _level(best, levels)
        content = None
        if best["wrapped"] is not None and level > model.Level.METADATA:
            key = keys.open_data_key(best["key_record_id"], best["wrapped"], best["generation"])
            content = _decoder.decode(
                key.decrypt("timeline_entries", "content", best["id"], best["content"])
            )
        entries.append(_entry(place["id"], best, level, content, rows))
    return entries


def _level(row: Row, levels: dict[tuple[UUID, UUID], Level]) -> model.Level:
    if row["mailbox_id"] is None:
        return model.Level.FULL
    level = levels.get((row["mailbox_id"], row["thread_id"]))
    return model.Level(level.rank + 1) if level is not None else model.Level.NONE


def _entry(
    entry_id: UUID,
    row: Row,
    level: model.Level,
    content: Content | None,
    copies: Sequence[Row],
) -> Entry:
    full = level is model.Level.FULL
    # A Bcc is known to the readers of its own copy alone; they see it among these rows.
    contacts = dict.fromkeys(copy["contact_id"] for copy in copies if copy["contact_id"])
    return Entry(
        id=entry_id,
        version=row["version"],
        kind=row["kind"],
        direction=row["direction"],
        automatic=row["automatic"],
        at=row["occurred_at"],
        level=level,
        subject=content.subject if content else None,
        summary=content.summary if content and full else None,
        attachments=content.attachments if content and full else (),
        attachment_count=row["attachment_count"] if full else 0,
        member_id=row["member_id"],
        member_name=row["member_name"],
        contact_ids=tuple(contacts),
        company_id=row["company_id"],
        thread_id=row["thread_id"] if full else None,
        mailbox_message_id=row["mailbox_message_id"] if full else None,
    )
