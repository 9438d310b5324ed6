"""The service: who may ask, how often, and which method answers."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.graph_server.mailbox import GraphMailbox
from tests.support.graph_server.methods import METHODS
from tests.support.graph_server.notices import Subscription
from tests.support.graph_server.parts import Refusal
from tests.support.web_server import Request, Response, WebServer, request_of, web_server

_MOST_AT_ONCE = 4  # G/throttling-limits: Outlook service limits, per app and mailbox
_LARGEST = 4 << 20  # G/throttling-limits and known issues: a request has 4 MB at most
_MOST_IN_BATCH = 20  # G/json-batching


@dataclass
class GraphServer:
    """Graph for one mailbox. `asked` is what came (of a batch each request), `throttled` how many
    requests more are answered with 429, and `pause` what they are told to wait.
    """

    box: GraphMailbox = field(default_factory=GraphMailbox)
    token: str = "graph-token"
    accepts: Callable[[str], bool] | None = None  # instead of `token`
    client: httpx.AsyncClient | None = None  # by which it tells of news
    asked: list[str] = field(default_factory=list)
    throttled: int = 0
    throttled_after: int | None = None  # so many requests more are answered, and then none
    pause: int = 30
    unheard: str = ""  # the next request whose path ends so is done, and nobody hears the answer
    misleads: str = ""  # where the links of the next delta lead instead
    page: int = 0  # the server's own limit of a page; 0: what was preferred
    most_at_once: int = 0
    sent: list[bytes] = field(default_factory=list)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    listings: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    web: WebServer | None = None
    _now: int = 0

    @property
    def port(self) -> int:
        assert self.web is not None
        return self.web.port

    async def answer(self, request: Request) -> Response:
        """One request over HTTP."""
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            await asyncio.sleep(0)
            if request.path == "/v1.0/$batch":
                return await self._batch(request)
            answer = _http(*await self._one(request))
            if self.unheard and request.path.endswith(self.unheard):
                self.unheard = ""
                return Response(silent=True)
            return answer
        finally:
            self._now -= 1

    async def _batch(self, request: Request) -> Response:
        """G/json-batching: each request has its own status; they may come in any order."""
        if (refused := self._may(request)) is not None:
            return _http(*refused)
        parts = request.json()["requests"]
        if len(parts) > _MOST_IN_BATCH:
            return _http(400, {}, _error("BadRequest", "MaximumValueExceeded"))
        answers = []
        for part in parts:
            headers = {name.lower(): value for name, value in part.get("headers", {}).items()}
            body = part.get("body")
            inner = request_of(
                part["method"],
                "/v1.0" + part["url"],
                headers | {"authorization": request.headers["authorization"]},
                b"" if body is None else json.dumps(body).encode(),
            )
            status, fields, said = await self._one(inner)
            answers.append(
                {"id": part["id"], "status": status, "headers": dict(fields), "body": said}
            )
        return _http(200, {}, {"responses": answers[::-1]})

    async def _one(self, request: Request) -> tuple[int, Mapping[str, str], Any]:
        self.asked.append(f"{request.method} {request.path.removeprefix('/v1.0')}")
        if (refused := self._may(request)) is not None:
            return refused
        for method, pattern, act in METHODS:
            found = re.fullmatch(pattern, request.path)
            if found and request.method == method:
                try:
                    return await act(self, request, *found.groups())
                except Refusal as refusal:
                    return refusal.status, {}, _error(refusal.code, refusal.said)
                except KeyError:  # G/errors; what Exchange says of an id that is nobody's
                    said = "The specified object was not found in the store."
                    return 404, {}, _error("ErrorItemNotFound", said)
        return 400, {}, _error("BadRequest", f"Resource not found for {request.path}")

    def _may(self, request: Request) -> tuple[int, Mapping[str, str], Any] | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not (self.accepts(token) if self.accepts else token == self.token):
            # G/resolve-auth-errors
            said = _error("InvalidAuthenticationToken", "Access token has expired.")
            return 401, {"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'}, said
        if self.throttled_after is not None:
            self.throttled += self.throttled_after <= 0
            self.throttled_after -= 1
        if self.throttled or self._now > _MOST_AT_ONCE:
            # G/throttling: 429 with the seconds to wait
            self.throttled = max(self.throttled - 1, 0)
            said = _error("ApplicationThrottled", "Over the MailboxConcurrency limit.")
            return 429, {"Retry-After": str(self.pause)}, said
        if len(request.body) > _LARGEST:
            return 413, {}, _error("RequestEntityTooLarge", "The request is too large.")
        return None


def _error(code: str, said: str) -> dict[str, Any]:
    """G/errors"""
    return {"error": {"code": code, "message": said, "innerError": {"request-id": "1"}}}


def _http(status: int, fields: Mapping[str, str], said: Any) -> Response:
    body = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
    kind = "text/plain" if isinstance(said, bytes) else "application/json;odata.metadata=minimal"
    return Response(status=status, body=body, headers=(("Content-Type", kind), *fields.items()))


@asynccontextmanager
async def graph_server() -> AsyncIterator[GraphServer]:
    """Runs on 127.0.0.1 until the block ends."""
    here = GraphServer()
    async with web_server(here.answer) as web:
        here.web = web
        yield here
