"""A folder's columns while nobody looks at them: a few kilobytes instead of hundreds.

Uids and modseqs are mostly one more than the one before, flags mostly the same.
"""

import zlib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import sub

import msgspec

Keywords = dict[int, tuple[str, ...]]
_KEYWORDS = msgspec.msgpack.Decoder(Keywords)


@dataclass(frozen=True, slots=True)
class Packed:
    """Columns of equal length, deflated."""

    uids: bytes
    flags: bytes
    modseqs: bytes
    keywords: bytes


def pack(
    uids: "array[int]",
    flags: "array[int]",
    modseqs: "array[int]",
    keywords: Mapping[int, tuple[str, ...]],
) -> Packed:
    """20,000 messages take about 5 ms."""
    return Packed(
        _deflated(_steps(uids)),
        _deflated(flags.tobytes()),
        _deflated(_steps(modseqs)),
        _deflated(msgspec.msgpack.encode(keywords)),
    )


def unpack(packed: Packed) -> tuple["array[int]", "array[int]", "array[int]", Keywords]:
    """What was packed; 20,000 messages take about 3 ms."""
    return (
        _summed("I", packed.uids),
        array("B", zlib.decompress(packed.flags)),
        _summed("Q", packed.modseqs),
        _KEYWORDS.decode(zlib.decompress(packed.keywords)),
    )


def _deflated(octets: bytes) -> bytes:
    return zlib.compress(octets, 1)


def _steps(column: Iterable[int]) -> bytes:
    return array("q", map(sub, column, chain((0,), column))).tobytes()


def _summed(typecode: str, deflated: bytes) -> "array[int]":
    steps = array("q", zlib.decompress(deflated))
    return array(typecode, accumulate(steps))
