"""What the worker processes of an import do: read, take apart, encrypt.

A module of its own that needs little: every import waits until two of them have loaded it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from posthouse.foundation.errors import Invalid
from posthouse.mail.mailboxes.parcel import Parcel, microseconds, moment, pack, unpack
from posthouse.mail.mailboxes.prepare import Prepared, prepare_whole, sane_date
from posthouse.mail.mailboxes.zones import in_zone, zone_of
from posthouse.protocols import mime
from posthouse.security.vault import Keyring

# The first of a header, unfolded or not.
_RECEIVED = re.compile(rb"^received[ \t]*:(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)

Packed = tuple[int, int | None, bytes, int, Parcel] | str
"""A `Ready` as plain values, or why there is none."""


class Unreadable(Invalid):
    """What cannot be made a mail of, and why, in plain words."""


class Readable(Protocol):
    """One message of a source. `folder` is below the folder imported into, "" for that itself."""

    @property
    def folder(self) -> str: ...

    @property
    def keywords(self) -> tuple[str, ...]: ...

    @property
    def place(self) -> str:
        """Which message this is, for a person."""

    @property
    def arrived(self) -> datetime | None:
        """When it came, where the source says so; else the message is asked."""

    def read_marked(self) -> tuple[bytes, int]:
        """The message's own bytes, and its flags. Raises OSError, Unreadable."""

    def identity(self, digest: bytes) -> bytes:
        """What makes it the same message in a second run; `digest` is of its bytes."""

    def last_resort(self) -> datetime:
        """A time for a message that has none. Raises OSError."""


@dataclass(slots=True)
class Ready:
    """A message as a worker hands it back."""

    received_at: datetime
    source_key: bytes
    flags: int
    prepared: Prepared


def prepare_batch(keys: Keyring, sources: Sequence[Readable]) -> list[Packed]:
    """For each source the message, or why it cannot be read; for `unpack_batch`."""
    prepared: list[Packed] = []
    for source in sources:
        try:
            prepared.append(_prepare(source, keys))
        except OSError as error:
            prepared.append(error.strerror or "unreadable")
        except Unreadable as error:
            prepared.append(error.reason)
    return prepared


def unpack_batch(prepared: Sequence[Packed]) -> list[Ready | str]:
    """What a worker has prepared."""
    return [each if isinstance(each, str) else _ready(*each) for each in prepared]


def _prepare(source: Readable, keys: Keyring) -> Packed:
    raw, flags = source.read_marked()
    prepared = prepare_whole(raw, keys)
    # All of it has gone into the digest but the trace and private fields: hashed once is enough.
    whole = prepared.prefix + b"\0" + prepared.private + b"\0" + prepared.digest
    key = source_key(keys, source, keys.hash("content", whole, 32))
    received_at = _received_at(source, prepared)
    return microseconds(received_at), zone_of(received_at), key, flags, pack(prepared)


def source_key(keys: Keyring, source: Readable, digest: bytes = b"") -> bytes:
    """By which a second run knows the message again."""
    return keys.hash("source", source.identity(digest))


def _ready(
    received_at: int, zone: int | None, source_key: bytes, flags: int, parcel: Parcel
) -> Ready:
    return Ready(in_zone(moment(received_at), zone), source_key, flags, unpack(parcel))


def _received_at(source: Readable, prepared: Prepared) -> datetime:
    """As the source says; when the last server got it, when it was written, the last resort."""
    if source.arrived is not None and sane_date(source.arrived) is not None:
        return source.arrived
    received = _RECEIVED.search(prepared.prefix)
    if received is not None:
        said = mime.parse_date(received[1].rpartition(b";")[2])
        if said is not None and (known := sane_date(said)) is not None:
            return known
    if prepared.date is not None:
        return prepared.date
    return source.last_resort()
