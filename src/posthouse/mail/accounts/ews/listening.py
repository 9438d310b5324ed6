"""Hearing of news: a streaming subscription to all folders, over a connection of its own.

Exchange drops subscriptions when it restarts or moves a mailbox, and proxies in between drop
silent connections: whatever ends a stream counts as news, since nobody knows what was missed.
"""

import asyncio
import contextlib
import logging

from posthouse.mail.accounts.errors import AccountError, Broken, Throttled
from posthouse.mail.accounts.ews.client import Client, error_of
from posthouse.protocols.ews import requests
from posthouse.protocols.ews.answers import failure_of
from posthouse.protocols.ews.elements import Element

# EWS, connectiontimeout: 1 to 30 minutes. Exchange says "still here" every 45 seconds or so.
_MINUTES = 29
SILENCE_SECONDS = 180.0
_LARGEST = 1 << 20
_AGAIN_SECONDS = (1.0, 5.0, 30.0, 120.0)

log = logging.getLogger(__name__)


class Listener:
    """`hears` while a stream is there; `news` is set when something happened, or may have."""

    def __init__(self, client: Client) -> None:
        self.hears = False
        self.news = asyncio.Event()
        self._client = client
        self._begun = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, seconds: float) -> bool:
        """Listen from now on; whether a stream is there, after so many seconds at most."""
        if self._task is None or self._task.done():
            self._begun.clear()
            self._task = asyncio.create_task(self._listen())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._begun.wait()
        return self.hears

    async def stop(self) -> None:
        """Never raises. The subscription ends by itself."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._client.endpoint.close()

    async def _listen(self) -> None:
        """Stream after stream, with growing pauses while none comes about."""
        failures = 0
        while True:
            try:
                await self._stream()
                failures = 0
            except AccountError as error:
                log.debug("accounts: a stream ended (%s)", type(error).__name__)
                failures = 0 if self.hears else failures + 1
                pause = _AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS) - 1)]
                self._lost()
                if isinstance(error, Throttled):
                    pause = max(pause, error.seconds)
                await asyncio.sleep(pause)

    def _lost(self) -> None:
        self.hears = False
        self.news.set()
        self._begun.set()

    async def _stream(self) -> None:
        """One subscription, for as many connections as it lasts."""
        message = await self._client.one(requests.subscribe())
        subscription = message.say("SubscriptionId")
        if not subscription:
            raise Broken("There is no subscription.")
        while True:
            asked = requests.get_streaming_events(subscription, _MINUTES)
            async with contextlib.aclosing(self._client.stream(asked, largest=_LARGEST)) as told:
                async for message in told:
                    self._hear(message)
                    if message.say("ConnectionStatus") == "Closed":
                        break
                else:
                    raise Broken("The stream ended without a word.")

    def _hear(self, message: Element) -> None:
        failure = failure_of(message)
        if failure is not None:
            raise error_of(self._client.endpoint.host, failure)
        if not self.hears:
            # What happened before the stream is known by nobody.
            self.hears = True
            self.news.set()
            self._begun.set()
        for note in message.all("Notifications", "Notification"):
            names = {each.name for each in note.children} - {"StatusEvent"}
            if any(name.endswith("Event") for name in names):
                self.news.set()
