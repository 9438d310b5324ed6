"""A batch of filings as the columns of its one write statement."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from posthouse.foundation.ids import new_id
from posthouse.mail.mailboxes.model import Filed, Filing, Role
from posthouse.mail.mailboxes.prepare import (
    AddressRow,
    EncryptedVariant,
    Prepared,
    encrypt_variant,
)
from posthouse.mail.mailboxes.zones import zone_of
from posthouse.mail.threads.model import ALGORITHM_VERSION, Placement
from posthouse.mail.threads.model import Known as Relative
from posthouse.security.vault import Keyring, Sealed
from posthouse.security.vault.blobs import encrypt_blob


@dataclass(slots=True)
class Known:
    """What the workspace holds of a batch; `people` are the rows of all addresses in it, and
    `relatives` the messages that its own may be threaded with.
    """

    variants: dict[bytes, tuple[UUID, UUID, UUID]] = field(default_factory=dict)
    messages: dict[bytes, tuple[UUID, UUID]] = field(default_factory=dict)
    blobs: dict[bytes, UUID] = field(default_factory=dict)
    addresses: set[UUID] = field(default_factory=set)
    people: dict[str, AddressRow] = field(default_factory=dict)
    sources: set[tuple[UUID, bytes]] = field(default_factory=set)
    relatives: list[Relative] = field(default_factory=list)


class Rows:
    """The columns of a batch, filled message by message, for one write statement.

    `parameters` and `files` are ready when every filing was added.
    """

    def __init__(
        self,
        workspace_id: UUID,
        keys: Keyring,
        known: Known,
        placement: Placement,
        columns: Iterable[str],
    ) -> None:
        self.parameters: dict[str, Any] = {name: [] for name in columns}
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
            blob = encrypted.blob = encrypt_blob(self._keys, body)
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
        row = self._known.people[address]
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
            are_open_ended=one.open_ended,
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
            zones=zone_of(filing.received_at),
            flags=int(filing.flags),
            keywords=literal,
        )
