"""Commands out, typed responses in, over one connection (RFC 3501 2.2, RFC 7888, RFC 2177)."""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any

from posthouse.mail.accounts.errors import AccountError, Broken, Refused, Throttled, Unreachable
from posthouse.mail.accounts.imap.quirks import backoff_seconds
from posthouse.mail.accounts.wire import PATIENCE, Wire
from posthouse.protocols.imap.client.commands import Command, Literals, command
from posthouse.protocols.imap.client.frames import SIGNED_IN, BadStream, Frame, FrameReader
from posthouse.protocols.imap.client.reading import capability_words, read_response
from posthouse.protocols.imap.client.responses import (
    UNTAGGED,
    Capability,
    Condition,
    Continue,
    Response,
)

# Responses between two looks at the loop: to read one takes 5 µs, a chunk may hold thousands.
_AT_ONCE = 512
_LARGE = 100_000  # octets of a line; to read a million UIDs takes a tenth of a second
# Commands sent behind each other without waiting: more could fill the buffers of both directions.
_MOST_UNANSWERED = 16

# Answers a challenge of AUTHENTICATE.
Answer = Callable[[bytes], Awaitable[bytes]]


class Connection:
    """Used by one task at a time. Whoever leaves a command half-read loses the connection; only
    IDLE may be left, and ends by itself before the next command.

    `unasked` is told what comes between commands.
    """

    def __init__(self, wire: Wire, host: str) -> None:
        self.host = host
        self.capabilities: frozenset[str] = frozenset()
        self.without: frozenset[str] = frozenset()
        self.unasked: Callable[[Response], None] = lambda response: None
        self._wire = wire
        self._reader = FrameReader()
        self._tags = 0
        self._read_at_once = 0
        self._busy = False
        self._kept: asyncio.Future[object] | None = None
        self._idle_tag = b""  # of the IDLE that was sent
        self._idling = False  # and that the server has agreed to
        self._ending_idle = False  # and that it was told to end
        self._idle_since = 0.0

    def can(self, extension: str) -> bool:
        """Offered, and neither the provider's quirk nor a person has switched it off."""
        return extension in self.capabilities and extension not in self.without

    def trust(self) -> None:
        """Signed in: from now on there is mail to be read."""
        self._reader.limits = SIGNED_IN

    # -- commands

    async def run(
        self, wanted: Command, *, answer: Answer | None = None, patience: float = PATIENCE
    ) -> Condition:
        """Its OK; what comes before goes to `unasked`. Raises Refused for NO and BAD."""
        done = None
        said = self.stream(wanted, answer=answer, patience=patience)
        async with contextlib.aclosing(said):
            async for response in said:
                if isinstance(response, Condition) and response.tag != UNTAGGED:
                    done = response
                else:
                    self.unasked(response)
        assert done is not None
        return done

    async def stream(
        self, *commands: Command, answer: Answer | None = None, patience: float = PATIENCE
    ) -> AsyncGenerator[Response, None]:
        """Everything that is said up to the last answer, every tagged OK included; commands that
        wait for nobody's leave go behind each other. Raises Refused for the first NO or BAD, when
        all are answered; Unreachable, Broken and Throttled end the connection.
        """
        await self._after_kept()
        if self._busy:
            self.abort()  # what comes next belongs to a command that nobody waits for any more
        await self.end_idle()
        self._busy = True
        waiting, sent, rest = deque(commands), deque[bytes](), deque[bytes]()
        refusal: AccountError | None = None
        try:
            while waiting or sent:
                while waiting and not rest and len(sent) < _MOST_UNANSWERED:
                    tag, pieces = self._pieces(waiting.popleft())
                    sent.append(tag)
                    rest.extend(pieces[1:])
                    await self._wire.write(pieces[0])
                response = await self._next(patience)
                if isinstance(response, Continue):
                    if rest:
                        await self._wire.write(rest.popleft())
                    elif answer is not None:
                        await self._wire.write(await answer(response.text) + b"\r\n")
                    continue
                if isinstance(response, Condition) and response.tag != UNTAGGED:
                    if response.tag not in sent:
                        continue
                    sent.remove(response.tag)
                    rest.clear()
                    if response.state != "OK":
                        refusal = refusal or self._refusal(response)
                        continue
                yield response
        except BaseException:
            self.abort()
            raise
        self._busy = False
        if refusal is not None:
            raise refusal

    async def undisturbed(self, work: Coroutine[Any, Any, object]) -> None:
        """`work` goes on when whoever waits for it is cancelled; the next command waits for it."""
        self._kept = asyncio.ensure_future(work)
        await asyncio.shield(self._kept)

    async def greeting(self) -> Condition:
        """The first thing that is said (RFC 3501 7.1). Raises Broken for what is none."""
        while True:
            response = await self._next(PATIENCE)
            if isinstance(response, Condition) and response.tag == UNTAGGED:
                return response
            if isinstance(response, Continue):
                self.abort()
                raise Broken(f"{self.host} does not speak IMAP.")

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """RFC 3501 6.2.1. Nothing said in the clear counts afterwards."""
        await self.run(command("STARTTLS"))
        self._reader.discard()
        self.capabilities = frozenset()
        await self._wire.start_tls(context)

    # -- IDLE (RFC 2177)

    async def begin_idle(self) -> None:
        """Unless it is on. Raises Refused."""
        if not self._idle_tag:
            self._idle_tag, pieces = self._pieces(command("IDLE"))
            self._idling = self._ending_idle = False
            self._idle_since = asyncio.get_running_loop().time()
            await self._wire.write(pieces[0])
        await self._until_idling()

    def idling_for(self) -> float:
        """Seconds since IDLE was sent."""
        return asyncio.get_running_loop().time() - self._idle_since

    async def end_idle(self) -> None:
        """If it is on. Raises Refused when the server never agreed to it."""
        if not self._idle_tag:
            return
        await self._until_idling()
        if not self._ending_idle:
            self._ending_idle = True
            await self._wire.write(b"DONE\r\n")
        while self._idle_tag:
            self._hear(await self._next(PATIENCE))

    async def heard(self, seconds: float) -> bool:
        """Whether something came, and `unasked` was told, within `seconds`. May be cancelled."""
        response = self._pull()
        if response is None:
            try:
                async with asyncio.timeout(max(seconds, 0.0)):
                    self._reader.feed(await self._wire.read(seconds + PATIENCE))
            except TimeoutError:
                return False
            response = self._pull()
        while response is not None:
            self._hear(response)
            response = self._pull()
        return True

    async def _until_idling(self) -> None:
        while not self._idling:
            response = await self._next(PATIENCE)
            self._idling = isinstance(response, Continue)
            self._hear(response)

    def _hear(self, response: Response) -> None:
        if not isinstance(response, Condition) or response.tag != self._idle_tag:
            self.unasked(response)
            return
        self._idle_tag = b""
        if response.state != "OK":
            raise self._refusal(response)

    # -- leaving

    async def close(self) -> None:
        """LOGOUT, without waiting for what is said to it."""
        if self._kept is not None:
            self._kept.cancel()
            await asyncio.wait([self._kept])
        with contextlib.suppress(AccountError):
            if self._idle_tag:
                await self._wire.write(b"DONE\r\n")
            await self._wire.write(self._pieces(command("LOGOUT"))[1][0])
        await self._wire.close()

    def abort(self) -> None:
        """At once."""
        self._wire.abort()

    # -- helpers

    async def _after_kept(self) -> None:
        kept = self._kept
        if kept is not None and kept is not asyncio.current_task():
            self._kept = None
            await kept

    def _pieces(self, wanted: Command) -> tuple[bytes, list[bytes]]:
        self._tags += 1
        tag = b"A%d" % self._tags
        return tag, wanted.pieces(tag, self._literals())

    def _literals(self) -> Literals:
        if self.can("LITERAL+"):
            return Literals.PLUS
        return Literals.MINUS if self.can("LITERAL-") else Literals.ASK

    async def _next(self, patience: float) -> Response:
        while (frame := self._frame()) is None:
            self._read_at_once = 0
            self._reader.feed(await self._wire.read(patience))
        self._read_at_once += 1
        if len(frame[0]) > _LARGE:
            return self._noticed(await asyncio.to_thread(read_response, frame))
        if self._read_at_once >= _AT_ONCE:
            self._read_at_once = 0
            await asyncio.sleep(0)
        return self._noticed(read_response(frame))

    def _pull(self) -> Response | None:
        frame = self._frame()
        return None if frame is None else self._noticed(read_response(frame))

    def _frame(self) -> Frame | None:
        try:
            return self._reader.pull()
        except BadStream as error:
            self.abort()
            raise Broken(f"{self.host} sends {error}.") from None

    def _noticed(self, response: Response) -> Response:
        if isinstance(response, Capability):
            self.capabilities = response.words
        elif isinstance(response, Condition):
            if response.code == "CAPABILITY":
                self.capabilities = capability_words(response.argument)
            if response.state == "BYE" and response.tag == UNTAGGED:
                self.abort()
                raise self._goodbye(response)
        return response

    def _goodbye(self, said: Condition) -> AccountError:
        what = f"{self.host} has ended the session."
        return self._throttled(said) or Unreachable(what, said=said.text)

    def _refusal(self, said: Condition) -> AccountError:
        what = f"{self.host} refuses it."
        return self._throttled(said) or Refused(what, said=said.text, code=said.code)

    def _throttled(self, said: Condition) -> Throttled | None:
        seconds = backoff_seconds(said.code, said.text)
        if seconds is None:
            return None
        return Throttled(f"{self.host} wants to be left alone.", seconds=seconds, said=said.text)
