"""Filing messages into folders: one lookup and one write for a whole batch.

Content, bodies and addresses that the workspace holds already are shared. Another writer may make
the same row first; then the batch is looked up and written again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Busy
from posthouse.foundation.events import announce
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.events import MessagesFiled, ThreadsMerged
from posthouse.mail.mailboxes.folders import keyword_numbers
from posthouse.mail.mailboxes.model import Filed, Filing, Role
from posthouse.mail.mailboxes.prepare import (
    EncryptedVariant,
    Prepared,
    address_row,
    encrypt_variant,
    prepare_beside,
)
from posthouse.mail.threads.actions import mark_merged, place_messages
from posthouse.mail.threads.model import ALGORITHM_VERSION, Newcomer, Placement
from posthouse.security.access import follow_threads
from posthouse.security.vault import Keyring, Sealed, keyring
from posthouse.security.vault.blobs import EncryptedBlob, write_files

SQL = load_queries("posthouse.mail.mailboxes", "filing.sql")
_TRIES = 5
# Two batches with the same new rows in different order wait for each other: one has to go back.
_OUTRUN = (
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.DeadlockDetectedError,
)


class Outrun(Busy):
    """Another writer made the same rows first; trying again finds them."""


async def file_messages(tx: Tx, batch: Sequence[Filing], *, alone: bool = False) -> list[Filed]:
    """File `batch`, all or nothing, in order; one result each.

    `alone` says that nothing else happens in this transaction and the caller repeats it on
    `Outrun`: that saves a savepoint. Announces MessagesFiled per door and signals the folders.
    Raises Busy when other writers keep winning, OSError or asyncpg.DiskFullError when there is
    no room.
    """
    if not batch:
        return []
    keys = await keyring(tx)
    prepared = [filing.prepared or await prepare_beside(filing.raw, keys) for filing in batch]
    last: Exception | None = None
    for _ in range(_TRIES):
        try:
            if alone:
                return await _file(tx, keys, batch, prepared)
            async with tx.savepoint():  # the retry starts clean
                return await _file(tx, keys, batch, prepared)
        except _OUTRUN as error:
            if alone:
                raise Outrun("Another writer stored the same mail first.") from error
            last = error
    raise Outrun("Too many writers want to store the same mail.", retry_after=1) from last


@dataclass(slots=True)
class _Known:
    """What the workspace holds of a batch."""

    variants: dict[bytes, tuple[UUID, UUID, UUID]] = field(default_factory=dict)
    messages: dict[bytes, tuple[UUID, UUID]] = field(default_factory=dict)
    blobs: dict[bytes, UUID] = field(default_factory=dict)
    addresses: set[UUID] = field(default_factory=set)
    sources: set[tuple[UUID, bytes]] = field(default_factory=set)


async def _file(
    tx: Tx, keys: Keyring, batch: Sequence[Filing], prepared: Sequence[Prepared]
) -> list[Filed]:
    known = await _look_up(tx, keys, batch, prepared)
    todo = _without_repeats(batch, prepared, known)
    if not todo:
        return [_repeated(filing) for filing in batch]
    placement = await _place(tx, todo, known)
    if placement.merges:
        folders = sorted({filing.folder_id for filing in batch})
        await _merge_threads(tx, placement.merges, known, folders)
    rows = _Rows(tx.workspace, keys, known, placement)
    for index in todo:
        numbers = await keyword_numbers(tx, batch[index].mailbox_id, batch[index].keywords)
        rows.add(index, batch[index], prepared[index], sorted(numbers.values()))
    await write_files(tx, rows.files)
    uids = {
        row["mailbox_message_id"]: row["uid"]
        for row in await tx.rows(SQL["file_batch"], **rows.parameters)
    }
    _announce(tx, batch, rows)
    return [
        rows.filed(index, filing, uids) if index in rows.copies else _repeated(filing)
        for index, filing in enumerate(batch)
    ]


async def _look_up(
    tx: Tx, keys: Keyring, batch: Sequence[Filing], prepared: Sequence[Prepared]
) -> _Known:
    addresses = {address_row(keys, person[2]).id for p in prepared for person in p.people}
    rows = await tx.rows(
        SQL["find_known"],
        workspace_id=tx.workspace,
        digests=[p.digest for p in prepared],
        identities=[p.identity for p in prepared],
        blob_digests=[p.blob_digest for p in prepared],
        address_ids=sorted(addresses),
        source_keys=[filing.source_key for filing in batch if filing.source_key is not None],
    )
    known = _Known()
    for row in rows:
        _remember(known, row)
    return known


def _remember(known: _Known, row: Row) -> None:
    kind, key = row["kind"], row["key"]
    if kind == "variant":
        known.variants[key] = (row["id"], row["message_id"], row["thread_id"])
    elif kind == "message":
        known.messages[key] = (row["id"], row["thread_id"])
    elif kind == "blob":
        known.blobs[key] = row["id"]
    elif kind == "address":
        known.addresses.add(row["id"])
    else:
        known.sources.add((row["id"], key))


def _without_repeats(
    batch: Sequence[Filing], prepared: Sequence[Prepared], known: _Known
) -> dict[int, Prepared]:
    todo: dict[int, Prepared] = {}
    seen = set(known.sources)
    for index, filing in enumerate(batch):
        if filing.source_key is not None:
            source = (filing.mailbox_id, filing.source_key)
            if source in seen:
                continue
            seen.add(source)
        todo[index] = prepared[index]
    return todo


async def _place(tx: Tx, todo: dict[int, Prepared], known: _Known) -> Placement:
    """Threads for the messages of the batch that are new to the workspace."""
    newcomers: dict[bytes, Newcomer] = {}
    for one in todo.values():
        if one.digest in known.variants or one.identity in known.messages:
            continue
        if one.identity not in newcomers:
            newcomers[one.identity] = Newcomer(
                message_id=new_id(),
                message_id_key=one.message_id_key,
                reference_keys=one.reference_keys,
                subject_key=one.subject_key,
                is_reply=one.is_reply,
            )
    placement = await place_messages(tx, list(newcomers.values()))
    known.messages.update(
        {
            identity: (newcomer.message_id, placement.threads[newcomer.message_id])
            for identity, newcomer in newcomers.items()
        }
    )
    return placement


async def _merge_threads(
    tx: Tx, merges: dict[UUID, UUID], known: _Known, folder_ids: Sequence[UUID]
) -> None:
    await tx.execute(
        SQL["lock_moving"],
        workspace_id=tx.workspace,
        folder_ids=list(folder_ids),
        from_ids=list(merges),
    )
    await mark_merged(tx, merges)
    await tx.execute(
        SQL["move_threads"],
        workspace_id=tx.workspace,
        from_ids=list(merges),
        into_ids=list(merges.values()),
    )
    for into in set(merges.values()):
        await follow_threads(tx, [t for t, target in merges.items() if target == into], into)
    for digest, (variant, message, thread) in known.variants.items():
        known.variants[digest] = (variant, message, merges.get(thread, thread))
    for identity, (message, thread) in known.messages.items():
        known.messages[identity] = (message, merges.get(thread, thread))
    announce(tx, ThreadsMerged(from_ids=list(merges), into_ids=list(merges.values())))


class _Rows:
    """The columns of a batch, filled message by message, for one write statement."""

    def __init__(
        self, workspace_id: UUID, keys: Keyring, known: _Known, placement: Placement
    ) -> None:
        self.parameters: dict[str, Any] = {name: [] for name in SQL["file_batch"].parameters}
        self.parameters["workspace_id"] = workspace_id
        self.parameters["algorithm_version"] = ALGORITHM_VERSION
        self.parameters["new_threads"] = placement.fresh
        self.files: dict[UUID, bytes] = {}
        self.copies: dict[int, tuple[UUID, UUID, UUID, UUID]] = {}
        self._keys = keys
        self._known = known
        self._newcomers = placement.threads
        self._written: set[UUID] = set()

    def add(self, index: int, filing: Filing, one: Prepared, keywords: list[int]) -> None:
        """One filing: its message and variant if they are new, its copy and its place."""
        known = self._known.variants.get(one.digest)
        if known is None:
            known = self._add_variant(filing, one)
        variant_id, message_id, thread_id = known
        copy_id = new_id()
        self.copies[index] = (copy_id, variant_id, message_id, thread_id)
        self._add_copy(copy_id, variant_id, message_id, filing, one)
        self._add_place(copy_id, thread_id, filing, keywords)

    def filed(self, index: int, filing: Filing, uids: dict[UUID, int]) -> Filed:
        """What the caller is told."""
        copy_id, _, message_id, thread_id = self.copies[index]
        return Filed(
            mailbox_id=filing.mailbox_id,
            folder_id=filing.folder_id,
            uid=uids[copy_id],
            mailbox_message_id=copy_id,
            message_id=message_id,
            thread_id=thread_id,
        )

    def _put(self, **values: Any) -> None:
        for name, value in values.items():
            self.parameters[name].append(value)

    def _add_variant(self, filing: Filing, one: Prepared) -> tuple[UUID, UUID, UUID]:
        message_id, thread_id = self._known.messages[one.identity]
        if message_id in self._newcomers and message_id not in self._written:
            self._add_message(message_id, thread_id, one.date or filing.received_at, one)
        encrypted = one.encrypted
        if encrypted is None:
            has_body = one.blob_digest in self._known.blobs
            encrypted = one.encrypted = encrypt_variant(one, self._keys, with_body=not has_body)
        blob_id = self._add_blob(one, encrypted)
        self._add_key(encrypted.key)
        self._put(
            variant_ids=encrypted.id,
            variant_messages=message_id,
            new_digests=one.digest,
            variant_blobs=blob_id,
            headers=encrypted.header,
            envelopes=encrypted.envelope,
            body_structures=encrypted.body_structure,
            part_trees=encrypted.part_tree,
            subjects=encrypted.subject,
            summaries=encrypted.summary,
            senders=encrypted.sender,
            attachment_names=encrypted.attachment_names,
            attachment_counts=encrypted.attachment_count,
            are_automatic=encrypted.is_automatic,
            header_sizes=encrypted.header_size,
            variant_sizes=encrypted.size,
            variant_crlf_sizes=encrypted.crlf_size,
        )
        for role, position, address in one.people:
            if role is not Role.BCC:
                self._put(
                    people_variants=encrypted.id,
                    people_roles=int(role),
                    people_positions=position,
                    people_addresses=self._address(address),
                )
        known = (encrypted.id, message_id, thread_id)
        self._known.variants[one.digest] = known
        return known

    def _add_message(
        self, message_id: UUID, thread_id: UUID, date: datetime, one: Prepared
    ) -> None:
        self._written.add(message_id)
        self._put(
            message_ids=message_id,
            new_identities=one.identity,
            message_id_keys=one.message_id_key,
            subject_keys=one.subject_key,
            are_replies=one.is_reply,
            message_threads=thread_id,
            dates=date,
        )
        for key in one.reference_keys:
            self._put(reference_keys=key, reference_messages=message_id)

    def _add_blob(self, one: Prepared, encrypted: EncryptedVariant) -> UUID:
        known = self._known.blobs.get(one.blob_digest)
        if known is not None:
            return known
        blob = encrypted.blob
        if blob is None:  # the body was here when the batch was looked up first, and is erased
            body = one.variant[encrypted.header_size :]
            blob = encrypted.blob = EncryptedBlob(self._keys, body)
        if blob.in_file:
            self.files[blob.id] = blob.content
        self._add_key(blob.key)
        self._put(
            blob_ids=blob.id,
            new_blob_digests=blob.digest,
            blob_sizes=blob.size,
            blob_contents=None if blob.in_file else blob.content,
        )
        self._known.blobs[one.blob_digest] = blob.id
        return blob.id

    def _add_key(self, key: Sealed) -> None:
        self._put(key_ids=key.record_id, key_generations=key.generation, key_values=key.wrapped)

    def _address(self, address: str) -> UUID:
        row = address_row(self._keys, address)
        if row.id not in self._known.addresses:
            self._known.addresses.add(row.id)
            value = address.encode("utf-8", "replace")
            domain = row.domain.encode("utf-8", "replace")
            self._put(
                new_address_ids=row.id,
                address_values=self._keys.encrypt("addresses", "address", row.id, value),
                address_domains=self._keys.hash("domain", domain),
            )
        return row.id

    def _add_copy(
        self, copy_id: UUID, variant_id: UUID, message_id: UUID, filing: Filing, one: Prepared
    ) -> None:
        def encrypt(column: str, value: bytes) -> bytes:
            return self._keys.encrypt("mailbox_messages", column, copy_id, value)

        verdict = None if filing.verdict is None else msgspec.json.encode(filing.verdict)
        self._put(
            mailbox_ids=filing.mailbox_id,
            copy_variants=variant_id,
            copy_messages=message_id,
            directions=filing.direction,
            doors=filing.door,
            prefixes=encrypt("prefix", one.prefix),
            private_fields=encrypt("private_fields", one.private) if one.private else None,
            verdicts=None if verdict is None else encrypt("verdict", verdict),
            sizes=one.size,
            crlf_sizes=one.crlf_size,
            new_source_keys=filing.source_key,
            submitted_bys=filing.submitted_by,
        )
        for role, position, address in one.people:
            if role is Role.BCC:
                self._put(
                    bcc_copies=copy_id,
                    bcc_positions=position,
                    bcc_addresses=self._address(address),
                )

    def _add_place(
        self, copy_id: UUID, thread_id: UUID, filing: Filing, keywords: list[int]
    ) -> None:
        # An array of arrays must be rectangular, so keywords travel as array literals.
        literal = "{" + ",".join(map(str, keywords)) + "}" if keywords else None
        self._put(
            folder_ids=filing.folder_id,
            mailbox_message_ids=copy_id,
            thread_ids=thread_id,
            received_ats=filing.received_at,
            flags=int(filing.flags),
            keywords=literal,
        )


def _announce(tx: Tx, batch: Sequence[Filing], rows: _Rows) -> None:
    by_door: dict[str, list[int]] = {}
    for index in rows.copies:
        by_door.setdefault(batch[index].door, []).append(index)
        tx.signal(f"folder:{batch[index].folder_id}")
    for door, indices in by_door.items():
        announce(
            tx,
            MessagesFiled(
                mailbox_message_ids=[rows.copies[index][0] for index in indices],
                variant_ids=list(dict.fromkeys(rows.copies[index][1] for index in indices)),
                door=door,
            ),
        )


def _repeated(filing: Filing) -> Filed:
    return Filed(mailbox_id=filing.mailbox_id, folder_id=filing.folder_id, repeated=True)
