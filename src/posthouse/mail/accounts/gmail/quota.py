"""Quota units: what each method costs, and keeping below what a user may spend.

developers.google.com/workspace/gmail/api/reference/quota: 15,000 units a minute for a user, and
1,200,000 for the project of the house.
"""

import asyncio

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
    "messages.get": 5,
    "messages.insert": 25,
    "messages.list": 5,
    "messages.modify": 5,
    "messages.send": 100,
    "messages.trash": 5,
    "watch": 100,
}
# Together what a minute has: the newest mail may come in a burst, a long first sync goes steadily.
_AT_ONCE = 3_000
_EACH_SECOND = 200.0


class Purse:
    """The units of one user, as far as we spend them over one driver."""

    def __init__(self, at_once: float = _AT_ONCE, each_second: float = _EACH_SECOND) -> None:
        self._most = self._left = at_once
        self._each_second = each_second
        self._counted_at = asyncio.get_running_loop().time()

    async def spend(self, units: int) -> None:
        """As soon as there are so many; those who came first go first."""
        now = asyncio.get_running_loop().time()
        earned = (now - self._counted_at) * self._each_second
        self._left = min(self._left + earned, self._most) - units
        self._counted_at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / self._each_second)

    def empty(self) -> None:
        """The server says that there are none: others spend them, too."""
        self._left = min(self._left, 0.0)
