"""Where the next page begins: a moment and an id, opaque to the outside."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from posthouse.foundation.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# In the order of lists, what has no moment yet comes last.
NEVER = _EPOCH
MOST = 200


class Place(NamedTuple):
    """The last row of a page, in the order (at, id) descending."""

    at: datetime
    id: UUID


# Before the first row of any list.
START = Place(datetime(9999, 12, 31, tzinfo=UTC), UUID(int=(1 << 128) - 1))


def write_cursor(place: Place) -> str:
    """`place` for the outside."""
    microseconds = (place.at - _EPOCH) // _MICROSECOND
    raw = microseconds.to_bytes(8, "big", signed=True) + place.id.bytes
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(text: str | None) -> Place:
    """The place a cursor names; the start for None. Raises Invalid."""
    if not text:
        return START
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if len(raw) != 24:
            raise ValueError
        at = _EPOCH + int.from_bytes(raw[:8], "big", signed=True) * _MICROSECOND
    except (ValueError, OverflowError, binascii.Error):
        raise Invalid("This cursor was not given by this list.", field="cursor") from None
    return Place(at, UUID(bytes=raw[8:]))


def page_size(limit: int) -> int:
    """`limit` within 1 … 200."""
    return max(1, min(limit, MOST))
