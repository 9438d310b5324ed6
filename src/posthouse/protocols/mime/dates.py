"""The Date field (RFC 5322 3.3, obsolete zones of 4.3) and the other ways mailers write dates."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
# RFC 5322 4.3; the European names are what clients of those countries write.
_ZONES = {
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "wet": 0,
    "bst": 60,
    "cet": 60,
    "met": 60,
    "mez": 60,
    "west": 60,
    "cest": 120,
    "mest": 120,
    "mesz": 120,
    "eet": 120,
    "eest": 180,
    "msk": 180,
    "ist": 330,
    "hkt": 480,
    "sgt": 480,
    "jst": 540,
    "kst": 540,
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
    "hst": -600,
    "akst": -540,
    "akdt": -480,
    "aest": 600,
    "aedt": 660,
    "nzst": 720,
    "nzdt": 780,
}
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_CLOCK = (
    r"(\d{1,2})\s*[:.]\s*(\d{1,2})(?:\s*[:.]\s*(\d{1,2})(?:[.,]\d{1,9})?)?(?:\s*([AaPp][Mm]\b))?"
)
_ZONE = r"(?:\s*(?P<zone>(?:GMT|UTC)?\s*[+-]\s*\d{1,2}:?\d{0,2}|[A-Za-z]{1,5}))?"
_RFC = re.compile(
    r"(?<!\d)(\d{1,2})[\s,-]{0,8}([A-Za-z]{3})[A-Za-z]{0,6}\.?[\s,-]{0,8}(\d{2,4})[\s,T]{1,8}"
    + _CLOCK
    + _ZONE
)
_MONTH_FIRST = re.compile(  # asctime: "Mon Sep 27 12:00:00 EST 1999", "Sep 27, 1999 12:00"
    r"(?<![A-Za-z])([A-Za-z]{3})[A-Za-z]{0,6}\.?\s{1,8}(\d{1,2})(?:,?\s{1,8}(\d{4}),?)?\s{1,8}"
    + _CLOCK
    + _ZONE
    + r"(?:\s{1,8}(\d{4})\b)?(?:\s{0,8}([+-]\d{4}))?"
)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]{1,8}" + _CLOCK + ")?" + _ZONE)
_DAY_ONLY = re.compile(r"(?<!\d)(\d{1,2})[\s-]{1,8}([A-Za-z]{3})[A-Za-z]{0,6}[\s-]{1,8}(\d{4})")
# As nearly all mail writes it; whatever is odd about a date takes the long way.
_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) ((?:19|20)\d\d)"
    r" ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) ([+-]\d{4})(?: \([A-Z]{1,5}\))?",
    re.ASCII,
)
_MAX_DATE = 400
_MAX_NESTING = 5


def parse_date(value: bytes | str | None) -> datetime | None:
    """The moment a Date field names, with its own offset; None when it names none.

    A missing, unknown or impossible zone is UTC. Two-digit years follow RFC 5322 4.3.
    """
    if not value:
        return None
    text = value[:_MAX_DATE]
    return _parse(text.decode("latin-1") if isinstance(text, bytes) else text)


@lru_cache(maxsize=512)
def _parse(text: str) -> datetime | None:
    match = _USUAL.fullmatch(text)
    if match and (month := _MONTHS.get(match[2].lower())):
        day, _, year, hour, minute, second, zone = match.groups()
        clock = (int(hour), int(minute), int(second))
        with contextlib.suppress(ValueError):
            return datetime(int(year), month, int(day), *clock, tzinfo=_zone(zone))
    return _parse_any(text)


def _parse_any(text: str) -> datetime | None:
    text = " ".join(text.split())
    if "(" in text:
        for _ in range(_MAX_NESTING):
            text, count = _COMMENT.subn(" ", text)
            if not count:
                break
    match = _RFC.search(text)
    if match:
        day, month, year, *clock = match.groups()
        return _moment(year, _MONTHS.get(month.lower()), day, clock[:4], match["zone"])
    match = _ISO.search(text)
    if match:
        year, month, day, *clock = match.groups()
        return _moment(year, int(month), day, clock[:4], match["zone"])
    match = _MONTH_FIRST.search(text)
    if match:
        month, day, year, *clock = match.groups()
        late_year, late_zone = match.groups()[-2:]
        zone = late_zone or match["zone"]
        return _moment(year or late_year or "", _MONTHS.get(month.lower()), day, clock[:4], zone)
    match = _DAY_ONLY.search(text)
    if match:
        return _moment(match[3], _MONTHS.get(match[2].lower()), match[1], ["0", "0", "0", None], "")
    return None


def _moment(
    year: str, month: int | None, day: str, clock: list[str | None], zone: str | None
) -> datetime | None:
    if not month or not year:
        return None
    hour, minute, second = (int(part or 0) for part in clock[:3])
    half = (clock[3] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    carry = timedelta(days=1) if hour == 24 else timedelta()
    try:
        moment = datetime(
            _year(year),
            month,
            int(day),
            hour % 24 if carry else hour,
            minute,
            min(second, 59),
            tzinfo=_zone(zone or ""),
        )
        moment = moment + carry
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


@lru_cache(maxsize=128)
def _zone(text: str) -> timezone:
    text = text.replace(" ", "").lower()
    if text.startswith(("gmt", "utc")) and len(text) > 3:
        text = text[3:]
    if text[:1] in ("+", "-"):
        digits = text[1:].replace(":", "")
        minutes = int(digits) * 60 if len(digits) <= 2 else int(digits[:-2]) * 60 + int(digits[-2:])
        if minutes >= 24 * 60:
            return UTC
        return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
    return timezone(timedelta(minutes=_ZONES.get(text, 0)))
