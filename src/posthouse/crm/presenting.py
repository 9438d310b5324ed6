"""Histories and changes in the shapes of `views`, for the doors of companies and contacts."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.crm.cursors import page_size, read_cursor, write_cursor
from posthouse.crm.history import list_changes
from posthouse.crm.names import Names, read_names
from posthouse.crm.timeline.model import Entry, Kind
from posthouse.crm.timeline.reading import Of, read_history, read_weeks
from posthouse.crm.views import (
    Change,
    ChangePage,
    FieldChange,
    Ref,
    Timeline,
    TimelineEntry,
    WeekCount,
)
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.security.access import Reach

KINDS: tuple[Kind, ...] = ("mail", "note", "call", "meeting")


async def timeline_view(
    tx: Tx,
    reach: Reach,
    of: Of,
    customer_id: UUID,
    *,
    kind: Sequence[Kind] | None,
    cursor: str | None,
    limit: int,
) -> Timeline:
    """A page of one history; with the chart of the last year when it is the first."""
    entries, following = await read_history(
        tx,
        reach,
        of,
        customer_id,
        kinds=kind or KINDS,
        before=read_cursor(cursor),
        limit=page_size(limit),
    )
    names = await read_names(
        tx,
        contacts=[contact for entry in entries for contact in entry.contact_ids],
        companies=[entry.company_id for entry in entries],
    )
    return Timeline(
        items=[_entry(entry, names) for entry in entries],
        next_cursor=write_cursor(following) if following else None,
        weeks=None if cursor else await _weeks(tx, reach, of, customer_id),
    )


async def changes_view(tx: Tx, record_id: UUID, cursor: str | None, limit: int) -> ChangePage:
    """Who changed what of a record, newest first."""
    try:
        before = UUID(cursor) if cursor else None
    except ValueError:
        raise Invalid("This cursor was not given by this list.", field="cursor") from None
    size = page_size(limit)
    found = await list_changes(tx, record_id, before=before, limit=size + 1)
    return ChangePage(
        items=[
            Change(
                id=change.id,
                at=change.changed_at,
                member=_member(change.member_id, change.member_name),
                action=change.action,
                fields=[
                    FieldChange(field=field.name, before=field.before, after=field.after)
                    for field in change.fields
                ],
            )
            for change in found[:size]
        ],
        next_cursor=str(found[size - 1].id) if len(found) > size else None,
    )


async def _weeks(tx: Tx, reach: Reach, of: Of, customer_id: UUID) -> list[WeekCount]:
    return [
        WeekCount(week=week.monday, received=week.received, sent=week.sent)
        for week in await read_weeks(tx, reach, of, customer_id)
    ]


def _member(member_id: UUID | None, name: str | None) -> Ref | None:
    return None if member_id is None else Ref(member_id, name or "")


def _entry(entry: Entry, names: Names) -> TimelineEntry:
    return TimelineEntry(
        id=entry.id,
        kind=entry.kind,
        direction=entry.direction,
        at=entry.at,
        level=entry.level.word,
        automatic=entry.automatic,
        subject=entry.subject,
        summary=entry.summary,
        attachments=list(entry.attachments),
        attachment_count=entry.attachment_count,
        member=_member(entry.member_id, entry.member_name),
        contacts=names.refs(entry.contact_ids),
        company=names.ref(entry.company_id),
        thread_id=entry.thread_id,
        message_id=entry.mailbox_message_id,
        version=entry.version,
    )
