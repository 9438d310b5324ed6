"""Tokens → keyed lexemes: the index holds no word, and words of two workspaces never meet.

A lexeme is 8 characters: 6 bytes of a keyed hash of the token and the field it was found in. Where
many are handled it is a number that sorts as those characters do.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from string import ascii_lowercase, ascii_uppercase, digits
from weakref import WeakKeyDictionary

from posthouse.mail.search.tokens import edges, parts
from posthouse.security.vault import Keyring
from posthouse.security.vault.model import Hasher

# Lexemes kept in memory: of all words, and of those of one kind of field.
_MOST_KNOWN, _MOST_KNOWN_OF_A_FIELD = 200_000, 20_000

# Base64 names the values of six bits in another order than PostgreSQL sorts their characters.
_BASE64 = (ascii_uppercase + ascii_lowercase + digits + "+/").encode()
_WRITTEN = (ascii_uppercase + ascii_lowercase + digits + "-_").encode()
SORTED = ("-" + digits + ascii_uppercase + "_" + ascii_lowercase).encode()
_TO_SORTED = bytes.maketrans(_BASE64, bytes(_BASE64[SORTED.index(c)] for c in _WRITTEN))
_TO_WRITTEN = bytes.maketrans(_BASE64, SORTED)

# A number leaves room for a position, which PostgreSQL keeps in 14 bits.
POSITION_BITS = 14
# Of a word of a text: it has parts, or beginnings by which it is found.
HAS_MORE = 1 << 62

# What a token was found in. ANY holds everything; the others narrow it.
ANY, FROM, TO, SUBJECT, FILE, HAS, EDGE, FROM_EDGE, TO_EDGE = "wftsnhpFT"
_NARROW = (HAS, SUBJECT, FROM, TO, FILE, FROM_EDGE, TO_EDGE, EDGE)
# HAS of a first chunk that is not the only one.
MORE = "more"
# Up to this length a token with digits is found whole only.
_SHORT = 3


class _Known(dict[str, int]):
    """Token → number in one kind of field; what is not there is made."""

    __slots__ = ("_hasher", "_kind", "_size")

    def __init__(self, hasher: Hasher, kind: str, size: int) -> None:
        self._hasher, self._kind, self._size = hasher, kind, size

    def __missing__(self, token: str) -> int:
        hasher = self._hasher.copy()
        hasher.update((self._kind + token).encode("utf-8", "replace"))
        characters = b2a_base64(hasher.digest(), newline=False).translate(_TO_SORTED)
        number = int.from_bytes(a2b_base64(characters), "big") << POSITION_BITS
        if len(self) >= self._size:
            self.clear()
        self[token] = number
        return number


class _OfText(_Known):
    """Word of a text → number in ANY, marked with HAS_MORE."""

    __slots__ = ()

    def __missing__(self, token: str) -> int:
        number = super().__missing__(token)
        if not token.isalpha() and (len(token) > _SHORT or parts(token)):
            number = self[token] = number | HAS_MORE
        return number


class Lexemes:
    """Hashes tokens for one workspace; remembers the frequent ones."""

    def __init__(self, keys: Keyring) -> None:
        hasher = keys.hasher("search", 6)
        kinds = (ANY, *_NARROW)
        self._known = {kind: _Known(hasher, kind, _MOST_KNOWN_OF_A_FIELD) for kind in kinds}
        self.of_text: Mapping[str, int] = _OfText(hasher, ANY, _MOST_KNOWN)

    def of(self, kind: str, token: str) -> bytes:
        """The lexeme of a token in a kind of field, as a query names it."""
        number = self._known[kind][token] >> POSITION_BITS
        return b2a_base64(number.to_bytes(6, "big"), newline=False).translate(_TO_WRITTEN)

    def number(self, kind: str, token: str) -> int:
        """The lexeme of a token in a kind of field, as a number whose last bits are free."""
        return self._known[kind][token]

    def parts(self, word: str) -> list[int]:
        """What a word of a text that HAS_MORE is made of."""
        known = self._known[ANY]
        return [known[part] for part in parts(word)]

    def edges(self, word: str) -> list[int]:
        """The beginnings by which a word of a text that HAS_MORE is found."""
        known = self._known[EDGE]
        return [known[edge] for edge in edges(word)] if len(word) > _SHORT else []


_of_keyring: "WeakKeyDictionary[Keyring, Lexemes]" = WeakKeyDictionary()


def lexemes_of(keys: Keyring) -> Lexemes:
    """The one `Lexemes` of a keyring in this process."""
    found = _of_keyring.get(keys)
    if found is None:
        found = _of_keyring[keys] = Lexemes(keys)
    return found
