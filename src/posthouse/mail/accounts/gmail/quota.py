"""Quota units: what each method costs, and keeping below what a user may spend.

developers.google.com/workspace/gmail/api/reference/quota, as of May 2026: 6,000 units a minute for
a user, and 1,200,000 for the project of the house; projects of before have 15,000.
"""

import asyncio
from collections import deque

COSTS = {
    "drafts.create": 10,
    "getProfile": 1,
    "history.list": 2,
    "labels.create": 5,
    "labels.delete": 5,
    "labels.get": 1,
    "labels.list": 1,
    "labels.update": 5,  # patch, too
    "messages.batchDelete": 50,
    "messages.batchModify": 50,
    "messages.delete": 10,
    "messages.get": 20,
    "messages.insert": 25,
    "messages.list": 5,
    "messages.modify": 5,
    "messages.send": 100,
    "messages.trash": 20,
    "watch": 100,
}
_EACH_MINUTE = 6_000
_SECONDS = 60.0


class Purse:
    """The units of one user, as far as we spend them over one driver: a minute's at once, if they
    are there, for the newest mail comes in a burst.
    """

    def __init__(self, each_minute: float = _EACH_MINUTE) -> None:
        self._each_minute = each_minute
        self._spent: deque[tuple[float, int]] = deque()
        self._sum = 0
        self._turns = asyncio.Lock()

    async def spend(self, units: int) -> None:
        """As soon as the last minute leaves so many; who came first goes first."""
        loop = asyncio.get_running_loop()
        async with self._turns:
            while self._spent and self._sum + units > self._each_minute:
                await asyncio.sleep(max(self._spent[0][0] + _SECONDS - loop.time(), 0.0))
                while self._spent and self._spent[0][0] + _SECONDS <= loop.time():
                    self._sum -= self._spent.popleft()[1]
            self._spent.append((loop.time(), units))
            self._sum += units
