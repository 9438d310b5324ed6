"""A prepared message on its way from a worker process: plain values, without its clear content.

To pickle the objects themselves and to make them again costs several times as much.
"""

from dataclasses import fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from posthouse.foundation.ids import id_of
from posthouse.mail.mailboxes.model import ROLES
from posthouse.mail.mailboxes.prepare import EARLIEST, NOTHING, EncryptedVariant, Prepared
from posthouse.security.vault import Sealed
from posthouse.security.vault.blobs import EncryptedBlob

Parcel = tuple[Any, ...]

_MICROSECOND = timedelta(microseconds=1)
_STAYING = {"variant", "scan", "date", "people", "encrypted"}
_PLAIN = tuple(each.name for each in fields(Prepared) if each.name not in _STAYING)
_COLUMNS = tuple(
    each.name for each in fields(EncryptedVariant) if each.name not in {"id", "key", "blob"}
)
_plain, _columns = attrgetter(*_PLAIN), attrgetter(*_COLUMNS)


def microseconds(date: datetime) -> int:
    """Since 1970."""
    return (date - EARLIEST) // _MICROSECOND


def moment(since: int) -> datetime:
    """So many microseconds since 1970."""
    return EARLIEST + timedelta(microseconds=since)


def pack(prepared: Prepared) -> Parcel:
    """Of a message that was prepared whole."""
    encrypted = prepared.encrypted
    assert encrypted is not None
    date, blob = prepared.date, encrypted.blob
    return (
        _plain(prepared),
        None if date is None else microseconds(date),
        [(int(role), place, address) for role, place, address in prepared.people],
        encrypted.id.bytes,
        (encrypted.key.generation, encrypted.key.wrapped),
        blob and (blob.id.bytes, blob.size, blob.key.generation, blob.key.wrapped, blob.content),
        _columns(encrypted),
    )


def unpack(parcel: Parcel) -> Prepared:
    """What was packed."""
    plain, date, people, variant_id, key, blob, columns = parcel
    prepared = Prepared(
        variant=b"",
        scan=NOTHING,
        date=None if date is None else moment(date),
        people=[(ROLES[role], place, address) for role, place, address in people],
        **dict(zip(_PLAIN, plain, strict=True)),
    )
    made = id_of(variant_id)
    prepared.encrypted = EncryptedVariant(
        id=made,
        key=Sealed(made, *key),
        blob=blob and _blob(prepared.blob_digest, *blob),
        **dict(zip(_COLUMNS, columns, strict=True)),
    )
    return prepared


def _blob(
    digest: bytes, octets: bytes, size: int, generation: int, wrapped: bytes, content: bytes
) -> EncryptedBlob:
    blob_id: UUID = id_of(octets)
    key = Sealed(blob_id, generation, wrapped)
    return EncryptedBlob(id=blob_id, digest=digest, size=size, key=key, content=content)
