"""Requests to Graph: four at a time (G/throttling-limits), twenty in a batch; refusals."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
)
from posthouse.mail.accounts.keyed.model import FeedExpired
from posthouse.mail.accounts.web import Pairs, Web

_ROOT = "/v1.0"
_AT_ONCE = 4
_IN_BATCH = 20
_LARGEST_ANSWER = 16 << 20
# G/outlook-immutable-id: ids that stay when an item is moved; to be said with each request.
IMMUTABLE = 'IdType="ImmutableId"'
# So long is waited inside for a server that asks for it; longer pauses are the account's.
_PATIENCE = 10.0
_LATER_SECONDS = 30.0
_TOKEN_SECONDS = 60.0
# G/delta-query-overview: 410; Exchange says it with other numbers, too.
_EXPIRED = {"syncstatenotfound", "syncstateinvalid", "resyncrequired", "resyncapplydifferences"}


class NotThere(Refused):
    """No such message or folder (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request of a batch; `path` begins behind the version."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


class Service:
    """One account's way to Graph. Calls raise as `keyed.driver` says; NotThere is a Refused."""

    def __init__(self, sign_in: SignIn, outside: Outside) -> None:
        self._server = sign_in.servers.incoming
        self._sign_in = sign_in
        self._web = Web(outside, self._server, connections=_AT_ONCE)
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._token = ""
        self._token_until = 0.0

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Pairs = (),
        body: Mapping[str, Any] | None = None,
        mime: bytes | None = None,
        prefer: Sequence[str] = (),
        most: int = _LARGEST_ANSWER,
    ) -> bytes:
        """What is answered with success. `path` begins behind the version, or is a link's."""
        headers = [("Accept", "application/json"), ("Prefer", ",".join((IMMUTABLE, *prefer)))]
        content = b""
        if mime is not None:
            headers.append(("Content-Type", "text/plain"))
            content = mime
        elif body is not None:
            headers.append(("Content-Type", "application/json"))
            content = msgspec.json.encode(body)
        target = path if path.startswith(_ROOT) else _ROOT + path
        end = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            async with self._places:
                answer = await self._web.ask(
                    method,
                    target,
                    query=query,
                    headers=[*headers, ("Authorization", f"Bearer {await self._fresh_token()}")],
                    content=content,
                    most=most,
                )
            if answer.status < 300:
                return answer.content
            error = _refusal(answer.status, answer.headers, answer.content)
            await _wait_or_raise(error, end)

    async def ask_json(self, method: str, path: str, **others: Any) -> dict[str, Any]:
        """As `ask`, where an object is the answer."""
        return decoded(await self.ask(method, path, **others))

    async def ask_all(self, wanted: Sequence[Wanted]) -> list[dict[str, Any] | AccountError]:
        """Of each request its answer, or what refuses it; raises what concerns them all."""
        answers: dict[int, dict[str, Any] | AccountError] = {}
        end = asyncio.get_running_loop().time() + _PATIENCE
        todo = list(range(len(wanted)))
        while todo:
            now, todo = todo[:_IN_BATCH], todo[_IN_BATCH:]
            later: list[int] = []
            longest: AccountError | None = None
            for number, answer in (await self._batch(wanted, now)).items():
                if isinstance(answer, Throttled):
                    later.append(number)
                    longest = answer
                elif isinstance(answer, SignInRefused | Unreachable):
                    raise answer
                else:
                    answers[number] = answer
            if longest is not None:
                await _wait_or_raise(longest, end)
                todo = later + todo
        return [answers[number] for number in range(len(wanted))]

    def path_of(self, link: str) -> str:
        """Of @odata.nextLink and @odata.deltaLink. Raises Broken when it leads elsewhere: our token
        is for nobody else.
        """
        parts = urlsplit(link)
        scheme = "http" if self._server.security == "plain" else "https"
        port = parts.port or (80 if parts.scheme == "http" else 443)
        here = (scheme, self._server.host.lower(), self._server.port)
        if (parts.scheme, (parts.hostname or "").lower(), port) != here:
            raise Broken("The service leads us to another server.")
        if not parts.path.startswith(_ROOT):
            raise Broken("The service leads us to another version of itself.")
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    async def close(self) -> None:
        """Connections that are kept."""
        with contextlib.suppress(Exception):
            await self._web.close()

    async def _batch(
        self, wanted: Sequence[Wanted], numbers: Sequence[int]
    ) -> dict[int, dict[str, Any] | AccountError]:
        """G/json-batching: each has its own status."""
        requests = [_part(str(number), wanted[number]) for number in numbers]
        told = await self.ask_json("POST", "/$batch", body={"requests": requests})
        answers: dict[int, dict[str, Any] | AccountError] = {}
        try:
            for part in told["responses"]:
                status, said = int(part["status"]), part.get("body")
                fields = {name.lower(): value for name, value in part.get("headers", {}).items()}
                if status < 300:
                    answers[int(part["id"])] = said if isinstance(said, dict) else {}
                else:
                    content = msgspec.json.encode(said)
                    answers[int(part["id"])] = _refusal(status, fields, content)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Broken("A batch was answered that makes no sense.") from None
        if answers.keys() != set(numbers):
            raise Broken("A batch was not answered in full.")
        return answers

    async def _fresh_token(self) -> str:
        """Kept for a moment: whoever keeps it reads it from the database."""
        now = asyncio.get_running_loop().time()
        if now >= self._token_until:
            if self._sign_in.token is None:
                raise SignInRefused("Graph wants the member's consent.", reason="consent")
            self._token = await self._sign_in.token()
            self._token_until = now + _TOKEN_SECONDS
        return self._token


def decoded(content: bytes) -> dict[str, Any]:
    """An object of JSON. Raises Broken."""
    try:
        found = msgspec.json.decode(content)
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, dict):
        raise Broken("The service answers with nothing that can be read.")
    return found


def _part(number: str, wanted: Wanted) -> dict[str, Any]:
    part: dict[str, Any] = {
        "id": number,
        "method": wanted.method,
        "url": wanted.path,
        "headers": {"Prefer": IMMUTABLE},
    }
    if wanted.body is not None:
        part["headers"]["Content-Type"] = "application/json"
        part["body"] = wanted.body
    return part


async def _wait_or_raise(error: AccountError, end: float) -> None:
    left = end - asyncio.get_running_loop().time()
    if not isinstance(error, Throttled) or error.seconds > left:
        raise error
    await asyncio.sleep(error.seconds)


def _refusal(status: int, headers: Mapping[str, str], content: bytes) -> AccountError:
    """G/errors"""
    code, said = _words(content)
    if status == 401:
        return SignInRefused("Graph does not take the token.", reason="consent", said=said)
    if status in (429, 503, 504):
        seconds = _seconds(headers.get("retry-after", ""))
        return Throttled("Graph wants to be left alone.", seconds=seconds, said=said)
    if status >= 500:
        return Unreachable("Graph does not work at the moment.", said=said)
    if status == 410 or code.lower() in _EXPIRED:
        return FeedExpired("Graph does not know our place any more.", said=said)
    if status == 404:
        return NotThere("Graph has no such thing.", said=said, code=code)
    return Refused("Graph refuses something.", said=said, code=code)


def _words(content: bytes) -> tuple[str, str]:
    try:
        error = msgspec.json.decode(content)["error"]
        return str(error["code"]), f"{error['code']}: {error['message']}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return "", ""


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() and len(text) < 6 else _LATER_SECONDS
