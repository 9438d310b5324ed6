"""Whether a message fulfils a SEARCH key, in three values: None while too little of it was read.

What the session knows anyway is asked first, then dates, sizes, headers and whole messages, each
only of those still undecided.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from itertools import chain
from typing import Any

from posthouse.foundation import clock
from posthouse.mail.mailboxes.model import Fetched
from posthouse.protocols import mime
from posthouse.protocols.imap import search as s
from posthouse.protocols.imap.collation import casemap
from posthouse.protocols.imap.fetch import Section, Text
from posthouse.servers.imap import objects
from posthouse.servers.imap.batching import SIZE
from posthouse.servers.imap.masks import Leaf, of_view
from posthouse.servers.imap.rendering import header_part
from posthouse.servers.imap.state import FolderView


class Level(IntEnum):
    """How much of a message was read; the names are the store's."""

    VIEW = 0
    FLAGS = 1
    SIZE = 2
    IDENTITY = 3
    HEADER = 4
    FULL = 5


class Facts:
    """What is known of one message."""

    __slots__ = ("_header_text", "_texts", "_unread", "index", "learned", "level", "row")

    def __init__(self, index: int, row: Fetched | None = None, level: Level = Level.VIEW) -> None:
        self.index = index
        self.row = row
        self.level = level
        self.learned: list[tuple[Hashable, Any]] = []  # worth keeping
        self._texts: list[str] = []
        self._unread: Iterator[str] | None = None
        self._header_text: str | None = None

    @property
    def known(self) -> Fetched:
        """The row; only asked for above Level.VIEW."""
        assert self.row is not None
        return self.row

    def header_values(self, name: bytes) -> list[str]:
        """The decoded values of a field, comparable.

        Addresses with comments in them also without: FROM is asked of the envelope, which has none
        (RFC 3501 6.4.4).
        """
        chosen = header_part(self.known.header, Section(text=Text.FIELDS, fields=(name,)))
        values = [value for _, value in _fields(chosen)]
        found = [comparable(mime.decode_text(value)) for value in values]
        if name.lower() in _OF_ADDRESSES:
            commented = (value for value in values if b"(" in value)
            people = chain.from_iterable(map(mime.decode_addresses, commented))
            found += [comparable(person.address) for person in people]
        return found

    def header_text(self) -> str:
        """All fields, decoded and comparable."""
        if self._header_text is None:
            self._header_text = _joined(_fields(self.known.header))
        return self._header_text

    def body_texts(self) -> Iterator[str]:
        """The text parts, nested messages included, decoded and comparable; fields of parts too.

        As far as they are asked for, and once for all keys of a search.
        """
        yield from self._texts
        if self._unread is None:
            self._unread = _texts_of(self.known.full)
        for text in self._unread:
            self._texts.append(text)
            yield text


