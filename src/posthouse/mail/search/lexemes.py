"""Tokens → keyed lexemes → tsvector bytes.

A lexeme is 8 characters: 6 bytes of a keyed hash of the token and the field it was found in. So
the index holds no word, and words of two workspaces never meet.
"""

import struct
from binascii import b2a_base64
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import filterfalse
from operator import add
from weakref import WeakKeyDictionary

from posthouse.mail.search.tokens import (
    FIRST_CJK,
    Token,
    edges,
    is_cjk,
    parts,
    tokens,
    words,
)
from posthouse.security.vault import Keyring
from posthouse.security.vault.model import Hasher

CHUNK_POSITIONS = 8000
# The end of a chunk is repeated at the start of the next, so that phrases across are found.
_OVERLAP = 16
# Between fields, so that no phrase spans two.
_GAP = 20
# PostgreSQL keeps at most 256 positions of a lexeme.
_MOST_POSITIONS = 255
# Lexemes kept in memory: of all words, and of those of one kind of field.
_MOST_KNOWN, _MOST_KNOWN_OF_A_FIELD = 200_000, 20_000
_URLSAFE = bytes.maketrans(b"+/", b"-_")
# It keeps at most 1 MiB of lexemes and positions in a tsvector; this leaves room for alignment.
_MOST_BYTES = 1_000_000
_COUNT = struct.Struct(">I")
_LONGEST_FIELD = 4000
# Up to this length what was read of a field is remembered; a thousand of them take 30 MB at most.
_SHORT_FIELD = 120
# Up to this length a token with digits is found whole only.
_SHORT = 3


def _first_places(_count: int, *places: int) -> bytes:
    return _PLACES[_MOST_POSITIONS](_MOST_POSITIONS, *places[:_MOST_POSITIONS])


# What follows a lexeme, by the number of its positions, which are below 2 ** 14 in PostgreSQL; and
# by the position for those that stand once, which are most.
_PLACES = [struct.Struct(f">xH{n}H").pack for n in range(_MOST_POSITIONS + 1)]
_PLACES += [_first_places] * ((1 << 14) - len(_PLACES))
_ONE_PLACE = [_PLACES[1](1, place) for place in range(1 << 14)]

# What a token was found in. ANY holds everything; the others narrow it.
ANY, FROM, TO, SUBJECT, FILE, HAS, EDGE, FROM_EDGE, TO_EDGE = "wftsnhpFT"
_NARROW = (HAS, SUBJECT, FROM, TO, FILE, FROM_EDGE, TO_EDGE, EDGE)
# HAS of a first chunk that is not the only one.
MORE = "more"
# Stands where no pair of characters begins.
_NO_PAIR = ""


class _Known(dict[str, bytes]):
    """Token → lexeme in one kind of field; what is not there is made."""

    __slots__ = ("_hasher", "_kind", "_size")

    def __init__(self, hasher: Hasher, kind: str, size: int) -> None:
        self._hasher, self._kind, self._size = hasher, kind, size

    def __missing__(self, token: str) -> bytes:
        hasher = self._hasher.copy()
        hasher.update((self._kind + token).encode("utf-8", "replace"))
        lexeme = b2a_base64(hasher.digest(), newline=False).translate(_URLSAFE)
        if len(self) >= self._size:
            self.clear()
        self[token] = lexeme
        return lexeme


class Lexemes:
    """Hashes tokens for one workspace; remembers the frequent ones."""

    def __init__(self, keys: Keyring) -> None:
        hasher = keys.hasher("search", 6)
        self._known = {kind: _Known(hasher, kind, _MOST_KNOWN_OF_A_FIELD) for kind in _NARROW}
        self._known[ANY] = _Known(hasher, ANY, _MOST_KNOWN)

    def of(self, kind: str, token: str) -> bytes:
        """The lexeme of a token in a kind of field."""
        return self._known[kind][token]

    def kind(self, kind: str) -> Mapping[str, bytes]:
        """All lexemes of a kind of field, by token."""
        return self._known[kind]


_of_keyring: "WeakKeyDictionary[Keyring, Lexemes]" = WeakKeyDictionary()


