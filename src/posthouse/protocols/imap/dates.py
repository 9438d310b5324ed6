"""Dates as IMAP writes them: INTERNALDATE, APPEND's date-time, SEARCH's days."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from posthouse.protocols.imap.errors import BadCommand

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBER = {name.upper().encode(): number for number, name in enumerate(_MONTHS, 1)}
_DATE = re.compile(rb"\s?(\d{1,2})-([A-Za-z]{3})-(\d{4})\Z")
_DATE_TIME = re.compile(
    rb"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\Z"
)
_DAY = 86_400
_MINUTE = timedelta(minutes=1)


def parse_date(text: bytes) -> date:
    """`date` of RFC 3501: 1-Feb-1994."""
    match = _DATE.match(text)
    try:
        if match is not None:
            return date(int(match[3]), _MONTH_NUMBER[match[2].upper()], int(match[1]))
    except (ValueError, KeyError):
        pass
    raise BadCommand("Invalid date")


def parse_date_time(text: bytes) -> datetime:
    """`date-time` of RFC 3501: " 1-Feb-1994 09:00:00 +0100", in that zone."""
    match = _DATE_TIME.match(text)
    try:
        if match is not None:
            offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
            local = datetime(
                int(match[3]),
                _MONTH_NUMBER[match[2].upper()],
                int(match[1]),
                int(match[4]),
                int(match[5]),
                min(int(match[6]), 59),  # a leap second is legal in the grammar
                tzinfo=timezone(offset if match[7] == b"+" else -offset),
            )
            local.astimezone(UTC)  # must exist there, too
            return local
    except (ValueError, KeyError, OverflowError):
        pass
    raise BadCommand("Invalid date-time")


def internal_date(moment: datetime) -> bytes:
    """A date-time in the zone of `moment`, with quotes.

    The day is cached because mail comes by days.
    """
    offset = moment.utcoffset()
    east = offset // _MINUTE if offset else 0
    days, seconds = divmod(int(moment.timestamp()) + east * 60, _DAY)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    zone = (b"-" if east < 0 else b"+", *divmod(abs(east), 60))
    return b'"%b %02d:%02d:%02d %b%02d%02d"' % (_day(days), hours, minutes, seconds, *zone)


@lru_cache(maxsize=4096)
def _day(days: int) -> bytes:
    day = date(1970, 1, 1) + timedelta(days=days)
    return f"{day.day:2d}-{_MONTHS[day.month - 1]}-{day.year:04d}".encode()
