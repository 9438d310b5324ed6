"""Who goes first: mail is to be readable, then found; whatever else follows the log can wait."""

import asyncio
import contextlib
import time
from collections.abc import Iterator

from posthouse.foundation.events.listener import Listener
from posthouse.foundation.signals import Signals

BULK = "bulk"
"""Signalled with every commit of an import: what follows the log leaves it the machine."""
BULK_OVER = "bulk-over"
"""Signalled when an import has ended, so that nobody waits for the silence after it."""
_CATCHING_UP = "catching-up"
_CAUGHT_UP = "caught-up"
# An import is over when it was not heard of that long; nobody waits for it longer than the other.
_SILENCE = 1.5
_LONGEST_REST = 30.0


class Turn:
    """What a listener hears of those that go before it."""

    def __init__(self, busy: asyncio.Event, over: asyncio.Event) -> None:
        self._busy, self._over = busy, over

    @property
    def is_wanted(self) -> bool:
        """Whether somebody else wants the machine."""
        return self._busy.is_set()

    async def wait(self) -> bool:
        """Rest while somebody goes first; whether one did."""
        rested = self._busy.is_set()
        self._over.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_REST):
                while self._busy.is_set():
                    self._busy.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_SILENCE):
                            await self._over.wait()
        return rested


@contextlib.contextmanager
def turn_of(signals: Signals, listener: Listener) -> Iterator[Turn]:
    """Everybody gives way to an import, and who works ahead of time goes before the others."""
    goes_first = listener.ahead is not None
    before = {BULK: BULK_OVER} if goes_first else {BULK: BULK_OVER, _CATCHING_UP: _CAUGHT_UP}
    with (
        signals.subscribe(*before, news_only=True) as busy,
        signals.subscribe(*before.values()) as over,
    ):
        yield Turn(busy, over)


class Precedence:
    """Has the others rest while what an import left is worked off: not longer than they would
    rest for the import itself, since mail goes on coming.
    """

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._until = time.monotonic() + _LONGEST_REST
        self.claim()

    def claim(self) -> None:
        """Say so again, at least once a second."""
        if time.monotonic() < self._until:
            self._signals.send([_CATCHING_UP])

    def end(self) -> None:
        """Let the others go on."""
        self._signals.send([_CAUGHT_UP])