def lexemes_of(keys: Keyring) -> Lexemes:
    """The one `Lexemes` of a keyring in this process."""
    found = _of_keyring.get(keys)
    if found is None:
        found = _of_keyring[keys] = Lexemes(keys)
    return found


@dataclass(slots=True)
class Document:
    """What is searchable of a message. People are written "Name address"."""

    subject: str
    senders: Sequence[str]
    recipients: Sequence[str]
    file_names: Sequence[str]
    text: str
    hidden_recipients: Sequence[str] = field(default=())


def chunks(document: Document, lexemes: Lexemes) -> list[bytes]:
    """The tsvectors of a document, in the binary form PostgreSQL receives."""
    writer = _Writer()
    writer.add_field(document.subject, SUBJECT, EDGE)
    for person in document.senders:
        writer.add_field(person, FROM, EDGE, FROM_EDGE)
    for person in (*document.recipients, *document.hidden_recipients):
        writer.add_field(person, TO, EDGE, TO_EDGE)
    for name in document.file_names:
        writer.add_field(name, FILE, EDGE)
    if document.file_names:
        writer.add_mark("attachment")
    writer.add_text(document.text)
    return [_tsvector(chunk, lexemes) for chunk in writer.finish()]


_Places = dict[str, list[int]]


class _Chunk:
    """Kind → token → positions."""

    __slots__ = ("kinds", "loose")

    def __init__(self) -> None:
        # In this order they are written; what follows the room of a tsvector is left out, so that
        # a text of noise, whose words have many parts, loses only those.
        self.kinds: dict[str, _Places] = {kind: {} for kind in (*_NARROW, ANY)}
        # Of ANY, what may have positions twice and in no order; the text itself has not.
        self.loose: set[str] = set()

    def add(self, kind: str, found: Iterable[Token], start: int) -> None:
        places = self.kinds[kind]
        for token, offset in found:
            places.setdefault(token, []).append(start + offset)

    def join(self, kind: str, more: _Places) -> None:
        places = self.kinds[kind]
        for token, positions in more.items():
            places[token] = [*places.get(token, ()), *positions]

    def tidy(self) -> None:
        """Each list of positions in order, each position once."""
        for kind, places in self.kinds.items():
            for token in self.loose if kind == ANY else places:
                if len(places[token]) > 1:
                    places[token] = sorted(set(places[token]))


class _Writer:
    """Makes the chunks of one document. The words of a text, which are nearly everything, take as
    few steps as can be.
    """

    def __init__(self) -> None:
        self._chunks = [_Chunk()]
        self._next = 1

    def add_mark(self, mark: str) -> None:
        self._chunks[0].kinds[HAS][mark] = [1]

    def add_field(self, text: str, kind: str, *edge_kinds: str) -> None:
        """A short field: found whole, in its field, and by beginnings."""
        if self._next > CHUNK_POSITIONS:
            return
        read = _remembered_field if len(text) <= _SHORT_FIELD else _read_field
        found, begun, size = read(text[:_LONGEST_FIELD])
        chunk = self._chunks[0]
        for each in (ANY, kind):
            chunk.add(each, found, self._next)
        for each in edge_kinds:
            chunk.add(each, begun, self._next)
        chunk.loose.update(token for token, _ in found)
        self._next += size + _GAP

    def add_text(self, text: str) -> None:
        """The body: as many chunks as it takes."""
        position = self._next
        for singles, pairs in _readings(text):
            done = 0
            while done < len(singles):
                if position > CHUNK_POSITIONS:
                    self._begin_chunk()
                    position = _OVERLAP
                end = min(len(singles), done + CHUNK_POSITIONS + 1 - position)
                places = self._chunks[-1].kinds[ANY]
                _note(places, singles[done:end], position)
                _note(places, pairs[done:end], position)
                position += end - done
                done = end
        _add_parts(self._chunks[-1])

    def _begin_chunk(self) -> None:
        """The last positions of the text are moved to the front of the new one."""
        full = self._chunks[-1]
        start = CHUNK_POSITIONS - _OVERLAP + 1
        after = start if len(self._chunks) > 1 else max(start, self._next - 1)
        chunk = _Chunk()
        for token, positions in full.kinds[ANY].items():
            if positions[-1] > after:
                chunk.kinds[ANY][token] = [each - start for each in positions if each > after]
        _add_parts(full)
        self._chunks.append(chunk)

    def finish(self) -> list[_Chunk]:
        """The first chunk knows every word of the document, those of later ones without a place."""
        for chunk in self._chunks:
            chunk.tidy()
        first, *others = self._chunks
        if others:
            first.kinds[HAS][MORE] = [1]
            for other in others:
                for kind, places in other.kinds.items():
                    for token in places.keys() - first.kinds[kind].keys():
                        first.kinds[kind][token] = []
        return self._chunks