_SLICE = 65_536
_LONGEST_NAME = 100  # of a field whose values are kept
_OF_ADDRESSES = frozenset({b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc"})
Judge = Callable[[Facts], bool | None]


@dataclass(frozen=True, slots=True)
class Question:
    """A value of a message, and which values fulfil a key; under `kept_as` it is remembered."""

    value: Callable[[Facts], Any]
    fits: Callable[[Any], bool]
    kept_as: Hashable | None = None


def comparable(text: str) -> str:
    """Without case and with single spaces: a line may have been folded anywhere.

    Slice by slice: one call over megabytes would keep the interpreter from all other threads.
    """
    pieces: list[str] = []
    gap = False
    for start in range(0, len(text), _SLICE):
        mapped = casemap(text[start : start + _SLICE])
        if words := mapped.split():
            if pieces and (gap or mapped[0].isspace()):
                pieces.append(" ")
            pieces.append(" ".join(words))
        gap = mapped[-1].isspace() if words else True
    return "".join(pieces)


def _texts_of(full: bytes) -> Iterator[str]:
    """What is in the body, from cheap to dear: names of attachments come before texts."""
    scan = mime.scan(full)
    for part in scan.parts[1:]:
        yield comparable(mime.file_name(scan, part))
        yield _joined(part.fields)
    for part in scan.parts:
        if part.kind == mime.LEAF and part.type == "text":
            text = mime.text_of(scan, part)
            yield comparable(mime.html_to_text(text) if part.subtype == "html" else text)


def _joined(fields: list[tuple[bytes, bytes]]) -> str:
    return "\n".join(
        comparable(f"{name.decode('ascii', 'replace')}: {mime.decode_text(value)}")
        for name, value in fields
    )


def _fields(header: bytes) -> list[tuple[bytes, bytes]]:
    return mime.scan(header).root.fields


def levels(key: s.Key) -> set[Level]:
    """The depths of reading that `key` may need."""
    match key:
        case s.And(keys):
            return set().union(*map(levels, keys))
        case s.Or(first, second):
            return levels(first) | levels(second)
        case s.Not(inner):
            return levels(inner)
        case _:
            return {_LEVELS.get(type(key), Level.VIEW)}


_LEVELS: dict[type[s.Key], Level] = {
    s.Received: Level.FLAGS,
    s.Within: Level.FLAGS,
    s.InThread: Level.FLAGS,
    s.IsEmail: Level.IDENTITY,
    s.Larger: Level.SIZE,
    s.Smaller: Level.SIZE,
    s.Sent: Level.HEADER,
    s.InHeader: Level.HEADER,
    s.InBody: Level.FULL,
    s.InText: Level.FULL,
}


def judge_of(key: s.Key, view: FolderView) -> Judge:
    match key:
        case s.And(keys):
            cheap_first = sorted(keys, key=lambda inner: max(levels(inner)))
            return _all([judge_of(inner, view) for inner in cheap_first])
        case s.Or(first, second):
            return _any([judge_of(first, view), judge_of(second, view)])
        case s.Not(inner):
            return _not(judge_of(inner, view))
        case _:
            known = of_view(key, view)
            if known is None:
                return _from_row(_LEVELS[type(key)], question_of(key))
            mask = known(0, len(view))
            return lambda facts: bool(mask[facts.index])


def _all(judges: list[Judge]) -> Judge:
    def judge(facts: Facts) -> bool | None:
        verdict: bool | None = True
        for inner in judges:
            match inner(facts):
                case False:
                    return False
                case None:
                    verdict = None
        return verdict

    return judge


def _any(judges: list[Judge]) -> Judge:
    return _not(_all([_not(judge) for judge in judges]))


def _not(inner: Judge) -> Judge:
    def judge(facts: Facts) -> bool | None:
        verdict = inner(facts)
        return None if verdict is None else not verdict

    return judge


def _from_row(level: Level, question: Question) -> Judge:
    def judge(facts: Facts) -> bool | None:
        if facts.level < level:
            return None
        value = question.value(facts)
        if question.kept_as is not None:
            facts.learned.append((question.kept_as, value))
        return question.fits(value)

    return judge


def question_of(key: s.Key) -> Question:
    """Of a key that the view cannot answer."""
    match key:
        case s.Received(days, day):
            return Question(_received_day, _within_days(days, day), kept_as="received day")
        case s.Sent(days, day):
            return Question(_sent_day, _within_days(days, day), kept_as="sent day")
        case s.Larger(octets):
            return Question(_size, lambda size: size > octets, kept_as=SIZE)
        case s.Smaller(octets):
            return Question(_size, lambda size: size < octets, kept_as=SIZE)
        case s.InHeader(name, text):
            wanted, field = comparable(text), name.encode("utf-8", "replace").lower()
            return Question(
                _field(field),
                (lambda values: wanted in values) if wanted else bool,
                kept_as=("field", field) if len(field) <= _LONGEST_NAME else None,
            )
        case s.Within(seconds, younger):
            edge = clock.now() - timedelta(seconds=seconds)
            return Question(_received, lambda moment: _within(edge, younger, moment))
        case s.InThread(wanted):
            return Question(lambda facts: objects.thread_id(facts.known), wanted.__eq__)
        case s.IsEmail(wanted):
            return Question(lambda facts: objects.email_id(facts.known), wanted.__eq__)
        case s.InBody(text):
            wanted = comparable(text)
            return Question(_itself, lambda facts: _is_in_body(wanted, facts))
        case s.InText(text):
            wanted = comparable(text)
            return Question(
                _itself,
                lambda facts: wanted in facts.header_text() or _is_in_body(wanted, facts),
            )
        case _:
            raise TypeError(key)


def leaf_of(key: s.Key) -> Leaf | None:
    """How values that are kept answer a key, if they do."""
    question = question_of(key)
    return None if question.kept_as is None else (question.kept_as, question.fits)


def _within_days(days: s.Days, day: date) -> Callable[[int], bool]:
    """Of days as ordinals; 0 is a day that is not known."""
    edge = day.toordinal()
    match days:
        case s.Days.ON:
            return edge.__eq__
        case s.Days.BEFORE:
            return lambda found: 0 < found < edge
        case s.Days.SINCE:
            return edge.__le__


def _itself(facts: Facts) -> Facts:
    return facts


def _is_in_body(wanted: str, facts: Facts) -> bool:
    return any(wanted in body for body in facts.body_texts())


def _within(edge: datetime, younger: bool, found: datetime | None) -> bool:
    """RFC 5032 2: the edge itself is both."""
    if found is None:
        return False
    return found >= edge if younger else found <= edge


def _received(facts: Facts) -> datetime | None:
    return facts.known.internal_date


def _received_day(facts: Facts) -> int:
    moment = facts.known.internal_date
    return 0 if moment is None else moment.toordinal()


def _sent_day(facts: Facts) -> int:
    """The day as the sender wrote it (RFC 3501 6.4.4: disregarding time and timezone)."""
    moment = mime.parse_date(mime.scan(facts.known.header).header(b"date"))
    return 0 if moment is None else moment.toordinal()


def _size(facts: Facts) -> int:
    return facts.known.size


def _field(name: bytes) -> Callable[[Facts], str]:
    """All values of a field, each after a line end, which no text that is looked for has."""
    return lambda facts: "".join("\n" + value for value in facts.header_values(name))
