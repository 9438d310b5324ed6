"""The tests `date` and `currentdate` (RFC 5260 4, 5)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from posthouse.protocols import mime
from posthouse.protocols.mime.build import format_date
from posthouse.protocols.sieve.checker import (
    COMPARE_TAGS,
    INDEX_TAGS,
    Call,
    Checker,
    Mistake,
    Spec,
    Tag,
)
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.letter import Field
from posthouse.protocols.sieve.machine import Machine, Test

_NEEDS = frozenset({"date"})
_ZONE = re.compile(r"([+-])(\d\d)([0-5]\d)")
_JULIAN_ZERO = 678_576  # the ordinal of 1858-11-17


def _zone_text(moment: datetime) -> str:
    offset = moment.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _iso8601(moment: datetime) -> str:
    zone = _zone_text(moment)
    return f"{moment:%Y-%m-%dT%H:%M:%S}{zone[:3]}:{zone[3:]}"


_PARTS: dict[str, Callable[[datetime], str]] = {  # RFC 5260 4.2
    "year": lambda moment: f"{moment.year:04}",
    "month": lambda moment: f"{moment.month:02}",
    "day": lambda moment: f"{moment.day:02}",
    "date": lambda moment: f"{moment.year:04}-{moment.month:02}-{moment.day:02}",
    "julian": lambda moment: str(moment.toordinal() - _JULIAN_ZERO),
    "hour": lambda moment: f"{moment.hour:02}",
    "minute": lambda moment: f"{moment.minute:02}",
    "second": lambda moment: f"{moment.second:02}",
    "time": lambda moment: f"{moment:%H:%M:%S}",
    "iso8601": _iso8601,
    "std11": format_date,
    "zone": _zone_text,
    "weekday": lambda moment: str(moment.isoweekday() % 7),
}


def _part(checker: Checker, call: Call, place: int) -> Callable[[datetime], str]:
    said = call.strings(place)
    name = checker.constant(said, "The part of a date").lower()
    if name not in _PARTS:
        raise Mistake(said.at, f"“{shown(name)}” is none of {', '.join(_PARTS)}.")
    return _PARTS[name]


def _zoned(checker: Checker, call: Call) -> Callable[[Machine, datetime], datetime]:
    """The moment in the zone that is asked for; else in that of this machine."""
    if call.tag("zone") == "originalzone":
        return lambda machine, moment: moment
    said = call.tag_strings("zone")
    if said is None:
        return lambda machine, moment: moment.astimezone(machine.surroundings.now.tzinfo)
    zone = checker.text(said)
    if isinstance(zone, str) and not _ZONE.fullmatch(zone):
        raise Mistake(said.at, f"“{shown(zone)}” is no zone such as +0800.")

    def shift(machine: Machine, moment: datetime) -> datetime:
        match = _ZONE.fullmatch(machine.text(zone))
        if match is None or int(match[2]) > 23:
            raise ScriptFailed("A zone is written like +0800.")
        minutes = int(match[2]) * 60 + int(match[3])
        offset = timedelta(minutes=-minutes if match[1] == "-" else minutes)
        return moment.astimezone(timezone(offset))

    return shift


def _moment_of(field: Field) -> datetime | None:
    """RFC 5260 4: of a Received field, the date behind the last semicolon."""
    value = field.value
    return mime.parse_date(value.rpartition(b";")[2] if field.name == "received" else value)


def _date(checker: Checker, call: Call) -> Test:
    name, keys = checker.text(call.strings(0)), checker.texts(call.strings(2))
    part, zoned = _part(checker, call, 1), _zoned(checker, call)
    matching, index = checker.matching(call, keys), checker.index(call)
    indexed = call.tag("index") is not None

    def test(machine: Machine) -> bool:
        fields = machine.letter.fields(machine.text(name))
        chosen = index(fields) if indexed else fields[:1]  # RFC 5260 4: the first of them
        moments = [moment for each in chosen if (moment := _moment_of(each)) is not None]
        values = [part(zoned(machine, moment)) for moment in moments]
        return machine.compare(matching, values, keys)

    return test


def _currentdate(checker: Checker, call: Call) -> Test:
    keys = checker.texts(call.strings(1))
    part, zoned = _part(checker, call, 0), _zoned(checker, call)
    matching = checker.matching(call, keys)

    def test(machine: Machine) -> bool:
        value = part(zoned(machine, machine.surroundings.now))
        return machine.compare(matching, [value], keys)

    return test


_ZONE_TAG = Tag("zone", takes="string")
COMMANDS: dict[str, Spec] = {
    "date": Spec(
        build=_date,
        test=True,
        needs=_NEEDS,
        tags=(*COMPARE_TAGS, *INDEX_TAGS, _ZONE_TAG, Tag("originalzone", group="zone")),
        takes=("string", "string", "strings"),
    ),
    "currentdate": Spec(
        build=_currentdate,
        test=True,
        needs=_NEEDS,
        tags=(*COMPARE_TAGS, _ZONE_TAG),
        takes=("string", "strings"),
    ),
}
