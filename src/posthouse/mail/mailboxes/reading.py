"""Reading folders and messages: columns for sessions, batches for FETCH, descriptions for rooms."""

import asyncio
import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import NotFound
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.expunges import expunged_since, remaining_uids
from posthouse.mail.mailboxes.folders import folder_of, keyword_names, read_mailbox
from posthouse.mail.mailboxes.macros import RECENT_MACROS, SEEN_MACROS
from posthouse.mail.mailboxes.model import (
    ROLES,
    Changes,
    Described,
    Fetched,
    FlagRow,
    Flags,
    OpenFolder,
    Person,
    Role,
)
from posthouse.mail.mailboxes.prepare import blind_copies, put_private_fields_back
from posthouse.mail.mailboxes.zones import in_zone
from posthouse.protocols.mime import to_crlf, with_blind_copies
from posthouse.security.vault import BlobFiles, DataKey, Keyring, keyring
from posthouse.security.vault.blobs import decrypt_content

SQL = load_queries(
    "posthouse.mail.mailboxes", "reading.sql", macros={**SEEN_MACROS, **RECENT_MACROS}
)

# What a fetch may want, from cheap to dear.
(
    WANT_FLAGS,
    WANT_SIZE,
    WANT_IDENTITY,
    WANT_PREVIEW,
    WANT_STRUCTURE,
    WANT_HEADER,
    WANT_FULL,
) = ("flags", "size", "identity", "preview", "structure", "header", "full")
_STATEMENTS = {
    WANT_FLAGS: "fetch_flags",
    WANT_SIZE: "fetch_sizes",
    WANT_IDENTITY: "fetch_structures",
    WANT_PREVIEW: "fetch_structures",
    WANT_STRUCTURE: "fetch_structures",
    WANT_HEADER: "fetch_headers",
    WANT_FULL: "fetch_full",
}
_ORDER = list(dict.fromkeys(_STATEMENTS.values()))
# Statements read these only when they are asked for.
_OPTIONAL = (WANT_IDENTITY, WANT_PREVIEW, WANT_STRUCTURE)
_MOMENT = struct.Struct(">qI")
# Rows of a folder in memory at once: about 10 ms of decoding.
_SLICE = 5_000

Stored = Mapping[str, Any] | Row
"""A row that has what the bytes of a message are made of, still encrypted."""


async def seen_belongs_to(tx: Tx, mailbox_id: UUID, member_id: UUID | None) -> UUID | None:
    """The member whose own \\Seen counts: None in a personal mailbox, where the message's does."""
    mailbox = await read_mailbox(tx, mailbox_id)
    return member_id if mailbox.kind == "shared" else None


async def open_folder(
    tx: Tx, folder_id: UUID, member_id: UUID | None, *, claims_recent: bool | None = None
) -> OpenFolder:
    """A folder as a session sees it; 20,000 messages take about 40 ms. Raises NotFound.

    `member_id` is what `seen_belongs_to` said. What is filed while it is read comes with the next
    `changes_since`. `claims_recent`: what is recent is so to this session alone, or, when False, is
    only looked at.
    """
    row = await tx.row(
        SQL["enter_folder"], workspace_id=tx.workspace, folder_id=folder_id, claims=claims_recent
    )
    if row is None:
        raise NotFound("There is no such folder.")
    folder = folder_of(row, await keyring(tx))
    opened = OpenFolder(
        folder, array("I"), array("B"), array("Q"), {}, None, recent_after=row["recent_after"]
    )
    names: dict[int, str] = {}
    after = 0
    while True:
        rows = await tx.rows(
            SQL["open_folder"],
            workspace_id=tx.workspace,
            folder_id=folder_id,
            member_id=member_id,
            after=after,
            uid_next=folder.uid_next,
            limit=_SLICE,
        )
        if not names and any(row["keywords"] for row in rows):
            names = await keyword_names(tx, folder.mailbox_id)
        _take_in(opened, rows, names)
        if len(rows) < _SLICE:
            break
        after = rows[-1]["uid"]
    seen = int(Flags.SEEN)
    unseen = (uid for uid, flags in zip(opened.uids, opened.flags, strict=True) if not flags & seen)
    return replace(opened, first_unseen=next(unseen, None))


