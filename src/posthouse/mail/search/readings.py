"""A text → where its tokens stand in it: what `tokens.tokens` finds one by one, as arrays.

A mail has a thousand words. To cut them out and look each up costs several times what arithmetic
on the text as a whole costs, so nothing here is done for a single word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from posthouse.mail.search.tokens import (
    ASCII_FOLDED,
    CJK,
    FIRST_EDGE,
    LAST_EDGE,
    LONGEST_TOKEN,
    fold,
)

# What a character is part of.
_NOTHING, _LETTERS, _DIGITS, _CJK = range(4)
_ASCII_KINDS = bytes(
    _DIGITS if 48 <= code <= 57 else _LETTERS if 97 <= code <= 122 else _NOTHING
    for code in range(256)
)
# From here on all are CJK, up to the second.
_FIRST_RARE, _LAST_RARE = 0x20000, 0x3FFFF
_EDGE_SIZES = np.arange(FIRST_EDGE, LAST_EDGE + 1)
# Characters that are read together: their arrays take some fifty times their room.
_PIECE = 1 << 16
# Where nothing but letters or CJK characters stand, a piece may end within them after all.
_LOOK_BACK = 1 << 12

Kinds = NDArray[np.uint8]
Places = NDArray[np.int64]


@dataclass(slots=True)
class Slices:
    """Tokens as slices of a text, and the place of each among its words and CJK characters."""

    starts: Places
    ends: Places
    places: Places


@dataclass(slots=True)
class Reading:
    """A piece of a text, folded, in UTF-8, and slices of it. It has `size` places.

    `tokens` are words, CJK characters and pairs of these, `parts` what words of letters and digits
    are made of (a part may come twice at a place), `edges` the beginnings of words with digits.
    """

    octets: bytes
    size: int
    tokens: Slices
    parts: Slices | None
    edges: Slices | None


def readings(text: str) -> Iterator[Reading]:
    """A text in pieces; in each the places begin at 0."""
    if text.isascii():
        text = text.encode().translate(ASCII_FOLDED).decode()
    else:
        text = fold(text).encode("utf-8", "replace").decode()  # halves of surrogate pairs
    if len(text) <= _PIECE:
        yield _read(text)
        return
    start = 0
    while start < len(text):
        end = _end_of_piece(text, start)
        yield _read(text[start:end])
        start = end


def _end_of_piece(text: str, start: int) -> int:
    """Between two words, if there is such a place."""
    end = start + _PIECE
    for place in range(end, end - _LOOK_BACK, -1):
        if not text[place : place + 1].isalnum():
            return place
    return end


def _read(text: str) -> Reading:
    octets = text.encode()
    if len(octets) == len(text):
        return _slices(octets, np.frombuffer(octets.translate(_ASCII_KINDS), np.uint8), None)
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    sizes = np.ones(len(codes), np.uint8)
    for first_longer in (0x80, 0x800, 0x10000):
        sizes += codes >= first_longer
    offsets = np.zeros(len(codes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return _slices(octets, _kinds_of(codes), offsets)


def _slices(octets: bytes, kinds: Kinds, offsets: Places | None) -> Reading:
    """`offsets` are where characters begin in the octets, unless each is one octet."""
    # With nothing before and behind, so that whatever begins has an end.
    framed = np.zeros(len(kinds) + 2, np.uint8)
    framed[1:-1] = kinds
    in_word = (framed == _LETTERS) | (framed == _DIGITS)
    turns = (in_word[1:] != in_word[:-1]).nonzero()[0]
    starts = turns[::2]
    ends = np.minimum(turns[1::2], starts + LONGEST_TOKEN)
    words = Slices(starts, ends, np.arange(len(starts)))
    size, tokens = len(starts), words
    if offsets is not None and (characters := kinds == _CJK).any():
        size, tokens = _with_characters(characters, words)
    parts, edges = _more(kinds, words)
    if offsets is not None:
        for slices in (tokens, parts, edges):
            if slices is not None:
                slices.starts, slices.ends = offsets[slices.starts], offsets[slices.ends]
    return Reading(octets, size, tokens, parts, edges)


def _with_characters(characters: NDArray[np.bool_], words: Slices) -> tuple[int, Slices]:
    """How many places there are, and all tokens, when CJK characters stand among the words."""
    begins = characters.copy()
    begins[words.starts] = True
    place_of = np.cumsum(begins, dtype=np.int64) - 1
    words.places = place_of[words.starts]
    single = characters.nonzero()[0]
    first = (characters[1:] & characters[:-1]).nonzero()[0]
    starts = np.concatenate((words.starts, single, first))
    ends = np.concatenate((words.ends, single + 1, first + 2))
    return int(place_of[-1]) + 1, Slices(starts, ends, place_of[starts])


def _more(kinds: Kinds, words: Slices) -> tuple[Slices | None, Slices | None]:
    """Parts and edges: few words have digits."""
    digits = kinds == _DIGITS
    if not digits.any():
        return None, None
    before = np.zeros(len(kinds) + 1, np.int64)
    np.cumsum(digits, out=before[1:])
    counts = before[words.ends] - before[words.starts]
    numbered = counts.nonzero()[0]
    starts, places = words.starts[numbered], words.places[numbered]
    sizes = words.ends[numbered] - starts
    which, longer = (sizes[:, None] > _EDGE_SIZES).nonzero()
    starts = starts[which]
    edges = Slices(starts, starts + _EDGE_SIZES[longer], places[which])
    mixed = numbered[counts[numbered] < sizes]
    return _parts(kinds, words, mixed) if len(mixed) else None, edges


def _parts(kinds: Kinds, words: Slices, mixed: Places) -> Slices:
    """Runs of digits and of letters in some of the words."""
    borders = np.zeros(len(kinds) + 2, np.int8)
    borders[words.starts[mixed] + 1] = 1
    borders[words.ends[mixed] + 1] = -1
    within = np.cumsum(borders, dtype=np.uint8)
    within[1:-1] *= kinds
    turns = (within[1:] != within[:-1]).nonzero()[0]
    begin = within[turns + 1].nonzero()[0]
    starts, ends = turns[begin], turns[begin + 1]
    of_word = np.searchsorted(words.starts, starts, side="right") - 1
    return Slices(starts, ends, words.places[of_word])


def _kinds_of(codes: NDArray[np.uint32]) -> Kinds:
    found = _kinds().take(np.minimum(codes, _FIRST_RARE))
    if codes.max(initial=0) > _LAST_RARE:
        found[codes > _LAST_RARE] = _NOTHING
    return found


@cache
def _kinds() -> Kinds:
    """Of each code point below `_FIRST_RARE`, and of those that follow."""
    characters = "".join(map(chr, range(_FIRST_RARE + 1)))
    kinds = np.zeros(len(characters), np.uint8)
    for kind, pattern in ((_LETTERS, r"[^\W\d_]+"), (_DIGITS, r"\d+"), (_CJK, f"[{CJK}]+")):
        for match in re.finditer(pattern, characters):
            kinds[match.start() : match.end()] = kind
    return kinds
