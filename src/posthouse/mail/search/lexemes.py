"""Tokens → keyed lexemes: the index holds no word, and words of two workspaces never meet.

A lexeme is 7 characters: 42 bits of what AES makes of the token, under a key of the workspace and
of the kind of field it was found in. An eighth would lengthen each entry of PostgreSQL's index by
half. Where many are handled it is a number that sorts as those characters do.
"""

from binascii import b2a_base64
from string import ascii_lowercase, ascii_uppercase, digits
from weakref import WeakKeyDictionary

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

from posthouse.mail.search.readings import Slices
from posthouse.security.vault import Keyring

# Base64 names the values of six bits in another order than PostgreSQL sorts their characters.
_BASE64 = (ascii_uppercase + ascii_lowercase + digits + "+/").encode()
SORTED = ("-" + digits + ascii_uppercase + "_" + ascii_lowercase).encode()
_TO_WRITTEN = bytes.maketrans(_BASE64, SORTED)

# A number leaves room for a position, which PostgreSQL keeps in 14 bits.
POSITION_BITS = 14
_BITS = (1 << 42) - 1
_BLOCK = 16
_BLOCK_TYPE = np.dtype(f"V{_BLOCK}")
# What a token of so many octets leaves of the block that begins with it.
_MASKS = np.frombuffer(
    b"".join(b"\xff" * size + bytes(_BLOCK - size) for size in range(_BLOCK + 1)), _BLOCK_TYPE
)

# What a token was found in. ANY holds everything; the others narrow it.
ANY, FROM, TO, SUBJECT, FILE, HAS, EDGE, FROM_EDGE, TO_EDGE = "wftsnhpFT"
_KINDS = (ANY, HAS, SUBJECT, FROM, TO, FILE, FROM_EDGE, TO_EDGE, EDGE)
# HAS of a first chunk that is not the only one.
MORE = "more"
# Numbers kept in memory, of the tokens of one kind of field.
_MOST_KNOWN = 20_000

Numbers = NDArray[np.int64]


class Lexemes:
    """Those of one workspace."""

    def __init__(self, keys: Keyring) -> None:
        self._of_kind = {kind: _OfKind(keys, kind) for kind in _KINDS}

    def of(self, kind: str, token: str) -> bytes:
        """The lexeme of a token in a kind of field, as a query names it."""
        number = self._of_kind[kind][token] >> POSITION_BITS
        written = b2a_base64((number << 6).to_bytes(6, "big"), newline=False)
        return written[:-1].translate(_TO_WRITTEN)

    def number(self, kind: str, token: str) -> int:
        """The lexeme of a token in a kind of field, as a number whose last bits are free."""
        return self._of_kind[kind][token]

    def numbers(self, kind: str, octets: bytes, tokens: Slices) -> Numbers:
        """The same of many tokens, which are slices of a text in UTF-8."""
        return self._of_kind[kind].numbers(octets, tokens.starts, tokens.ends)


class _OfKind(dict[str, int]):
    """Token → number in one kind of field; what is not there is made.

    A token is a block of AES, so that a thousand of them take some microseconds. No two tokens are
    the same block, for none has a zero; no block is seen outside, but 42 bits of what it becomes.
    """

    __slots__ = ("_cipher", "_keys", "_kind")

    def __init__(self, keys: Keyring, kind: str) -> None:
        self._keys, self._kind = keys, kind
        self._cipher = Cipher(AES(keys.hash("search", kind.encode(), 32)), ECB())

    def __missing__(self, token: str) -> int:
        octets = token.encode("utf-8", "replace")
        if len(octets) > _BLOCK:
            octets = self._keys.hash("search long", octets, _BLOCK)
        made = self._cipher.encryptor().update(octets.ljust(_BLOCK, b"\0"))
        number = (int.from_bytes(made[:8], "little") & _BITS) << POSITION_BITS
        if len(self) >= _MOST_KNOWN:
            self.clear()
        self[token] = number
        return number

    def numbers(self, octets: bytes, starts: Numbers, ends: Numbers) -> Numbers:
        """Those of slices of a text in UTF-8."""
        room = octets + bytes(_BLOCK)
        every = np.ndarray(len(octets) + 1, _BLOCK_TYPE, room, strides=(1,))
        sizes = ends - starts
        blocks = every.take(starts).view(np.uint64)
        blocks &= _MASKS.take(np.minimum(sizes, _BLOCK)).view(np.uint64)
        made = self._cipher.encryptor().update(blocks.tobytes())
        numbers = np.frombuffer(made, "<i8")[::2] & _BITS
        numbers <<= POSITION_BITS
        for place in (sizes > _BLOCK).nonzero()[0].tolist():
            numbers[place] = self[octets[starts[place] : ends[place]].decode()]
        return numbers


_of_keyring: "WeakKeyDictionary[Keyring, Lexemes]" = WeakKeyDictionary()


def lexemes_of(keys: Keyring) -> Lexemes:
    """The one `Lexemes` of a keyring in this process."""
    found = _of_keyring.get(keys)
    if found is None:
        found = _of_keyring[keys] = Lexemes(keys)
    return found
