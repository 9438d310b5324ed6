"""What SORT and THREAD compare of a message (RFC 5256 2 and BASE.6.4.SORT, RFC 5957)."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from posthouse.protocols import mime
from posthouse.protocols.imap.base_subject import base_subject
from posthouse.protocols.imap.collation import casemap
from posthouse.protocols.imap.fetch import Section, Text
from posthouse.protocols.imap.ordering import SortKey
from posthouse.protocols.imap.threading import Threadable
from posthouse.servers.imap.matching import Facts, Level
from posthouse.servers.imap.rendering import header_part

Value = float | str
_Reading = Callable[[Facts, mime.Scan], Value]

THREAD_LEVEL = Level.HEADER
_LONGEST = 500  # characters compared: nobody tells longer subjects apart by what comes after
_LONGEST_ID = 64
_NOTHING = mime.scan(b"")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
# Content-Type because it names the charset of header fields that were sent raw.
_WANTED = Section(
    text=Text.FIELDS,
    fields=(
        b"FROM",
        b"TO",
        b"CC",
        b"DATE",
        b"SUBJECT",
        b"MESSAGE-ID",
        b"REFERENCES",
        b"IN-REPLY-TO",
        b"CONTENT-TYPE",
    ),
)
_QUOTED_LOCAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?=@|\Z)')
_ESCAPED = re.compile(r"\\(.)")


def level_of(key: SortKey) -> Level:
    """How much must be read for `key`."""
    return {SortKey.ARRIVAL: Level.FLAGS, SortKey.SIZE: Level.SIZE}.get(key, Level.HEADER)


def values_of(keys: Sequence[SortKey], facts: Facts) -> list[Value]:
    """One for each key; the facts are of the highest level among them."""
    scan = _scan(facts) if facts.level >= Level.HEADER else _NOTHING
    return [_VALUES[key](facts, scan) for key in keys]


def threadable(facts: Facts, number: int) -> Threadable:
    scan = _scan(facts)
    subject, answers = base_subject(mime.subject(scan))
    message_ids = _valid(scan.header(b"message-id"))
    return Threadable(
        number=number,
        sent=_sent(facts, scan),
        subject=_comparable(subject),
        answers=answers,
        message_id=message_ids[0] if message_ids else None,
        references=tuple(
            _valid(b" ".join(scan.headers(b"references")))
            or _valid(scan.header(b"in-reply-to"))[:1]
        ),
    )


def _scan(facts: Facts) -> mime.Scan:
    return mime.scan(header_part(facts.known.header, _WANTED))


def _arrival(facts: Facts, _: mime.Scan) -> float:
    """INTERNALDATE, as exact as a client sees it."""
    moment = facts.known.internal_date
    return 0.0 if moment is None else (moment - _EPOCH) // _SECOND


def _sent(facts: Facts, scan: mime.Scan) -> float:
    """RFC 5256 2.2: the Date field in UTC; without a readable one, when the message arrived."""
    moment = mime.date(scan)
    return _arrival(facts, scan) if moment is None else (moment - _EPOCH).total_seconds()


def _local_part(field: bytes) -> _Reading:
    """addr-mailbox of the first address, "" without one; of a group it is the group's name."""

    def value(_: Facts, scan: mime.Scan) -> str:
        people = mime.addresses(scan, field)[:1]
        return _comparable(
            "".join(_unquoted(one.local) if one.group is None else one.group for one in people)
        )

    return value


def _display(field: bytes) -> _Reading:
    """RFC 5957 3: the first person's name, without one the address."""

    def value(_: Facts, scan: mime.Scan) -> str:
        people = mime.addresses(scan, field)[:1]
        return _comparable("".join(one.group or one.name or one.address for one in people))

    return value


def _comparable(text: str) -> str:
    return casemap(text[:_LONGEST])


def _valid(value: bytes | None) -> list[str]:
    """Message ids that are some, without quotes that change nothing (RFC 5256 3, REFERENCES)."""
    if not value or b"<" not in value:
        return []
    return [_short(_unquoted(each)) for each in mime.decode_message_ids(value) if "@" in each]


def _short(message_id: str) -> str:
    """What stands for it while a folder is threaded: never long, so that a million fit."""
    if len(message_id) <= _LONGEST_ID:
        return message_id
    return blake2b(message_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _unquoted(address: str) -> str:
    """`"a b"@x` and `a b@x` are one address, and one message id."""
    quoted = _QUOTED_LOCAL.match(address)
    if quoted is None:
        return address
    return _ESCAPED.sub(r"\1", quoted[1]) + address[quoted.end() :]


_VALUES: dict[SortKey, _Reading] = {
    SortKey.ARRIVAL: _arrival,
    SortKey.CC: _local_part(b"cc"),
    SortKey.DATE: _sent,
    SortKey.DISPLAYFROM: _display(b"from"),
    SortKey.DISPLAYTO: _display(b"to"),
    SortKey.FROM: _local_part(b"from"),
    SortKey.SIZE: lambda facts, _: float(facts.known.size),
    SortKey.SUBJECT: lambda _, scan: _comparable(base_subject(mime.subject(scan))[0]),
    SortKey.TO: _local_part(b"to"),
}
