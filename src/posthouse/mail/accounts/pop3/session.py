"""One POP3 session: signed in, the list, headers and messages, deletions that only QUIT makes true.

The server keeps the maildrop locked meanwhile, and forgets all deletions of a session that ends in
any other way (RFC 1939 6). So whatever goes wrong, leaving without QUIT deletes nothing.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import AccountError, Broken
from posthouse.mail.accounts.headers import LONGEST_HEADER
from posthouse.mail.accounts.pop3.maildrop import MOST_MESSAGES, Maildrop
from posthouse.mail.accounts.pop3.refusals import opening_error, refusal
from posthouse.mail.accounts.wire import Wire, connect
from posthouse.protocols.pop3.client.listings import (
    Capabilities,
    Numbered,
    read_drop,
    read_numbered,
)
from posthouse.protocols.pop3.client.opening import (
    Heard,
    OpeningFailed,
    StartTls,
    Wanted,
    open_session,
)
from posthouse.protocols.pop3.client.reader import ResponseReader
from posthouse.protocols.pop3.client.replies import Challenge, Status
from posthouse.protocols.pop3.client.requests import request
from posthouse.protocols.pop3.errors import BadCommand, BadResponse

# How many commands go ahead of the responses, where the server announces that they may.
_AHEAD = 16
# Parsing so many lines takes less than 10 ms; then others have their turn.
_LINES = 2_000
_MOST_CAPABILITIES = 200
# A header that goes on for longer is cut there; it is only told apart by it.
# A message that is larger than it was said to be is read and forgotten up to here.
_MOST_OCTETS = 1 << 30


@dataclass(frozen=True, slots=True)
class Got:
    """A message, or why there is none: `refused` by the server, or too large (`raw` is None)."""

    number: int
    raw: bytes | None = field(default=None, repr=False)
    refused: AccountError | None = None


class Session:
    """Made by `open`; used by one task. Everything raises Unreachable and Broken."""

    def __init__(self, wire: Wire, host: str, never: frozenset[str]) -> None:
        self._wire = wire
        self._host = host
        self._never = never
        self._reader = ResponseReader()
        self._offered = Capabilities()

    @classmethod
    async def open(cls, sign_in: SignIn, outside: Outside) -> "Session":
        """Connect and sign in. Raises SignInRefused, Throttled, Untrusted, Forbidden as well."""
        server = sign_in.servers.incoming
        never = frozenset(name for name, use in sign_in.overrides.items() if not use)
        token = await sign_in.token() if sign_in.token is not None else ""
        session = cls(await connect(outside, server), server.host, never)
        wanted = Wanted(
            identity=sign_in.servers.login,
            password=sign_in.secret.password,
            token=token,
            secure=server.security == "tls",
            starttls=server.security == "starttls",
            never=never,
        )
        try:
            await session._sign_in(wanted, outside)
        except BaseException:
            session.abort()
            raise
        return session

    async def count(self) -> int:
        """How many messages are there (STAT)."""
        told = await self._ask(request("STAT"))
        drop = read_drop(told.text) if told.ok else None
        if drop is None or drop[0] > MOST_MESSAGES:
            self._break("The server does not tell how much mail is there")
        return drop[0]

    async def maildrop(self) -> Maildrop:
        """What is there: names and sizes. Without UIDL there are no names."""
        found = Maildrop(await self.count())
        async for each in self._listing("LIST"):
            found.has_size(each.number, each.value)
        if "UIDL" not in self._never:
            async for each in self._listing("UIDL"):
                found.has_name(each.number, each.value)
        return found

    async def headers(self, numbers: Sequence[int]) -> AsyncIterator[Got]:
        """The header sections, in order; a server without TOP gives the messages for it."""
        top = "TOP" not in self._never
        if top and numbers:
            # RFC 1939 7: TOP is optional. What it does not give, RETR may.
            async for got in self._retrieve("TOP", numbers[:1], LONGEST_HEADER, cut=True):
                top = got.refused is None
                if top:
                    yield got
                    numbers = numbers[1:]
        verb = "TOP" if top else "RETR"
        async for got in self._retrieve(verb, numbers, LONGEST_HEADER, cut=True):
            yield got

    def messages(self, numbers: Sequence[int], limit: int) -> AsyncIterator[Got]:
        """Whole messages, in order, of up to `limit` octets each."""
        return self._retrieve("RETR", numbers, limit, cut=False)

    async def delete(self, numbers: Sequence[int]) -> list[int]:
        """Those the server has marked; they go at `quit`, and not before."""
        marked: list[int] = []
        async for number in self._pipelined("DELE", numbers):
            if (await self._status()).ok:
                marked.append(number)
        return marked

    async def quit(self) -> bool:
        """End it; True when the server says that all it marked is deleted."""
        try:
            return (await self._ask(request("QUIT"))).ok
        finally:
            await self._wire.close()

    def abort(self) -> None:
        """End it without a word: nothing is deleted."""
        self._wire.abort()

    # -- opening

    async def _sign_in(self, wanted: Wanted, outside: Outside) -> None:
        opening = open_session(wanted)
        heard: Heard | None = None
        try:
            while True:
                step = opening.send(heard)
                if isinstance(step, StartTls):
                    self._reader.discard()
                    await self._wire.start_tls(outside.tls)
                    heard = None
                    continue
                if step.line:
                    await self._wire.write(step.line)
                said = await self._any_status()
                listed = step.listed and isinstance(said, Status) and said.ok
                heard = Heard(said, await self._few_lines() if listed else ())
        except StopIteration as end:
            self._offered = end.value
        except OpeningFailed as failed:
            raise opening_error(self._host, failed, by_token=bool(wanted.token)) from None
        except (BadResponse, BadCommand) as nonsense:
            self._break(str(nonsense))

    # -- requests

    async def _ask(self, line: bytes) -> Status:
        await self._wire.write(line)
        return await self._status()

    async def _pipelined(
        self, verb: str, numbers: Iterable[int], *words: int
    ) -> AsyncIterator[int]:
        """Each number as soon as its response is next."""
        ahead = _AHEAD if self._offered.pipelining else 1
        todo, asked = iter(numbers), deque[int]()
        while True:
            lines = []
            while len(asked) < ahead and (number := next(todo, None)) is not None:
                asked.append(number)
                lines.append(request(verb, number, *words))
            if lines:
                await self._wire.write(b"".join(lines))
            if not asked:
                break
            yield asked.popleft()
        if not self._reader.idle:
            # Answers to nothing: those before may have been answers to something else.
            self._break("The server says what nobody asked for")

    async def _listing(self, verb: str) -> AsyncIterator[Numbered]:
        told = await self._ask(request(verb))
        if not told.ok:
            return
        async for line in self._lines(MOST_MESSAGES):
            if (each := read_numbered(line)) is not None:
                yield each

    async def _retrieve(
        self, verb: str, numbers: Sequence[int], limit: int, *, cut: bool
    ) -> AsyncIterator[Got]:
        words = (0,) if verb == "TOP" else ()
        async for number in self._pipelined(verb, numbers, *words):
            told = await self._status()
            if not told.ok:
                yield Got(number, refused=refusal(self._host, told))
            else:
                yield Got(number, await self._content(limit, cut=cut))

    # -- responses

    async def _content(self, limit: int, *, cut: bool) -> bytes | None:
        """None for what is longer than `limit`, or with `cut` its beginning."""
        pieces: list[bytes] = []
        octets = 0
        while True:
            piece, over = self._reader.piece()
            if octets <= limit:
                pieces.append(piece)
            octets += len(piece)
            if octets > _MOST_OCTETS:
                self._break("The server's message does not end")
            if over:
                break
            await self._more()
        if octets > limit:
            return b"".join(pieces)[:limit] if cut else None
        return b"".join(pieces)

    async def _few_lines(self) -> list[bytes]:
        return [line async for line in self._lines(_MOST_CAPABILITIES)]

    async def _lines(self, most: int) -> AsyncIterator[bytes]:
        count = 0
        while True:
            try:
                line = self._reader.listed()
            except BadResponse as nonsense:
                self._break(str(nonsense))
            if line is None:
                await self._more()
            elif line == b".":
                return
            else:
                count += 1
                if count > most:
                    self._break("The server's list does not end")
                if count % _LINES == 0:
                    await asyncio.sleep(0)
                yield line

    async def _status(self) -> Status:
        said = await self._any_status()
        if isinstance(said, Challenge):
            self._break("The server asks where nothing was to be asked")
        return said

    async def _any_status(self) -> Status | Challenge:
        while True:
            try:
                said = self._reader.status()
            except BadResponse as nonsense:
                self._break(str(nonsense))
            if said is not None:
                return said
            await self._more()

    async def _more(self) -> None:
        self._reader.feed(await self._wire.read())

    def _break(self, what: str) -> NoReturn:
        self.abort()
        raise Broken(f"{self._host}: {what}.")
