"""What the worker processes of an import do: read, take apart, encrypt.

A module of its own that needs little: every import waits until two of them have loaded it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from posthouse.mail.mailboxes.parcel import Parcel, microseconds, moment, pack, unpack
from posthouse.mail.mailboxes.prepare import Prepared, prepare_whole, sane_date
from posthouse.mail.transfer.sources import Source
from posthouse.protocols import mime
from posthouse.security.vault import Keyring

# The first of a header, unfolded or not.
_RECEIVED = re.compile(rb"^received[ \t]*:(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)

Packed = tuple[int, bytes, Parcel] | str
"""A `Ready` as plain values, or why there is none."""


@dataclass(slots=True)
class Ready:
    """A message as a worker hands it back."""

    received_at: datetime
    source_key: bytes
    prepared: Prepared


def prepare_batch(keys: Keyring, sources: Sequence[Source]) -> list[Packed]:
    """For each source the message, or why it cannot be read; for `unpack_batch`."""
    prepared: list[Packed] = []
    for source in sources:
        try:
            prepared.append(_prepare(source, keys))
        except OSError as error:
            prepared.append(error.strerror or "unreadable")
    return prepared


def unpack_batch(prepared: Sequence[Packed]) -> list[Ready | str]:
    """What a worker has prepared."""
    return [each if isinstance(each, str) else _ready(*each) for each in prepared]


def _prepare(source: Source, keys: Keyring) -> tuple[int, bytes, Parcel]:
    raw = source.read()
    prepared = prepare_whole(raw, keys)
    place = f"{source.name}\0{source.position}\0".encode("utf-8", "surrogateescape")
    source_key = keys.hash("source", place + keys.hash("content", raw, 32))
    return microseconds(_received_at(source, prepared)), source_key, pack(prepared)


def _ready(received_at: int, source_key: bytes, parcel: Parcel) -> Ready:
    return Ready(moment(received_at), source_key, unpack(parcel))


def _received_at(source: Source, prepared: Prepared) -> datetime:
    """When the last server got it, else when it was written, else the file's own time."""
    received = _RECEIVED.search(prepared.prefix)
    if received is not None:
        said = mime.parse_date(received[1].rpartition(b";")[2])
        if said is not None and (known := sane_date(said)) is not None:
            return known
    if prepared.date is not None:
        return prepared.date
    return datetime.fromtimestamp(source.path.stat().st_mtime, UTC)
