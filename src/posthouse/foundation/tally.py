"""How much somebody did lately, in all processes that share a board: limits per minute and hour.

As in `census.py` each process writes only its own part and nobody is locked; two that count in the
same instant may let one more pass. The last whole window counts by the share of it that is not past
yet, so that nobody gets twice the limit around a full minute.
"""

import array
import functools
import os
from hashlib import blake2b

# Names are counted in cells chosen by a keyed hash: two that fall into one are counted together,
# which is rare among so many cells, and nobody outside can bring it about.
_CELLS = 65_536
_SLOT, _COUNT, _BEFORE, _WORDS = 0, 1, 2, 3
_PART = _CELLS * _WORDS * array.array("I").itemsize
_LARGEST = 2**32 - 1


def tally_size(tallies: int, processes: int) -> int:
    """Bytes of the map for so many. Most of it is never touched and takes no memory."""
    return tallies * processes * _PART


class Tally:
    """One kind of deed, counted over windows of `seconds`."""

    def __init__(
        self, board: memoryview, key: bytes, *, seconds: int, tally: int, tallies: int, number: int
    ) -> None:
        """`board` starts as zeros and has `tally_size` bytes; `number` is this process's."""
        size = tallies * _PART
        starts = range(tally * _PART, len(board), size)
        self._parts = [board[start : start + _PART].cast("I") for start in starts]
        self._own = self._parts[number]
        self._seconds = seconds
        self._cell_of = functools.lru_cache(4096)(functools.partial(_cell_of, key))

    @classmethod
    def alone(cls, seconds: int) -> "Tally":
        """Of a process that shares with nobody."""
        board = memoryview(bytearray(tally_size(1, 1)))
        return cls(board, os.urandom(16), seconds=seconds, tally=0, tallies=1, number=0)

    def admit(self, name: str, limit: int, now: float) -> bool:
        """Count one more, unless `limit` is reached in the window that ends at `now` (Unix time).

        What is refused is not counted: who keeps asking is let in again as the window moves on.
        """
        cell = self._cell_of(name)
        if self._count(cell, now) + 1 > limit:
            return False
        slot = int(now // self._seconds) & _LARGEST
        own = self._own
        if own[cell + _SLOT] != slot:
            own[cell + _BEFORE] = own[cell + _COUNT] if own[cell + _SLOT] == slot - 1 else 0
            own[cell + _COUNT] = 0
            own[cell + _SLOT] = slot
        own[cell + _COUNT] += 1
        return True

    def _count(self, cell: int, now: float) -> float:
        slot, past = divmod(now, self._seconds)
        current = int(slot) & _LARGEST
        count = before = 0
        for part in self._parts:
            if part[cell + _SLOT] == current:
                count += part[cell + _COUNT]
                before += part[cell + _BEFORE]
            elif part[cell + _SLOT] == current - 1:
                before += part[cell + _COUNT]
        return count + before * (1 - past / self._seconds)


def _cell_of(key: bytes, name: str) -> int:
    digest = blake2b(name.encode(), digest_size=8, key=key).digest()
    return int.from_bytes(digest) % _CELLS * _WORDS
