"""Requests to the Gmail API: signed in, paced, tried again when that helps."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    SignInRefused,
    Throttled,
    Unreachable,
)
from posthouse.mail.accounts.gmail import batch
from posthouse.mail.accounts.gmail.batch import Call
from posthouse.mail.accounts.gmail.failures import failure
from posthouse.mail.accounts.gmail.quota import COSTS, Purse
from posthouse.mail.accounts.web import Answer, Incoming, Pairs, Web

T = TypeVar("T")

PREFIX = "/gmail/v1/users/me"
_UPLOAD = "/upload/gmail/v1/users/me"
_BATCH = "/batch/gmail/v1"
_LARGEST = 8 << 20  # of answers in JSON
# A server that is tired for a moment is waited for that long in all; then the account has a pause.
_PATIENCE_SECONDS = 10.0
_FIRST_PAUSE = 0.5
_LATER_SECONDS = 60.0
# Asked for anew that often: whoever gives it renews it two minutes before its end.
_TOKEN_SECONDS = 60.0


class Client:
    """One user's. Every call raises the kinds of `errors`."""

    def __init__(
        self,
        web: Web,
        token: Callable[[], Awaitable[str]],
        purse: Purse,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rest = rest
        self._web = web
        self._token = token
        self._purse = purse
        self._known = ("", 0.0)
        self._chance = random.Random()

    async def get(self, method: str, path: str, type_: type[T], query: Pairs = ()) -> T:
        """One object."""
        answer = await self.call(Call(method=method, verb="GET", path=path, query=query))
        return decoded(answer.content, type_)

    async def call(self, call: Call, *, again: bool = True) -> Answer:
        """One call by itself. Unless `again`, it is not repeated when it may have been done."""
        kind = [("Content-Type", "application/json")] if call.content else []

        async def ask(signed: Pairs) -> Answer:
            return await self._web.ask(
                call.verb,
                PREFIX + call.path,
                query=call.query,
                headers=[*signed, *kind],
                content=call.content,
                most=_LARGEST,
            )

        return await self._insist(ask, COSTS[call.method], again=again)

    async def upload(
        self, method: str, path: str, kind: str, content: Sequence[bytes], query: Pairs
    ) -> Answer:
        """A message as it is. What may have been taken is not sent a second time."""

        async def ask(signed: Pairs) -> Answer:
            return await self._web.ask(
                "POST",
                _UPLOAD + path,
                query=query,
                headers=[*signed, ("Content-Type", kind)],
                content=content,
                most=_LARGEST,
            )

        return await self._insist(ask, COSTS[method], again=False)

    async def batch(self, calls: Sequence[Call]) -> list[Answer | AccountError]:
        """Many calls, in their order: what each was answered, or why it was refused for good."""
        found: dict[int, Answer | AccountError] = {}
        for start in range(0, len(calls), batch.MOST):
            waiting = list(range(start, min(start + batch.MOST, len(calls))))
            pauses = self._pauses()
            while waiting:
                answers = await self._batch([calls[number] for number in waiting])
                told = dict(zip(waiting, map(_judged, answers), strict=True))
                later = {n: each for n, each in told.items() if _is_passing(each)}
                found |= {n: each for n, each in told.items() if n not in later}
                waiting = sorted(later)
                if waiting:
                    await self._pause(pauses, later[waiting[0]])
        return [found[number] for number in range(len(calls))]

    async def _batch(self, calls: Sequence[Call]) -> list[Answer]:
        with_path = [
            Call(
                method=each.method,
                verb=each.verb,
                path=PREFIX + each.path,
                query=each.query,
                content=each.content,
            )
            for each in calls
        ]
        kind, content = batch.request_of(with_path)

        async def ask(signed: Pairs) -> Answer:
            return await self._web.ask(
                "POST",
                _BATCH,
                headers=[*signed, ("Content-Type", kind)],
                content=content,
                most=_LARGEST,
            )

        # "A set of n requests batched together counts toward your usage limit as n requests"
        answer = await self._insist(ask, sum(COSTS[each.method] for each in calls))
        return batch.answers_of(answer, len(calls))

    async def stream(self, call: Call, read: Callable[[Incoming], Awaitable[T]]) -> T:
        """A large answer, handed to `read` as it comes; begun again when it is cut off."""

        got: list[T] = []

        async def ask(signed: Pairs) -> Answer:
            got.clear()
            async with self._web.asked(
                call.verb, PREFIX + call.path, query=call.query, headers=signed
            ) as incoming:
                if incoming.status != 200:
                    return await incoming.read(_LARGEST)
                got.append(await read(incoming))
                return Answer(status=incoming.status, headers=incoming.headers, content=b"")

        await self._insist(ask, COSTS[call.method])
        return got[0]

    async def close(self) -> None:
        """Never raises."""
        await self._web.close()

    # -- trying again

    async def _insist(
        self, ask: Callable[[Pairs], Awaitable[Answer]], cost: int, *, again: bool = True
    ) -> Answer:
        pauses = self._pauses()
        refused_token = ""
        while True:
            await self._purse.spend(cost)
            token = await self._access(refused_token)
            trouble: AccountError
            try:
                answer = await ask([("Authorization", f"Bearer {token}")])
            except Unreachable as error:
                trouble = error
            else:
                if answer.status < 300:
                    return answer
                if answer.status == 401 and not refused_token:
                    refused_token = token  # taken back before its time, or just over
                    continue
                trouble = failure(answer.status, answer.headers, answer.content)
            if not _is_passing(trouble) or (isinstance(trouble, Unreachable) and not again):
                raise trouble
            await self._pause(pauses, trouble)

    async def _access(self, refused: str) -> str:
        token, until = self._known
        now = asyncio.get_running_loop().time()
        if not token or now >= until or token == refused:
            token = await self._token()
            self._known = (token, now + _TOKEN_SECONDS)
        if token == refused:
            raise SignInRefused("Google does not take the access token.", reason="consent")
        return token

    def _pauses(self) -> list[float]:
        """Half a second, one, two, four … as long as they fit into our patience."""
        pauses: list[float] = []
        pause = _FIRST_PAUSE
        while sum(pauses) + pause <= _PATIENCE_SECONDS:
            pauses.append(pause)
            pause *= 2
        return pauses

    async def _pause(self, pauses: list[float], trouble: object) -> None:
        """Raises the trouble when it has lasted for too long."""
        assert isinstance(trouble, AccountError)
        wanted = trouble.seconds if isinstance(trouble, Throttled) else 0.0
        if not pauses or wanted > sum(pauses):
            if isinstance(trouble, Throttled) and not wanted:
                raise Throttled(trouble.what, seconds=_LATER_SECONDS, said=trouble.said)
            raise trouble
        pause = pauses.pop(0)
        while pause < wanted and pauses:
            pause += pauses.pop(0)
        await self._rest(max(pause, wanted) * self._chance.uniform(1.0, 1.1))


def decoded(content: bytes, type_: type[T]) -> T:
    """Raises Broken."""
    try:
        return msgspec.json.decode(content or b"{}", type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Broken("Google's answer cannot be read.") from None


def _judged(answer: Answer) -> Answer | AccountError:
    if answer.status < 300:
        return answer
    return failure(answer.status, answer.headers, answer.content)


def _is_passing(trouble: object) -> bool:
    return isinstance(trouble, Throttled | Unreachable)
