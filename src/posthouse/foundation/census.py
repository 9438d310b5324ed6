"""How many connections are open, and from where, in all processes that accept from one address.

Limits hold for the server and not for each of its processes, and the next connection goes to the
process that has the fewest (`entrance.py`). Each process writes only its own part of a shared map,
so nothing is locked; two that admit in the same instant may admit one more than the limit.
"""

import array
import functools
import os
from hashlib import blake2b

from posthouse.foundation.sources import network_of

# Sources are counted in cells chosen by a keyed hash: two that fall into one are counted together,
# which matters only when both hold many connections, and nobody outside can bring that about.
_CELLS = 16_384
_PRESENT, _COMING, _ADMITTED, _HEAD = 0, 1, 2, 3
_WORD = array.array("I").itemsize
_PART = (_HEAD + _CELLS) * _WORD


def census_size(listeners: int, processes: int) -> int:
    """Bytes of the map for so many."""
    return listeners * processes * _PART


def forget_process(board: memoryview, number: int, listeners: int) -> None:
    """A process that has ended holds no connection any more."""
    size = listeners * _PART
    board[number * size : (number + 1) * size] = bytes(size)


class Census:
    """The connections of one listener, as one of the processes sees and counts them."""

    def __init__(
        self, board: memoryview, key: bytes, *, listener: int, listeners: int, number: int
    ) -> None:
        """`board` starts as zeros and has `census_size` bytes; `number` is this process's."""
        size = listeners * _PART
        starts = range(listener * _PART, len(board), size)
        self._parts = [board[start : start + _PART].cast("I") for start in starts]
        self._own = self._parts[number]
        self._others = [part for part in self._parts if part is not self._own]
        self._cell_of = functools.lru_cache(4096)(functools.partial(_cell_of, key))

    @classmethod
    def alone(cls) -> "Census":
        """Of a process that shares its address with nobody."""
        board = memoryview(bytearray(census_size(1, 1)))
        return cls(board, os.urandom(16), listener=0, listeners=1, number=0)

    # -- who takes the next one

    def open(self) -> None:
        """This process accepts from now on."""
        self._own[_PRESENT] = 1

    def close(self) -> None:
        """It does not any more; nobody waits for it."""
        self._own[_PRESENT] = 0

    def coming(self, step: int) -> None:
        """A connection was accepted (1), or is admitted or gone by now (-1)."""
        self._own[_COMING] += step

    @property
    def held(self) -> int:
        """The connections of this process."""
        return _held(self._own)

    @property
    def fewest_elsewhere(self) -> int | None:
        """Of the other process that has the fewest; None when no other accepts."""
        return min((_held(part) for part in self._others if part[_PRESENT]), default=None)

    # -- limits

    @property
    def admitted(self) -> int:
        """In all processes."""
        return sum(part[_ADMITTED] for part in self._parts)

    def admitted_from(self, host: str) -> int:
        """In all processes, from the network of this address."""
        cell = self._cell_of(host)
        return sum(part[cell] for part in self._parts)

    def admit(self, host: str) -> None:
        """Count a connection of this process."""
        self._own[_ADMITTED] += 1
        self._own[self._cell_of(host)] += 1

    def leave(self, host: str) -> None:
        """An admitted connection ended."""
        self._own[_ADMITTED] -= 1
        self._own[self._cell_of(host)] -= 1


def _held(part: memoryview) -> int:
    return int(part[_COMING] + part[_ADMITTED])


def _cell_of(key: bytes, host: str) -> int:
    digest = blake2b(network_of(host).encode(), digest_size=8, key=key).digest()
    return _HEAD + int.from_bytes(digest) % _CELLS
