"""Tokens → keyed lexemes → tsvector bytes.

A lexeme is 8 characters: 6 bytes of a keyed hash of the token and the field it was found in. So
the index holds no word, and words of two workspaces never meet.
"""

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from posthouse.mail.search.tokens import edges, tokens
from posthouse.security.vault import Keyring

CHUNK_POSITIONS = 8000
# The end of a chunk is repeated at the start of the next, so that phrases across are found.
_OVERLAP = 16
# Between fields, so that no phrase spans two.
_GAP = 20
# PostgreSQL keeps at most 256 positions of a lexeme.
_MOST_POSITIONS = 255
_CACHE_SIZE = 200_000
_COUNT = struct.Struct(">I")
_PLACES = [struct.Struct(f">H{n}H") for n in range(_MOST_POSITIONS + 1)]

# What a token was found in. ANY holds everything; the others narrow it.
ANY, FROM, TO, SUBJECT, FILE, HAS, EDGE, FROM_EDGE, TO_EDGE = "wftsnhpFT"


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
        shift = 0
        put = self.put
        for token, place in tokens(text, self._next):
            position = place - shift
            if position > CHUNK_POSITIONS:
                shift += position - _OVERLAP
                position = _OVERLAP
                self._chunks.append(self._tail(CHUNK_POSITIONS))
            put(ANY, token, position)
            if not token.isalpha() and len(token) > 3:
                for edge in edges(token):
                    put(EDGE, edge, position)

    def _tail(self, end: int) -> dict[bytes, list[int]]:
        """The last positions of the chunk that is full, moved to the front of the next."""
        start = end - _OVERLAP + 1
        moved: dict[bytes, list[int]] = {}
        for lexeme, positions in self._chunks[-1].items():
            kept = [position - start + 1 for position in positions if position > start]
            if kept:
                moved[lexeme] = kept
        return moved

    def finish(self) -> list[bytes]:
        return [_tsvector(chunk) for chunk in self._chunks]


def _tsvector(chunk: dict[bytes, list[int]]) -> bytes:
    pieces = [_COUNT.pack(len(chunk))]
    for lexeme in sorted(chunk):
        positions = chunk[lexeme]
        if len(positions) > 1:
            positions = sorted(set(positions))[:_MOST_POSITIONS]
        pieces += [lexeme, b"\0", _PLACES[len(positions)].pack(len(positions), *positions)]
    return b"".join(pieces)
