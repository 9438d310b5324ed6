"""What members write into a history themselves: notes, calls, meetings."""

from datetime import datetime
from uuid import UUID

import msgspec

from posthouse.crm.timeline import store
from posthouse.crm.timeline.events import TimelineChanged
from posthouse.crm.timeline.model import NO_MAILBOX, Content, Kind
from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Conflict, Denied, Invalid, NotFound
from posthouse.foundation.events import announce
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.security.vault import keyring, save_data_keys

SQL = load_queries("posthouse.crm.timeline", "notes.sql")
_LONGEST = 100_000
_decoder = msgspec.msgpack.Decoder(Content)


async def write_note(
    tx: Tx,
    by: UUID,
    *,
    contact_id: UUID | None = None,
    company_id: UUID | None = None,
    kind: Kind = "note",
    text: str,
    subject: str = "",
    direction: str | None = None,
    at: datetime | None = None,
) -> UUID:
    """Write into the history of a contact (and of its company) or of a company. Raises Invalid."""
    if kind == "note" and direction is not None:
        raise Invalid("Only calls and meetings have a direction.", field="direction")
    entry_id = new_id()
    key, sealed = (await keyring(tx)).new_data_key(entry_id)
    await save_data_keys(tx, [sealed])
    content = msgspec.msgpack.encode(_content(subject, text))
    row: store.EntryRow = {
        "id": entry_id,
        "kind": kind,
        "direction": direction,
        "automatic": False,
        "occurred_at": _moment(at),
        "contact_id": contact_id,
        "company_id": company_id,
        "member_id": by,
        "mailbox_id": None,
        "mailbox_message_id": None,
        "message_id": None,
        "thread_id": None,
        "attachment_count": 0,
        "key_record_id": entry_id,
        "content": key.encrypt("timeline_entries", "content", entry_id, content),
    }
    await store.insert_entries(tx, [row])
    _tell(tx, contact_id, company_id)
    return entry_id


async def change_note(
    tx: Tx,
    by: UUID,
    note_id: UUID,
    version: int,
    *,
    text: str | None = None,
    subject: str | None = None,
    at: datetime | None = None,
) -> int:
    """Change one's own note; the new version. None leaves a field alone.

    Raises NotFound, Denied for another member's, Conflict when it changed since `version`.
    """
    row = await _own_note(tx, by, note_id)
    key = (await keyring(tx)).open_data_key(note_id, row["wrapped"], row["generation"])
    before = _decoder.decode(key.decrypt("timeline_entries", "content", note_id, row["content"]))
    after = _content(
        before.subject if subject is None else subject, before.summary if text is None else text
    )
    content = key.encrypt("timeline_entries", "content", note_id, msgspec.msgpack.encode(after))
    changed: int | None = await tx.value(
        SQL["change_note"],
        workspace_id=tx.workspace,
        id=note_id,
        version=version,
        content=content,
        occurred_at=row["occurred_at"] if at is None else _moment(at),
    )
    if changed is None:
        raise Conflict("Somebody has changed this since you read it.")
    await _recount(tx, row)
    return changed


async def delete_note(tx: Tx, by: UUID, note_id: UUID, *, deleted: bool = True) -> None:
    """Take one's own note away, or bring it back. Raises NotFound, Denied."""
    row = await _own_note(tx, by, note_id)
    await tx.execute(SQL["delete_note"], workspace_id=tx.workspace, id=note_id, deleted=deleted)
    await _recount(tx, row)


async def move_notes(tx: Tx, from_contact: UUID, into_contact: UUID) -> None:
    """For a merge of contacts: what was written about one belongs to the other.

    So do the entries of mail that is erased. Mail that is there follows its addresses.
    """
    moved = await tx.rows(
        SQL["move_notes"],
        workspace_id=tx.workspace,
        from_contact=from_contact,
        into_contact=into_contact,
    )
    mailboxes = {row["mailbox_id"] or NO_MAILBOX for row in moved} | {NO_MAILBOX}
    await store.recount_moments(tx, [from_contact, into_contact], sorted(mailboxes))


async def _own_note(tx: Tx, by: UUID, note_id: UUID) -> Row:
    row = await tx.row(SQL["read_note"], workspace_id=tx.workspace, id=note_id)
    if row is None:
        raise NotFound("There is no such note.")
    if row["member_id"] != by:
        raise Denied("Only who wrote it may change it.")
    return row


async def _recount(tx: Tx, row: Row) -> None:
    customers = [c for c in (row["contact_id"], row["company_id"]) if c is not None]
    await store.recount_moments(tx, customers, [NO_MAILBOX])
    _tell(tx, row["contact_id"], row["company_id"])


def _content(subject: str, text: str) -> Content:
    if not text.strip() and not subject.strip():
        raise Invalid("A note needs words.", field="text")
    if len(text) > _LONGEST or len(subject) > 1000:
        raise Invalid(f"A note has at most {_LONGEST:,} characters.", field="text")
    return Content(subject.strip(), text.strip())


def _moment(at: datetime | None) -> datetime:
    moment = clock.now() if at is None else at
    if moment.tzinfo is None:
        raise Invalid("The time needs its zone.", field="at")
    return moment.replace(microsecond=0)


def _tell(tx: Tx, contact_id: UUID | None, company_id: UUID | None) -> None:
    announce(
        tx,
        TimelineChanged(
            contact_ids=[contact_id] if contact_id else [],
            company_ids=[company_id] if company_id else [],
        ),
    )