def _take_in(opened: OpenFolder, rows: Sequence[Row], names: dict[int, str]) -> None:
    opened.uids.extend(row[0] for row in rows)
    opened.flags.extend(row[2] for row in rows)
    opened.modseqs.extend(row[3] for row in rows)
    opened.keywords.update({row[0]: _names(names, row[4]) for row in rows if row[4]})


async def changes_since(
    tx: Tx,
    folder_id: UUID,
    modseq: int,
    member_id: UUID | None,
    *,
    claims_recent: bool | None = None,
) -> Changes:
    """What happened in a folder after `modseq`; nothing when it is the highest. Raises NotFound.

    `claims_recent` as for `open_folder`.
    """
    left = await expunged_since(tx, folder_id, modseq)
    if left.highest_modseq <= modseq:
        return Changes([], [], left.highest_modseq, left.uid_next)
    rows = await tx.rows(
        SQL["changed_since"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        member_id=member_id,
        modseq=modseq,
        claims=claims_recent,
    )
    changed = await flag_rows(tx, left.mailbox_id, rows)
    known = left.uids is not None
    remaining = None if known else frozenset(await remaining_uids(tx, folder_id))
    return Changes(changed, left.uids or [], left.highest_modseq, left.uid_next, remaining)


async def flag_rows(tx: Tx, mailbox_id: UUID, rows: Sequence[Row]) -> list[FlagRow]:
    """Rows of (uid, modseq, flags, own_modseq, keywords, perhaps recent) with keyword names."""
    names: dict[int, str] = {}
    if any(row["keywords"] for row in rows):
        names = await keyword_names(tx, mailbox_id)
    return [
        FlagRow(
            row["uid"],
            row["flags"],
            _names(names, row["keywords"]),
            row["own_modseq"],
            row.get("recent", False),
        )
        for row in rows
    ]


async def fetch(
    tx: Tx, folder_id: UUID, uids: Sequence[int], wanted: Iterable[str]
) -> list[Fetched]:
    """Messages of a folder in uid order, with what is `wanted`, flags and sizes.

    A few hundred uids at a time: everything is in memory at once. Flags are those of the message,
    not a member's own.
    """
    wants = frozenset(wanted)
    name = max((_STATEMENTS[want] for want in wants), key=_ORDER.index)
    statement = SQL[name]
    extra = {want: want in wants for want in _OPTIONAL if want in statement.parameters}
    rows = await tx.rows(
        statement, workspace_id=tx.workspace, folder_id=folder_id, uids=list(uids), **extra
    )
    keys = await keyring(tx)
    if name == "fetch_full":
        bodies = await _bodies(tx, keys, rows)
        return [_with_content(keys, row, bodies[row["blob_id"]], wants) for row in rows]
    if name == "fetch_headers":
        return [_with_content(keys, row, None, wants) for row in rows]
    return [_with_structure(keys, row, wants) for row in rows]


async def read_raw(tx: Tx, mailbox_message_id: UUID) -> bytes:
    """The very bytes that came. Raises NotFound. Access is the caller's question."""
    found = await read_raws(tx, [mailbox_message_id])
    if not found:
        raise NotFound("There is no such message.")
    return found[mailbox_message_id]


async def read_raws(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Mailbox message → the very bytes that came. A few hundred at a time."""
    keys = await keyring(tx)
    rows = await read_stored(tx, mailbox_message_ids)
    bodies = await _bodies(tx, keys, rows)
    return {row["mailbox_message_id"]: _raw(keys, row, bodies[row["blob_id"]]) for row in rows}


async def read_stored(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> list[Row]:
    """What `raw_of` takes; as a dict it can be handed to another process."""
    ids = list(mailbox_message_ids)
    return await tx.rows(SQL["read_stored"], workspace_id=tx.workspace, mailbox_message_ids=ids)


def raw_of(keys: Keyring, stored: Stored, files: BlobFiles) -> bytes:
    """The very bytes that came. May read a file: not for an event loop."""
    return _raw(keys, stored, _body(keys, stored, files))


def header_of(keys: Keyring, stored: Stored) -> bytes:
    """The header alone, as it came."""
    prefix, header = _prefix_and_header(keys, stored)
    return prefix + header


async def describe_messages(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> list[Described]:
    """What these mailbox messages are, in the order given; missing ones are left out.

    `people` hold Bcc as well: show those only to who may read this very mailbox message.
    """
    return [one for one, _ in await describe_with_keys(tx, mailbox_message_ids)]


async def describe_with_keys(
    tx: Tx, mailbox_message_ids: Sequence[UUID]
) -> list[tuple[Described, DataKey]]:
    """`describe_messages`, each with the key of its variant, for what is kept about it."""
    ids = list(mailbox_message_ids)
    keys = await keyring(tx)
    rows = await tx.rows(SQL["describe_copies"], workspace_id=tx.workspace, mailbox_message_ids=ids)
    people = await people_of(tx, ids)
    found = {
        row["mailbox_message_id"]: _described(keys, row, people.get(row["mailbox_message_id"], []))
        for row in rows
    }
    return [found[i] for i in ids if i in found]


async def people_of(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> dict[UUID, list[Person]]:
    """Mailbox message → everyone named in it, by role and position."""
    keys = await keyring(tx)
    people: dict[UUID, list[Person]] = {}
    known: dict[UUID, str] = {}
    for row in await tx.rows(
        SQL["people_of_copies"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    ):
        address_id = row["address_id"]
        if address_id not in known:
            value = keys.decrypt("addresses", "address", address_id, row["address"])
            known[address_id] = value.decode()
        people.setdefault(row["mailbox_message_id"], []).append(
            Person(role=ROLES[row["role"]], address_id=address_id, address=known[address_id])
        )
    return people


def decrypt_columns(keys: Keyring, row: Stored, columns: Iterable[str]) -> dict[str, bytes]:
    """The variant's encrypted columns of a row that has variant_id, wrapped and generation."""
    return _opened(_key_of(keys, row), row, columns)


def _key_of(keys: Keyring, row: Stored) -> DataKey:
    return keys.open_data_key(row["variant_id"], row["wrapped"], row["generation"])


def _opened(key: DataKey, row: Stored, columns: Iterable[str]) -> dict[str, bytes]:
    return {
        column: key.decrypt("variants", column, row["variant_id"], row[column])
        for column in columns
    }


def _described(keys: Keyring, row: Row, people: list[Person]) -> tuple[Described, DataKey]:
    key = _key_of(keys, row)
    values = _opened(key, row, ("subject", "summary", "sender", "attachment_names"))
    written: list[tuple[str, str]] = msgspec.json.decode(values["sender"])
    name = written[0][0] if written else ""
    described = Described(
        mailbox_message_id=row["mailbox_message_id"],
        mailbox_id=row["mailbox_id"],
        message_id=row["message_id"],
        variant_id=row["variant_id"],
        thread_id=row["thread_id"],
        direction=row["direction"],
        door=row["door"],
        received_at=row["received_at"],
        date=row["date"],
        submitted_by=row["submitted_by"],
        subject=values["subject"].decode(),
        summary=values["summary"].decode(),
        attachment_names=tuple(msgspec.json.decode(values["attachment_names"])),
        people=tuple(_named(person, name) for person in people),
        automatic=row["is_automatic"],
    )
    return described, key


def _named(person: Person, sender_name: str) -> Person:
    if person.role is not Role.FROM or not sender_name:
        return person
    return Person(
        role=person.role,
        address_id=person.address_id,
        address=person.address,
        name=sender_name,
    )


async def _bodies(tx: Tx, keys: Keyring, rows: Sequence[Row]) -> dict[UUID, bytes]:
    """Blob → content; files are read off the event loop."""
    files = tx.database.service(BlobFiles)
    bodies: dict[UUID, bytes] = {}
    for row in rows:
        blob_id = row["blob_id"]
        if blob_id in bodies:
            continue
        if row["content"] is None:
            bodies[blob_id] = await asyncio.to_thread(_body, keys, row, files)
        else:
            bodies[blob_id] = _body(keys, row, files)
    return bodies


def _body(keys: Keyring, row: Stored, files: BlobFiles) -> bytes:
    blob_id, content = row["blob_id"], row["content"]
    key = keys.open_data_key(blob_id, row["blob_wrapped"], row["blob_generation"])
    if content is None:
        content = files.read(blob_id)
    return decrypt_content(key, blob_id, content)


def _prefix_and_header(keys: Keyring, row: Stored) -> tuple[bytes, bytes]:
    copy_id = row["mailbox_message_id"]
    prefix = keys.decrypt("mailbox_messages", "prefix", copy_id, row["prefix"])
    header = decrypt_columns(keys, row, ("header",))["header"]
    if row["private_fields"] is not None:
        header = put_private_fields_back(header, _private_fields(keys, row))
    return prefix, header


def _raw(keys: Keyring, row: Stored, body: bytes) -> bytes:
    prefix, header = _prefix_and_header(keys, row)
    return prefix + header + body


def _with_structure(keys: Keyring, row: Row, wants: frozenset[str]) -> Fetched:
    fetched = Fetched(
        uid=row["uid"],
        flags=row["flags"],
        modseq=row["modseq"],
        internal_date=in_zone(row["received_at"], row["zone"]),
        mailbox_message_id=row["mailbox_message_id"],
        thread_id=row["thread_id"],
    )
    values: dict[str, Any] = dict(row)
    fetched.size = values.get("crlf_size", 0)
    if WANT_STRUCTURE in wants:
        opened = decrypt_columns(keys, row, ("envelope", "body_structure"))
        fetched.envelope, fetched.body_structure = opened["envelope"], opened["body_structure"]
        if row["private_fields"] is not None:
            copies = blind_copies(_private_fields(keys, row))
            fetched.envelope = with_blind_copies(fetched.envelope, copies)
    if WANT_PREVIEW in wants:
        fetched.preview = decrypt_columns(keys, row, ("summary",))["summary"].decode()
    if WANT_IDENTITY in wants:
        fetched.identity = _identity(keys, row)
    return fetched


def _identity(keys: Keyring, row: Row) -> bytes:
    """A keyed hash of all that is never changed: which variant, under which trace, when it came."""
    copy_id = row["mailbox_message_id"]
    prefix = keys.decrypt("mailbox_messages", "prefix", copy_id, row["prefix"])
    private = b"" if row["private_fields"] is None else _private_fields(keys, row)
    came = _MOMENT.pack(int(row["received_at"].timestamp()), len(prefix))
    return keys.hash("identity", row["variant_id"].bytes + came + prefix + private)


def _private_fields(keys: Keyring, row: Stored) -> bytes:
    copy_id, private = row["mailbox_message_id"], row["private_fields"]
    return keys.decrypt("mailbox_messages", "private_fields", copy_id, private)


def _with_content(keys: Keyring, row: Row, body: bytes | None, wants: frozenset[str]) -> Fetched:
    fetched = _with_structure(keys, row, wants)
    prefix, header = _prefix_and_header(keys, row)
    # Nearly all mail came with CRLF: the sizes tell without counting bytes again.
    served = row["size"] == row["crlf_size"]
    fetched.header = prefix + header if served else to_crlf(prefix + header)
    if body is not None:
        fetched.full = fetched.header + (body if served else to_crlf(body))
    return fetched


def _names(names: dict[int, str], numbers: Sequence[int] | None) -> tuple[str, ...]:
    return tuple(names[number] for number in numbers if number in names) if numbers else ()
