"""Rows of thread lists: a folder's page, or the threads of found messages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.listing import store
from posthouse.mail.listing.beside import Beside, Customer
from posthouse.mail.listing.cursors import (
    FolderPlace,
    ThreadPlace,
    page_size,
    read_cursor,
    read_thread_cursor,
    write_cursor,
    write_thread_cursor,
)
from posthouse.mail.listing.views import Owes, PersonView, ThreadPage, ThreadRow
from posthouse.mail.mailboxes.folders import folder_by_use, read_folder
from posthouse.mail.mailboxes.prepare import address_row
from posthouse.mail.mailboxes.reading import decrypt_columns
from posthouse.mail.search.actions import search
from posthouse.protocols import mime
from posthouse.security.access import Level, Reach, levels_of, mailboxes_of, reach_of
from posthouse.security.members import Actor
from posthouse.security.vault import Keyring, keyring

_MOST_RECIPIENTS = 5
# By the direction of the last message that a person wrote.
OWES: Mapping[str | None, Owes] = {"in": "we", "out": "they"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a row comes from: the message that put its thread into the list."""

    thread_id: UUID
    mailbox_id: UUID
    folder_id: UUID | None
    mailbox_message_id: UUID
    received_at: datetime


async def folder_page(
    tx: Tx,
    actor: Actor,
    beside: Beside,
    *,
    mailbox_id: UUID | None,
    folder_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> ThreadPage:
    """A page of a folder; without one, the Inbox of the mailbox or of the actor's own.

    Raises NotFound, Invalid, Denied.
    """
    reach = await reach_of(tx, actor)
    mailbox_id, folder_id = await _resolve(tx, actor, mailbox_id, folder_id)
    size = page_size(limit)
    rows = await store.list_threads(tx, reach, mailbox_id, folder_id, read_cursor(cursor), size + 1)
    if not rows and mailbox_id not in reach.mailboxes:
        raise NotFound("There is no such mailbox.")
    shown = rows[:size]
    places = [
        _Place(
            row["thread_id"],
            mailbox_id,
            folder_id,
            row["mailbox_message_id"],
            row["received_at"],
        )
        for row in shown
    ]
    following = (
        write_cursor(FolderPlace(shown[-1]["received_at"], shown[-1]["uid"])) if shown else None
    )
    return ThreadPage(
        items=await _rows(tx, reach, beside, places),
        next_cursor=following if len(rows) > size else None,
    )


async def shared_page(
    tx: Tx, actor: Actor, beside: Beside, *, cursor: str | None, limit: int
) -> ThreadPage:
    """A page of the threads given to the actor singly. Raises Invalid, Denied."""
    reach = await reach_of(tx, actor)
    size = page_size(limit)
    rows = await store.list_shared(tx, reach, read_thread_cursor(cursor), size + 1)
    shown = rows[:size]
    following = (
        write_thread_cursor(ThreadPlace(shown[-1]["received_at"], shown[-1]["thread_id"]))
        if len(rows) > size
        else None
    )
    places = [_Place(**row) for row in shown]
    return ThreadPage(items=await _rows(tx, reach, beside, places), next_cursor=following)


async def search_page(
    tx: Tx,
    actor: Actor,
    beside: Beside,
    text: str,
    *,
    mailbox_id: UUID | None,
    folder_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> ThreadPage:
    """Threads with messages that match, each once on a page and by its newest match.

    Raises Invalid, Busy, Denied.
    """
    found = await search(
        tx,
        actor,
        text,
        mailbox_id=mailbox_id,
        folder_id=folder_id,
        cursor=cursor,
        limit=page_size(limit),
    )
    reach = await reach_of(tx, actor)
    lying = await store.places_of_messages(tx, [hit.mailbox_message_id for hit in found.hits])
    places: dict[UUID, _Place] = {}
    for hit in found.hits:
        places.setdefault(
            hit.thread_id,
            _Place(
                hit.thread_id,
                hit.mailbox_id,
                lying.get(hit.mailbox_message_id),
                hit.mailbox_message_id,
                hit.received_at,
            ),
        )
    return ThreadPage(
        items=await _rows(tx, reach, beside, list(places.values())),
        next_cursor=found.next_cursor,
    )


async def _resolve(
    tx: Tx, actor: Actor, mailbox_id: UUID | None, folder_id: UUID | None
) -> tuple[UUID, UUID]:
    if folder_id is not None:
        folder = await read_folder(tx, folder_id)
        if mailbox_id not in (None, folder.mailbox_id):
            raise NotFound("There is no such folder.")
        return folder.mailbox_id, folder_id
    if mailbox_id is None:
        mailboxes = await mailboxes_of(tx, actor)
        if not mailboxes:
            raise NotFound("You have no mailbox.")
        mailbox_id = mailboxes[0].id
    return mailbox_id, await folder_by_use(tx, mailbox_id, "inbox")


async def _rows(tx: Tx, reach: Reach, beside: Beside, places: Sequence[_Place]) -> list[ThreadRow]:
    if not places:
        return []
    figures = await store.summarise_threads(
        tx, reach.member_id, [(p.thread_id, p.mailbox_id, p.folder_id) for p in places]
    )
    # A thread that was merged or emptied between two statements is simply not there any more.
    places = [p for p in places if (p.thread_id, p.mailbox_id) in figures]
    levels = await levels_of(tx, reach, [(p.mailbox_id, p.thread_id) for p in places])
    faces = await _Faces.read(tx, places, figures)
    address_ids = {address_row(faces.keys, a).id: a for a in faces.addresses()}
    customers = await beside.customers(tx, list(address_ids))
    by_address = {address_ids[i]: customer for i, customer in customers.items()}
    return [
        _row(
            place,
            figures[place.thread_id, place.mailbox_id],
            levels[place.mailbox_id, place.thread_id],
            faces,
            by_address,
        )
        for place in places
    ]


class _Faces:
    """Subjects, summaries and people of a page, decrypted once."""

    def __init__(self, keys: Keyring) -> None:
        self.keys = keys
        self.said: dict[UUID, tuple[str, str]] = {}
        self.senders: dict[UUID, mime.Address] = {}
        self.recipients: dict[UUID, list[mime.Address]] = {}

    @classmethod
    async def read(
        cls, tx: Tx, places: Sequence[_Place], figures: Mapping[tuple[UUID, UUID], Row]
    ) -> "_Faces":
        faces = cls(await keyring(tx))
        shown = {place.mailbox_message_id for place in places}
        newest = {i for row in figures.values() for i in row["newest_ids"]}
        for copy_id, row in (await store.read_faces(tx, list(shown | newest))).items():
            faces._open(copy_id, row, copy_id in shown)
        ours = [
            place.mailbox_message_id
            for place in places
            if figures[place.thread_id, place.mailbox_id]["only_ours"]
        ]
        for row in await store.read_headers(tx, ours) if ours else ():
            scan = mime.scan(decrypt_columns(faces.keys, row, ("header",))["header"])
            faces.recipients[row["id"]] = mime.addresses(scan, b"to") or mime.addresses(scan, b"cc")
        return faces

    def addresses(self) -> set[str]:
        """Everybody's canonical address."""
        everybody = [*self.senders.values(), *(a for r in self.recipients.values() for a in r)]
        return {mime.canonical(person.address) for person in everybody}

    def _open(self, copy_id: UUID, row: Row, whole: bool) -> None:
        columns = ("sender", "subject", "summary") if whole else ("sender",)
        values = decrypt_columns(self.keys, row, columns)
        for name, address in msgspec.json.decode(values["sender"])[:1]:
            self.senders[copy_id] = mime.Address(name, address)
        if whole:
            self.said[copy_id] = (values["subject"].decode(), values["summary"].decode())


def _row(
    place: _Place,
    figures: Row,
    level: Level,
    faces: _Faces,
    customers: Mapping[str, Customer],
) -> ThreadRow:
    subject, summary = faces.said.get(place.mailbox_message_id, ("", ""))
    people = _people(place, figures, faces)
    known = [customers.get(mime.canonical(person.address)) for person in people]
    return ThreadRow(
        id=place.thread_id,
        mailbox_id=place.mailbox_id,
        folder_id=place.folder_id,
        message_id=place.mailbox_message_id,
        level=level.value,
        subject=subject if level.shows(Level.SUBJECT) else "",
        summary=summary if level.shows(Level.FULL) else "",
        people=[
            PersonView(
                name=person.name,
                address=person.address,
                contact_id=customer.contact_id if customer else None,
            )
            for person, customer in zip(people, known, strict=True)
        ],
        company=next((c.company for c in known if c is not None and c.company is not None), None),
        messages=figures["messages"],
        last_at=place.received_at,
        unread=figures["unread"],
        flagged=figures["flagged"],
        draft=figures["draft"],
        attachments=figures["attachments"] if level.shows(Level.FULL) else 0,
        owes=OWES.get(figures["last_direction"]),
    )


def _people(place: _Place, figures: Row, faces: _Faces) -> list[mime.Address]:
    """Who wrote, the earliest first; to whom, when we alone did."""
    recipients = faces.recipients.get(place.mailbox_message_id, [])
    if recipients:
        return recipients[:_MOST_RECIPIENTS]
    writers = (faces.senders.get(i) for i in reversed(figures["newest_ids"]))
    return _unique(writer for writer in writers if writer is not None)


def _unique(people: Iterable[mime.Address]) -> list[mime.Address]:
    found: dict[str, mime.Address] = {}
    for person in people:
        found.setdefault(mime.canonical(person.address), person)
    return list(found.values())
