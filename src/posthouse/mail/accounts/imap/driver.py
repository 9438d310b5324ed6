"""The driver of linked accounts over IMAP: `mail/accounts/driver.py` as `Driver` asks for it."""

import asyncio
import contextlib

from posthouse.mail.accounts.driver import Abilities, Outside, SignIn
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.imap.signing_in import SignedIn, sign_in
from posthouse.mail.accounts.imap.writing import Writing
from posthouse.mail.accounts.model import Change, RemoteFolder
from posthouse.protocols.imap.client import commands as c
from posthouse.protocols.imap.client import responses as r


async def connect_imap(how: SignIn, outside: Outside) -> "ImapDriver":
    """A `Connect`."""
    return ImapDriver(await sign_in(how, outside))


class ImapDriver(Writing):
    """Reading, writing, and waiting for what happens."""

    def __init__(self, signed_in: SignedIn) -> None:
        super().__init__(signed_in)
        self._idles = self._connection.can("IDLE")
        self._polled_at = asyncio.get_running_loop().time()
        self._last_status: tuple[bytes, dict[str, int]] = (b"", {})

    @property
    def abilities(self) -> Abilities:
        can = self._connection.can
        return Abilities(
            condstore=self._in.condstore,
            qresync=self._qresync,
            idle=self._idles,
            move=can("MOVE"),
            uidplus=can("UIDPLUS"),
            gmail=self._is_gmail,
            poll_seconds=self._quirks.poll_seconds,
        )

    async def wait(self, seconds: float) -> list[Change]:
        """IDLE goes on between calls until another command ends it; a call may be cancelled."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not (changes := self._pending.take()):
            left = end - loop.time()
            if left <= 0:
                break
            if self._idles:
                await self._idle(left)
            else:
                await self._poll(left)
        return changes

    async def close(self) -> None:
        """LOGOUT."""
        await self._connection.close()

    async def _idle(self, seconds: float) -> None:
        if self._connection.idling_for() >= self._quirks.idle_seconds:
            await self._connection.end_idle()
        try:
            await self._connection.begin_idle()
        except Refused:
            self._idles = False
            return
        left = self._quirks.idle_seconds - self._connection.idling_for()
        await self._connection.heard(min(seconds, left))

    async def _poll(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        due = self._polled_at + self._quirks.poll_seconds - loop.time()
        if due > 0 and (await self._connection.heard(min(seconds, due)) or seconds < due):
            return
        self._polled_at = loop.time()
        await self._connection.undisturbed(self._ask_for_news())

    async def _ask_for_news(self) -> None:
        await self.ask(c.command("NOOP"))
        if self._quirks.status_polls and self._open is not None:
            await self._poll_status(self._open)

    async def _poll_status(self, folder: RemoteFolder) -> None:
        """NetEase tells nothing of an open folder by itself: what STATUS counts is compared."""
        told: list[r.StatusOf] = []

        def take(response: r.Response) -> bool:
            if isinstance(response, r.StatusOf):
                told.append(response)
            return isinstance(response, r.StatusOf)

        with contextlib.suppress(Refused):
            await self.ask(self.status_command(folder, "UNSEEN"), take=take)
        for each in told:
            before, self._last_status = self._last_status, (folder.wire, each.values)
            if (count := each.values.get("MESSAGES")) is not None:
                self._pending.note(r.Exists(count))
            if before[0] == folder.wire and before[1] != each.values:
                # As many as before, and yet others; or read meanwhile.
                self._pending.note(r.Fetched(0))
