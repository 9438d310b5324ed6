"""A member in the TRANSACTION state: the maildrop, what is marked as deleted, the way out."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial

from posthouse.foundation import clock
from posthouse.foundation.errors import Unauthenticated
from posthouse.mail.maildrops import RENEW, Maildrop
from posthouse.protocols.mime import to_crlf
from posthouse.protocols.pop3.errors import BadCommand
from posthouse.servers.pop3.ahead import ReadAhead
from posthouse.servers.pop3.limits import Limits
from posthouse.servers.pop3.store import Store


class Visit:
    """Messages are counted from 0 here, and from 1 by the client."""

    def __init__(self, store: Store, drop: Maildrop, limits: Limits) -> None:
        self.drop = drop
        self._store = store
        self._limits = limits
        self._headers = ReadAhead(drop, limits, partial(store.headers, drop))
        self._stored = ReadAhead(drop, limits, partial(store.stored, drop))
        self._ready: tuple[int, bytes] | None = None
        self._deleted: set[int] = set()
        self._octets = self._all_octets = sum(drop.sizes)
        self._entered = True
        self._kept_at: datetime = clock.now()
        self._membership = ExitStack()
        self._welcome: asyncio.Event = self._membership.enter_context(store.watch())
        self._welcome.set()  # the password may have been replaced while it was checked
        self._welcome_until = 0.0

    # -- what is there -----------------------------------------------------------

    @property
    def count(self) -> int:
        """Of messages that are not marked as deleted."""
        return len(self.drop) - len(self._deleted)

    @property
    def octets(self) -> int:
        """Of messages that are not marked as deleted."""
        return self._octets

    def is_deleted(self, index: int) -> bool:
        return index in self._deleted

    def index(self, number: int) -> int:
        """Raises BadCommand for what is not there or marked as deleted."""
        if number > len(self.drop):
            raise BadCommand("There is no such message")
        if number - 1 in self._deleted:
            raise BadCommand("This message is marked as deleted")
        return number - 1

    async def header(self, index: int) -> bytes:
        """With CRLF line ends. Raises BadCommand when the message has left the Inbox."""
        header = await self._headers.get(index)
        if header is None:
            raise BadCommand("This message is not in the Inbox any more")
        return header

    async def whole(self, index: int) -> bytes:
        """With CRLF line ends. Raises BadCommand for what nobody has any more."""
        stored = await self._stored.get(index)
        if stored is None:
            raise BadCommand("This message is gone")
        return self._served(index, await self._store.content(stored))

    def make_ready(self, index: int, respond: Callable[[int, bytes], bytes]) -> None:
        """The response with a small message, if it is here, before the client asks for it: while it
        is still busy with the one before.
        """
        stored = self._stored.peek(index)
        if stored is not None and stored["content"] is not None:
            octets = self._served(index, self._store.content_here(stored))
            self._ready = index, respond(index, octets)

    async def take_ready(self, index: int) -> bytes | None:
        """What was made ready for this message, if it was."""
        ready, self._ready = self._ready, None
        if ready is None or ready[0] != index:
            return None
        await self._stored.get(index)  # goes on reading ahead
        return ready[1]

    def _served(self, index: int, raw: bytes) -> bytes:
        # Nearly all mail came with CRLF: the size tells without looking.
        return raw if len(raw) == self.drop.sizes[index] else to_crlf(raw)

    # -- marks -------------------------------------------------------------------

    def delete(self, index: int) -> None:
        self._deleted.add(index)
        self._octets -= self.drop.sizes[index]

    def undelete(self) -> None:
        self._deleted.clear()
        self._octets = self._all_octets

    # -- staying and leaving -----------------------------------------------------

    async def stay(self) -> None:
        """Before each command, and while a long response goes out.

        Raises Unauthenticated for who is not signed in any more, Conflict when another session has
        the maildrop.
        """
        now = asyncio.get_running_loop().time()
        if self._welcome.is_set() or now > self._welcome_until:
            await self._look_whether_welcome()
            self._welcome_until = now + self._limits.look_again
        if clock.now() - self._kept_at >= RENEW:
            await self._store.keep(self.drop)
            self._kept_at = clock.now()

    async def _look_whether_welcome(self) -> None:
        self._welcome.clear()
        try:
            welcome = await self._store.still_welcome()
        except BaseException:
            self._welcome.set()  # ask again
            raise
        if not welcome:
            raise Unauthenticated("Sign in again.")

    async def update(self) -> None:
        """RFC 1939 6: what is marked goes now. Thousands go in several transactions; each message
        is gone from the Inbox and in Trash, or neither.
        """
        indexes = sorted(self._deleted)
        step = self._limits.removed_together
        for start in range(0, len(indexes), step):
            ids = [self.drop.id_at(index) for index in indexes[start : start + step]]
            last = start + step >= len(indexes)
            await self._store.remove(self.drop, ids, last=last)
            self._entered = not last

    async def leave(self) -> None:
        """Whatever happened; nothing is deleted by this."""
        self._headers.forget()
        self._stored.forget()
        self._membership.close()
        if self._entered:
            self._entered = False
            await self._store.leave(self.drop)
