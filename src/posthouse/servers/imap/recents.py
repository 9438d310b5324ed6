"""Which messages are \\Recent to one session (RFC 3501 2.3.2)."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence


class Recents:
    """A set of uids as bounds of its runs: the first of one, the first behind it, and so on.

    Few, however many messages there are: runs only end where another session was first.
    """

    __slots__ = ("_bounds",)

    def __init__(self, after: int | None = None, uid_next: int = 1) -> None:
        """All above `after`, none when that is None."""
        self._bounds = array("Q")
        if after is not None and after + 1 < uid_next:
            self._bounds.extend((after + 1, uid_next))

    def __bool__(self) -> bool:
        return bool(self._bounds)

    def __contains__(self, uid: int) -> bool:
        return bisect_right(self._bounds, uid) % 2 == 1

    def add(self, uid: int, *, after: int) -> None:
        """A new message, which stands behind the one with the uid `after`."""
        if after in self:
            self._bounds[-1] = uid + 1
        else:
            self._bounds.extend((uid, uid + 1))

    def positions(self, uids: Sequence[int]) -> list[range]:
        """Where among ascending `uids` they stand."""
        runs = zip(self._bounds[::2], self._bounds[1::2], strict=True)
        return [range(bisect_left(uids, first), bisect_left(uids, stop)) for first, stop in runs]
