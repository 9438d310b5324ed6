"""What is searchable of a message → tsvectors, in the binary form PostgreSQL receives.

All words of a text are handled together, as arrays. An entry is a lexeme's number and a position
in one integer; sorted, they stand as in a tsvector.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from posthouse.mail.search.lexemes import (
    ANY,
    EDGE,
    FILE,
    FROM,
    FROM_EDGE,
    HAS,
    MORE,
    POSITION_BITS,
    SORTED,
    SUBJECT,
    TO,
    TO_EDGE,
    Lexemes,
    lexemes_of,
)
from posthouse.mail.search.readings import Reading, Slices, readings
from posthouse.mail.search.tokens import edges, tokens
from posthouse.protocols import mime
from posthouse.security.vault import Keyring

CHUNK_POSITIONS = 8000
# The end of a chunk is repeated at the start of the next, so that phrases across are found.
_OVERLAP = 16
# Between fields, so that no phrase spans two.
_GAP = 20
# PostgreSQL keeps at most 256 positions of a lexeme.
_MOST_POSITIONS = 255
# It keeps at most 1 MiB of lexemes and positions in a tsvector; this leaves room for alignment.
_MOST_BYTES = 1_000_000
_LONGEST_FIELD = 4000
_LONGEST_TEXT = 1 << 20
# Up to this length what was read of a field is remembered: the same people write again and again.
_SHORT_FIELD = 120
_MOST_FIELDS = 2000
# A lexeme in a tsvector: its 7 characters, a zero, the number of its positions; then those.
_HEAD = 10

Entries = NDArray[np.int64]
_POSITION = np.int64((1 << POSITION_BITS) - 1)
# Twelve bits of a number → two characters of its lexeme, as they stand in memory; the last six →
# one and the zero.
_LAST = 1 << 12
_PAIRS = bytes(chain.from_iterable(product(SORTED, SORTED)))
_CHARACTERS = np.frombuffer(_PAIRS + bytes(chain.from_iterable(product(SORTED, b"\0"))), np.uint16)
_SHIFTS = np.array([30, 18, 6, 0])
_TAKEN, _FROM = np.array([4095, 4095, 4095, 63]), np.array([0, 0, 0, _LAST])


@dataclass(slots=True)
class Document:
    """What is searchable of a message. People are written "Name address"."""

    subject: str
    senders: Sequence[str]
    recipients: Sequence[str]
    file_names: Sequence[str]
    text: str
    hidden_recipients: Sequence[str] = field(default=())


@dataclass(slots=True)
class _Chunk:
    """Entries: of the fields, of the words of the text, of their parts and beginnings."""

    fields: list[Entries] = field(default_factory=list)
    words: list[Entries] = field(default_factory=list)
    more: list[Entries] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """Lexemes of a text as numbers, and the place of each among its words."""

    numbers: Entries
    places: Entries
    size: int

    def entries(self, start: int, end: int, position: int) -> Entries:
        """Of the places from `start` to `end`; the first is at `position`."""
        entries = self.numbers + (self.places + (position - start))
        if start == 0 and end == self.size:
            return entries
        return entries[(self.places >= start) & (self.places < end)]


class Writer:
    """Writes documents for one workspace."""

    def __init__(self, lexemes: Lexemes) -> None:
        self._lexemes = lexemes
        self._fields: dict[tuple[str, str], tuple[Entries, int]] = {}

    def chunks(self, document: Document) -> list[bytes]:
        """The tsvectors of a document: the first has its fields and all of its words, those of
        later chunks without positions.
        """
        chunks = [_Chunk()]
        position = self._write_fields(chunks[0], document)
        self._write_text(chunks, document.text, position)
        first, *others = chunks
        if others:
            first.fields.append(self._mark(MORE))
            _add_beyond(first, first.words, [each for other in others for each in other.words])
            _add_beyond(first, first.more, [each for other in others for each in other.more])
        return [_tsvector([*each.fields, *each.words, *each.more]) for each in chunks]

    def _write_fields(self, chunk: _Chunk, document: Document) -> int:
        """Each field whole, in its kind and by beginnings; the next position."""
        people = [*document.recipients, *document.hidden_recipients]
        position = 1
        for text, kinds in (
            (document.subject, (SUBJECT, EDGE)),
            *((person, (FROM, EDGE, FROM_EDGE)) for person in document.senders),
            *((person, (TO, EDGE, TO_EDGE)) for person in people),
            *((name, (FILE, EDGE)) for name in document.file_names),
        ):
            if position > CHUNK_POSITIONS:
                break
            entries, size = self._field(text[:_LONGEST_FIELD], kinds)
            chunk.fields.append(entries + position)
            position += size + _GAP
        if document.file_names:
            chunk.fields.append(self._mark("attachment"))
        return position

    def _mark(self, mark: str) -> Entries:
        return np.array([self._lexemes.number(HAS, mark) + 1], np.int64)

    def _field(self, text: str, kinds: Sequence[str]) -> tuple[Entries, int]:
        """Its entries, the first position being 0, and the last position."""
        known = self._fields.get((kinds[0], text))
        if known is None:
            known = self._read_field(text, *kinds)
            if len(text) <= _SHORT_FIELD:
                if len(self._fields) >= _MOST_FIELDS:
                    self._fields.clear()
                self._fields[kinds[0], text] = known
        return known

    def _read_field(self, text: str, kind: str, *edge_kinds: str) -> tuple[Entries, int]:
        number = self._lexemes.number
        found = list(tokens(text, 0))
        entries = {number(each, token) + place for each in (ANY, kind) for token, place in found}
        entries.update(
            number(each, edge) + place
            for token, place in found
            for edge in edges(token)
            for each in edge_kinds
        )
        return np.array([*entries], np.int64), found[-1][1] if found else 0

    def _write_text(self, chunks: list[_Chunk], text: str, position: int) -> None:
        """The body: as many chunks as it takes."""
        for reading in readings(text):
            words = self._found(reading, (ANY, reading.tokens))
            more = self._found(reading, (ANY, reading.parts), (EDGE, reading.edges))
            done = 0
            while done < reading.size:
                if position > CHUNK_POSITIONS:
                    chunks.append(_beginning(chunks[-1]))
                    position = _OVERLAP
                end = min(reading.size, done + CHUNK_POSITIONS + 1 - position)
                chunks[-1].words += [each.entries(done, end, position) for each in words]
                chunks[-1].more += [each.entries(done, end, position) for each in more]
                position += end - done
                done = end

    def _found(self, reading: Reading, *kinds: tuple[str, Slices | None]) -> list[_Found]:
        numbers, octets = self._lexemes.numbers, reading.octets
        return [
            _Found(numbers(kind, octets, slices), slices.places, reading.size)
            for kind, slices in kinds
            if slices is not None
        ]


def _beginning(full: _Chunk) -> _Chunk:
    """A chunk that has the last words of the one before at its front."""
    start = CHUNK_POSITIONS - _OVERLAP + 1
    return _Chunk(
        words=[each[(each & _POSITION) > start] - start for each in full.words],
        more=[each[(each & _POSITION) > start] - start for each in full.more],
    )


_of_keyring: "WeakKeyDictionary[Keyring, Writer]" = WeakKeyDictionary()


def writer_of(keys: Keyring) -> Writer:
    """The one `Writer` of a keyring in this process."""
    found = _of_keyring.get(keys)
    if found is None:
        found = _of_keyring[keys] = Writer(lexemes_of(keys))
    return found


def read_document(raw: bytes, hidden_recipients: Sequence[str]) -> Document:
    """What is searchable of a mail, and who is not named in it."""
    scan = mime.scan(raw)
    senders = mime.addresses(scan, b"from") + mime.addresses(scan, b"sender")
    recipients = mime.addresses(scan, b"to") + mime.addresses(scan, b"cc")
    return Document(
        subject=mime.subject(scan),
        senders=[f"{person.name} {person.address}" for person in senders],
        recipients=[f"{person.name} {person.address}" for person in recipients],
        file_names=[attachment.name for attachment in mime.attachments(scan)],
        text=mime.readable_text(scan)[:_LONGEST_TEXT],
        hidden_recipients=hidden_recipients,
    )


def _add_beyond(first: _Chunk, pieces: list[Entries], others: Sequence[Entries]) -> None:
    """The lexemes of other chunks that the first has not, without a place."""
    if others:
        own = np.concatenate([*first.fields, *first.words, *first.more]) >> POSITION_BITS
        theirs = np.concatenate(others) >> POSITION_BITS
        pieces.append(np.setdiff1d(theirs, own) << POSITION_BITS)


def _tsvector(pieces: Sequence[Entries]) -> bytes:
    """The first entries are kept when not all have room."""
    entries = _sorted(pieces)
    if not len(entries):
        return bytes(4)  # of no lexeme
    numbers, ends, counts = _counted(entries)
    if len(entries) > _MOST_POSITIONS and (
        counts.max() > _MOST_POSITIONS or _size(counts) > _MOST_BYTES
    ):
        entries = _shortened(np.concatenate(pieces), entries)
        numbers, ends, counts = _counted(entries)
    places = entries & _POSITION
    placeless = places[ends] == 0
    if placeless.any():
        counts = counts - placeless
        places = places[places != 0]
    return _written(numbers, counts, places)


def _sorted(pieces: Sequence[Entries]) -> Entries:
    """Each entry once: a word may have a part twice."""
    entries = np.concatenate(pieces)
    entries.sort()
    is_new = entries[1:] != entries[:-1]
    return entries if is_new.all() else entries[np.append(True, is_new)]


def _counted(entries: Entries) -> tuple[Entries, Entries, Entries]:
    """The numbers in sorted entries, where each stands last, and how often it stands there."""
    numbers = entries >> POSITION_BITS
    ends = np.append((numbers[1:] != numbers[:-1]).nonzero()[0], len(numbers) - 1)
    counts = ends.copy()
    counts[1:] -= ends[:-1]
    counts[0] += 1
    return numbers[ends], ends, counts


def _size(counts: Entries) -> int:
    return 4 + _HEAD * len(counts) + 2 * int(counts.sum())


def _shortened(found: Entries, entries: Entries) -> Entries:
    """Without positions that are too many, and without the last lexemes that were found."""
    numbers, ends, counts = _counted(entries)
    rank = np.arange(len(entries)) - np.repeat(ends - counts + 1, counts)
    entries = entries[rank < _MOST_POSITIONS]
    counts = np.minimum(counts, _MOST_POSITIONS)
    _, first_found = np.unique(found >> POSITION_BITS, return_index=True)
    order = np.argsort(first_found)
    room = 4 + np.cumsum(_HEAD + 2 * counts[order]) <= _MOST_BYTES
    return entries[np.isin(entries >> POSITION_BITS, numbers[order[room]])]


def _written(numbers: Entries, counts: Entries, places: Entries) -> bytes:
    """`places` are those of all numbers, one after the other. Everything has an even size."""
    many = len(numbers)
    out = np.empty((4 + _HEAD * many) // 2 + len(places), ">u2")
    out[:2] = many >> 16, many & 0xFFFF
    before = np.cumsum(counts)
    before -= counts
    heads = np.arange(2, 2 + _HEAD // 2 * many, _HEAD // 2) + before
    characters = _CHARACTERS.take(((numbers[:, None] >> _SHIFTS) & _TAKEN) | _FROM)
    np.ndarray(len(out) - 3, np.uint64, out, strides=(2,))[heads] = characters.view(np.uint64)[:, 0]
    heads += 4
    out[heads] = counts
    heads += 1 - before
    out[np.repeat(heads, counts) + np.arange(len(places))] = places
    return out.tobytes()
