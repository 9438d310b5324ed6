"""Connections to a server elsewhere that break off at some call."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from posthouse.mail.accounts.driver import Driver
from posthouse.mail.accounts.errors import Unreachable
from posthouse.mail.accounts.keyed.driver import KeyedDriver


class Cut:
    """A driver whose connection is lost at its `left`-th call; with `after`, when the server has
    done what it was asked for, and nobody hears it.
    """

    def __init__(self, driver: Driver | KeyedDriver, left: int, *, after: bool = False) -> None:
        self._driver = driver
        self._after = after
        self.left = left

    def __getattr__(self, name: str) -> Any:
        self.left -= 1
        call = getattr(self._driver, name)
        if self.left >= 0:
            return call
        if self.left == -1 and self._after and inspect.iscoroutinefunction(call):
            return _unheard(call)
        raise Unreachable("cut")


def _unheard(call: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[None]]:
    async def called(*given: object, **named: object) -> None:
        await call(*given, **named)
        raise Unreachable("cut")

    return called
