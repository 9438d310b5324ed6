"""Who may visit a site next: as many at once as it bears, people's mail before any other."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from posthouse.sending.outbox.model import Share

_RANKS = {Share.PEOPLE: 0, Share.NOTICES: 1, Share.BULK: 2}


@dataclass(slots=True, order=True)
class _Waiter:
    rank: int
    number: int
    turn: "asyncio.Future[None]" = field(compare=False)


class Gate:
    """One site's. `limit` is asked whenever somebody comes or goes, so it may change."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._inside: dict[Share, int] = dict.fromkeys(Share, 0)
        self._waiting: list[_Waiter] = []
        self._numbers = itertools.count()

    @property
    def idle(self) -> bool:
        """Nobody is inside or waits."""
        return not self._waiting and not any(self._inside.values())

    @asynccontextmanager
    async def visit(self, share: Share) -> AsyncIterator[None]:
        """Wait for a place, hold it, give it back."""
        await self._enter(share)
        try:
            yield
        finally:
            self._inside[share] -= 1
            self.let_in()

    def let_in(self) -> None:
        """Call whoever may come now: after somebody left, or when the limit has grown."""
        while self._waiting:
            share = _SHARES[self._waiting[0].rank]
            if self._waiting[0].turn.done():  # cancelled meanwhile
                heapq.heappop(self._waiting)
            elif self._has_room(share):
                self._inside[share] += 1
                heapq.heappop(self._waiting).turn.set_result(None)
            else:
                break  # those behind have no better right

    async def _enter(self, share: Share) -> None:
        if not self._waiting and self._has_room(share):
            self._inside[share] += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, _Waiter(_RANKS[share], next(self._numbers), turn))
        self.let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._inside[share] -= 1
                self.let_in()
            raise

    def _has_room(self, share: Share) -> bool:
        """Where two may be inside, one place is for people's mail alone."""
        limit = self._limit()
        inside = sum(self._inside.values())
        if share is Share.PEOPLE or limit < 2:
            return inside < limit
        others = inside - self._inside[Share.PEOPLE]
        return inside < limit and others < limit - 1


_SHARES = {rank: share for share, rank in _RANKS.items()}
