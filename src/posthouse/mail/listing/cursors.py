"""Where the next page of a folder begins: a moment and a uid, opaque to the outside."""

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from posthouse.foundation.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = struct.Struct(">qQ")
_MOST = 200


class FolderPlace(NamedTuple):
    """The last row of a page, in the order (at, uid) descending."""

    at: datetime
    uid: int


START = FolderPlace(datetime(9999, 12, 31, tzinfo=UTC), 2**62)


def write_cursor(place: FolderPlace) -> str:
    """`place` for the outside."""
    packed = _PLACE.pack((place.at - _EPOCH) // _MICROSECOND, place.uid)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(text: str | None) -> FolderPlace:
    """The place a cursor names; the start for None. Raises Invalid."""
    if not text:
        return START
    try:
        microseconds, uid = _PLACE.unpack(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        at = _EPOCH + microseconds * _MICROSECOND
    except (ValueError, OverflowError, binascii.Error, struct.error):
        raise Invalid("This cursor was not given by this list.", field="cursor") from None
    return FolderPlace(at, min(uid, START.uid))


def page_size(limit: int) -> int:
    """`limit` within 1 … 200."""
    return max(1, min(limit, _MOST))
