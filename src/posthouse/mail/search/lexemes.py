"""Tokens → keyed lexemes → tsvector bytes.

A lexeme is 8 characters: 6 bytes of a keyed hash of the token and the field it was found in. So
the index holds no word, and words of two workspaces never meet.
"""

import base64
import struct
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import add
from weakref import WeakKeyDictionary

from posthouse.mail.search.tokens import FIRST_CJK, edges, is_cjk, parts, tokens, words
from posthouse.security.vault import Keyring

CHUNK_POSITIONS = 8000
# The end of a chunk is repeated at the start of the next, so that phrases across are found.
_OVERLAP = 16
# Between fields, so that no phrase spans two.
_GAP = 20
# PostgreSQL keeps at most 256 positions of a lexeme.
_MOST_POSITIONS = 255
_CACHE_SIZE = 200_000
# It keeps at most 1 MiB of lexemes and positions in a tsvector; this leaves room for alignment.
_MOST_BYTES = 1_000_000
_COUNT = struct.Struct(">I")
# Up to this length a token with digits is found whole only.
_SHORT = 3
_PLACES = [struct.Struct(f">H{n}H") for n in range(_MOST_POSITIONS + 1)]
# Most lexemes stand once: what follows them, by position (PostgreSQL's are below 2 ** 14).
_ONE_PLACE = [b"\0" + struct.pack(">HH", 1, place) for place in range(1 << 14)]

# What a token was found in. ANY holds everything; the others narrow it.
ANY, FROM, TO, SUBJECT, FILE, HAS, EDGE, FROM_EDGE, TO_EDGE = "wftsnhpFT"
# HAS of a first chunk that is not the only one.
MORE = "more"


class Lexemes:
    """Hashes tokens for one workspace; remembers the frequent ones."""

    def __init__(self, keys: Keyring) -> None:
        self._hasher = keys.hasher("search", 6)
        self._known: dict[str, bytes] = {}

    def of(self, kind: str, token: str) -> bytes:
        """The lexeme of a token in a kind of field."""
        marked = kind + token
        lexeme = self._known.get(marked)
        if lexeme is None:
            hasher = self._hasher.copy()
            hasher.update(marked.encode("utf-8", "replace"))
            lexeme = base64.urlsafe_b64encode(hasher.digest())
            if len(self._known) >= _CACHE_SIZE:
                self._known.clear()
            self._known[marked] = lexeme
        return lexeme


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
    writer = _Writer(lexemes)
    writer.add_field(document.subject, SUBJECT, EDGE)
    for person in document.senders:
        writer.add_field(person, FROM, EDGE, FROM_EDGE)
    for person in (*document.recipients, *document.hidden_recipients):
        writer.add_field(person, TO, EDGE, TO_EDGE)
    for name in document.file_names:
        writer.add_field(name, FILE, EDGE)
    if document.file_names:
        writer.put(HAS, "attachment", 1)
    writer.add_text(document.text)
    return writer.finish()


class _Writer:
    def __init__(self, lexemes: Lexemes) -> None:
        self._of = lexemes.of
        self._chunks: list[dict[bytes, list[int]]] = [{}]
        self._next = 1

    def put(self, kind: str, token: str, position: int) -> None:
        self._chunks[-1].setdefault(self._of(kind, token), []).append(position)

    def add_field(self, text: str, kind: str, *edge_kinds: str) -> None:
        """A short field: found whole, in its field, and by beginnings."""
        if self._next > CHUNK_POSITIONS:
            return
        last = self._next
        for token, position in tokens(text[:4000], self._next):
            last = position
            self.put(ANY, token, position)
            self.put(kind, token, position)
            for edge in edges(token):
                for edge_kind in edge_kinds:
                    self.put(edge_kind, edge, position)
        self._next = last + _GAP

    def add_text(self, text: str) -> None:
        """The body: as many chunks as it takes."""
        places: dict[str, list[int]] = defaultdict(list)
        position = self._next
        for word in words(text):
            if position > CHUNK_POSITIONS:
                places, position = self._next_chunk(places), _OVERLAP
            if word < FIRST_CJK or not is_cjk(word):
                places[word].append(position)
                position += 1
                continue
            while len(word) > (room := CHUNK_POSITIONS + 1 - position):
                _add_run(places, word[: room + 1], position, room)
                places, position, word = self._next_chunk(places), _OVERLAP, word[room:]
            _add_run(places, word, position, len(word))
            position += len(word)
        self._put_all(places)

    def _next_chunk(self, full: dict[str, list[int]]) -> dict[str, list[int]]:
        """Close the chunk that is full; its last positions, moved to the front of the next."""
        self._put_all(full)
        self._chunks.append({})
        start = CHUNK_POSITIONS - _OVERLAP + 1
        moved: dict[str, list[int]] = defaultdict(list)
        for token, positions in full.items():
            if positions[-1] > start:
                moved[token] = [each - start for each in positions if each > start]
        return moved

    def _put_all(self, places: dict[str, list[int]]) -> None:
        """Hash each token of a text once, wherever it stands."""
        of, chunk = self._of, self._chunks[-1]
        for token, positions in places.items():
            chunk.setdefault(of(ANY, token), []).extend(positions)
            if token.isalpha():
                continue
            for part in parts(token):
                chunk.setdefault(of(ANY, part), []).extend(positions)
            if len(token) > _SHORT:
                for edge in edges(token):
                    chunk.setdefault(of(EDGE, edge), []).extend(positions)

    def finish(self) -> list[bytes]:
        """The first chunk knows every word of the document, those of later ones without a place."""
        first, *others = self._chunks
        if others:
            self._chunks[0] = {self._of(HAS, MORE): [1], **first}
            for other in others:
                for lexeme in other:
                    self._chunks[0].setdefault(lexeme, [])
        return [_tsvector(chunk) for chunk in self._chunks]


def _add_run(places: dict[str, list[int]], run: str, position: int, count: int) -> None:
    """The first `count` characters of a run, each alone and with the one after it."""
    for place, character in enumerate(run[:count], position):
        places[character].append(place)
    for place, pair in enumerate(map(add, run, run[1:]), position):
        places[pair].append(place)


def _tsvector(chunk: dict[bytes, list[int]]) -> bytes:
    # PostgreSQL sorts the lexemes itself as it receives them.
    pieces: list[bytes] = []
    size = 0
    for lexeme, positions in chunk.items():
        if len(positions) == 1:
            piece = lexeme + _ONE_PLACE[positions[0]]
        else:
            unique = sorted(set(positions))[:_MOST_POSITIONS]
            piece = lexeme + b"\0" + _PLACES[len(unique)].pack(len(unique), *unique)
        size += len(piece)
        if size > _MOST_BYTES:
            break
        pieces.append(piece)
    return b"".join([_COUNT.pack(len(pieces)), *pieces])
