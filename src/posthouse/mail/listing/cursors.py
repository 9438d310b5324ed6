"""Where the next page of a list begins: a moment and a number or id, opaque to the outside."""

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from posthouse.foundation.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = struct.Struct(">qQ")
_THREAD_PLACE = struct.Struct(">q16s")
_MOST = 200


class FolderPlace(NamedTuple):
    """The last row of a page, in the order (at, uid) descending."""

    at: datetime
    uid: int


class ThreadPlace(NamedTuple):
    """The last row of a page, in the order (at, thread) descending."""

    at: datetime
    thread_id: UUID


START = FolderPlace(datetime(9999, 12, 31, tzinfo=UTC), 2**62)
_THREAD_START = ThreadPlace(START.at, UUID(int=2**128 - 1))


def write_cursor(place: FolderPlace) -> str:
    """`place` for the outside."""
    return _written(_PLACE.pack(_since_epoch(place.at), place.uid))


def read_cursor(text: str | None) -> FolderPlace:
    """The place a cursor names; the start for None. Raises Invalid."""
    if not text:
        return START
    at, uid = _read(_PLACE, text)
    return FolderPlace(at, min(uid, START.uid))


def write_thread_cursor(place: ThreadPlace) -> str:
    """`place` for the outside."""
    return _written(_THREAD_PLACE.pack(_since_epoch(place.at), place.thread_id.bytes))


def read_thread_cursor(text: str | None) -> ThreadPlace:
    """The place a cursor names; the start for None. Raises Invalid."""
    if not text:
        return _THREAD_START
    at, thread_id = _read(_THREAD_PLACE, text)
    return ThreadPlace(at, UUID(bytes=thread_id))


def page_size(limit: int) -> int:
    """`limit` within 1 … 200."""
    return max(1, min(limit, _MOST))


def _since_epoch(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _written(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _read(place: struct.Struct, text: str) -> tuple[datetime, Any]:
    try:
        microseconds, rest = place.unpack(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return _EPOCH + microseconds * _MICROSECOND, rest
    except (ValueError, OverflowError, binascii.Error, struct.error):
        raise Invalid("This cursor was not given by this list.", field="cursor") from None
