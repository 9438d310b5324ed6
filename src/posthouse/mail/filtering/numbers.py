"""Traits of a mail as numbers: 64 bits each, the same in every house until a key is put on them.

Words are numbered together, as blocks of AES (see mail/search/lexemes.py for the trick); pairs of
neighbours are made of their numbers. `places_of` then turns numbers into places of a table that
only the holder of a key can find: a table of weights tells nothing about any mail.
"""

from collections.abc import Sequence

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

from posthouse.mail.search.readings import Places, readings

Numbers = NDArray[np.uint64]

_BLOCK = 16
_BLOCK_TYPE = np.dtype(f"V{_BLOCK}")
_MASKS = np.frombuffer(
    b"".join(b"\xff" * size + bytes(_BLOCK - size) for size in range(_BLOCK + 1)), _BLOCK_TYPE
)
# Public on purpose: what the shipped weights were learned with. Secrecy is the second key's work.
_PUBLIC = Cipher(AES(b"posthouse traits"), ECB())
_ODD = np.uint64(0x9E3779B97F4A7C15)
_ODDER = np.uint64(0xC2B2AE3D27D4EB4F)
_NONE = np.zeros(0, np.uint64)


class Words:
    """The words of a text: their numbers, and where each stands, to name one again.

    `single` are words, CJK pairs and lone CJK characters; `joined` are neighbours at a distance of
    one and two (of CJK: three and four characters). `joined[i]` begins with the word at
    `begins[i]`.
    """

    __slots__ = ("begins", "ends", "joined", "octets", "single", "starts", "tails")

    def __init__(self, text: str) -> None:
        self.octets = b""
        self.single = self.joined = _NONE
        self.starts = self.ends = self.begins = self.tails = np.zeros(0, np.int64)
        for reading in readings(text):
            # One piece: whoever asks has cut the text to less than a piece holds.
            self._read(
                reading.octets,
                reading.tokens.starts,
                reading.tokens.ends,
                reading.tokens.places,
                reading.size,
            )
            break

    def _read(self, octets: bytes, starts: Places, ends: Places, places: Places, size: int) -> None:
        if not len(starts):
            return
        numbers = _numbered(octets, starts, ends)
        # At each place the longest that begins there: pairs follow the single characters.
        at = np.zeros(size, np.int64)
        at[places] = np.arange(len(places))
        follows = numbers[at]
        near = follows[:-1] * _ODD + follows[1:]
        far = follows[:-2] * _ODDER + follows[2:]
        self.octets, self.starts, self.ends = octets, starts, ends
        self.single = numbers
        self.joined = np.concatenate((near * _ODDER, far * _ODD))
        self.begins = np.concatenate((at[:-1], at[:-2]))
        self.tails = np.concatenate((at[1:], at[2:]))

    def find(self, number: np.uint64, salt: int) -> str:
        """What a number was made of, as it stands in the text; "" if it is not from here."""
        single = _salted_or_not(self.single, salt) == number
        if single.any():
            place = int(single.argmax())
            start, end = self.starts[place], self.ends[place]
        else:
            joined = _salted_or_not(self.joined, salt) == number
            if not joined.any():
                return ""
            place = int(joined.argmax())
            start, end = self.starts[self.begins[place]], self.ends[self.tails[place]]
        return " ".join(self.octets[start:end].decode("utf-8", "replace").split())


def _salted_or_not(numbers: Numbers, salt: int) -> Numbers:
    return salted(numbers, salt) if salt else numbers


def numbers_of(names: Sequence[str]) -> Numbers:
    """Numbers of traits that have names."""
    if not names:
        return _NONE
    encoded = [name.encode("utf-8", "replace") for name in names]
    ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    return _numbered(b"".join(encoded), starts, ends)


def distinct(numbers: Numbers) -> Numbers:
    """Each once, in order. (`np.unique` hashes them, which takes five times as long.)"""
    numbers.sort()
    first = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return numbers[first]


def salted(numbers: Numbers, salt: int) -> Numbers:
    """The same words in another place of a mail are other traits."""
    return (numbers ^ np.uint64(salt)) * _ODD


def places_of(numbers: Numbers, cipher: "Cipher[ECB]", salt: int, bits: int) -> Places:
    """Where the weights of these traits stand in a table of 2^bits, under a key and a salt."""
    blocks = np.empty((len(numbers), 2), np.uint64)
    blocks[:, 0] = numbers
    blocks[:, 1] = salt
    made = cipher.encryptor().update(blocks.tobytes())
    return (np.frombuffer(made, np.uint64)[::2] >> np.uint64(64 - bits)).astype(np.int64)


def _numbered(octets: bytes, starts: Places, ends: Places) -> Numbers:
    """Of slices: the first sixteen octets and the size tell words apart well enough."""
    room = octets + bytes(_BLOCK)
    every = np.ndarray(len(octets) + 1, _BLOCK_TYPE, room, strides=(1,))
    sizes = ends - starts
    blocks = every.take(starts).view(np.uint64)
    blocks &= _MASKS.take(np.minimum(sizes, _BLOCK)).view(np.uint64)
    blocks[::2] ^= (sizes * (sizes > _BLOCK)).astype(np.uint64) << np.uint64(56)
    made = _PUBLIC.encryptor().update(blocks.tobytes())
    return np.frombuffer(made, np.uint64)[::2].copy()