def _read_field(text: str) -> tuple[Sequence[Token], Sequence[Token], int]:
    """Its tokens, their beginnings, and the last position; the first one is 0."""
    found = tuple(tokens(text, 0))
    begun = tuple((edge, position) for token, position in found for edge in edges(token))
    return found, begun, found[-1][1] if found else 0


# The same people write again and again.
_remembered_field = lru_cache(maxsize=1024)(_read_field)


def _readings(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """The words and CJK characters of a text, and the pair that begins at each.

    Some thousand at a time: the characters of a long text take eighty times its room.
    """
    found = words(text)
    if text.isascii() or max(found, default="") < FIRST_CJK:
        yield found, []
        return
    singles: list[str] = []
    pairs: list[str] = []
    for word in found:
        if word < FIRST_CJK or not is_cjk(word):
            singles.append(word)
            pairs.append(_NO_PAIR)
            continue
        for start in range(0, len(word), CHUNK_POSITIONS):
            characters = list(word[start : start + CHUNK_POSITIONS + 1])
            pairs += map(add, characters, characters[1:])
            singles += characters[:CHUNK_POSITIONS]
            if len(characters) <= CHUNK_POSITIONS:
                pairs.append(_NO_PAIR)
            if len(singles) > CHUNK_POSITIONS:
                yield singles, pairs
                singles, pairs = [], []
    yield singles, pairs


def _note(places: _Places, tokens: Iterable[str], position: int) -> None:
    for place, token in enumerate(tokens, position):
        if token in places:
            places[token].append(place)
        else:
            places[token] = [place]


def _add_parts(chunk: _Chunk) -> None:
    """Words with digits are found by their parts and by beginnings."""
    places = chunk.kinds[ANY]
    places.pop(_NO_PAIR, None)
    by_part: _Places = defaultdict(list)
    by_edge: _Places = defaultdict(list)
    for token in filterfalse(str.isalpha, places):
        for part in parts(token):
            by_part[part] += places[token]
        if len(token) > _SHORT:
            for edge in edges(token):
                by_edge[edge] += places[token]
    chunk.join(ANY, by_part)
    chunk.join(EDGE, by_edge)
    chunk.loose.update(by_part)


def _tsvector(chunk: _Chunk, lexemes: Lexemes) -> bytes:
    # PostgreSQL sorts the lexemes itself as it receives them.
    pieces: list[bytes] = []
    for kind, places in chunk.kinds.items():
        made = [b""] * (2 * len(places))
        made[::2] = map(lexemes.kind(kind).__getitem__, places)
        made[1::2] = [
            _ONE_PLACE[each[0]] if len(each) == 1 else _PLACES[len(each)](len(each), *each)
            for each in places.values()
        ]
        pieces += made
    written = b"".join([_COUNT.pack(len(pieces) // 2), *pieces])
    return written if len(written) <= _MOST_BYTES else _shortened(pieces)


def _shortened(pieces: Sequence[bytes]) -> bytes:
    kept, size = 0, 0
    while size <= _MOST_BYTES - len(pieces[kept]) - len(pieces[kept + 1]):
        size += len(pieces[kept]) + len(pieces[kept + 1])
        kept += 2
    return b"".join([_COUNT.pack(kept // 2), *pieces[:kept]])
