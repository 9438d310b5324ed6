"""The service: who signs in with what, what it costs, batches, faults; Pub/Sub beside it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from posthouse.mail.accounts.model import Server
from tests.support.gmail_server.forms import most_of_a_page
from tests.support.gmail_server.mailbox import Mailbox, Nope
from tests.support.gmail_server.methods import METHODS
from tests.support.gmail_server.pubsub import PubSub
from tests.support.web_server import Request, Response, WebServer, request_of, web_server

# G /reference/quota, "Per-method quota usage"
COSTS = {
    "drafts.create": 10, "drafts.delete": 10, "drafts.get": 5, "drafts.list": 5,
    "drafts.update": 15, "getProfile": 1, "history.list": 2, "labels.create": 5,
    "labels.delete": 5, "labels.get": 1, "labels.list": 1, "labels.update": 5,
    "messages.batchDelete": 50, "messages.batchModify": 50, "messages.delete": 10,
    "messages.get": 20, "messages.import": 25, "messages.insert": 25, "messages.list": 5,
    "messages.modify": 5, "messages.send": 100, "messages.trash": 20, "messages.untrash": 5,
    "stop": 50, "watch": 100,
}  # fmt: skip
# G /guides/handle-errors names the reasons and gives the bodies.
TOO_FAST = Nope(403, "userRateLimitExceeded", "User Rate Limit Exceeded")
TOO_MANY = Nope(429, "rateLimitExceeded", "Too many concurrent requests for user.")
BACKEND = Nope(500, "backendError", "Backend Error")
_STATUS = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
           409: "ABORTED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}  # fmt: skip


@dataclass(kw_only=True)
class GmailServer:
    """`tokens`: access token → address. `units_left` are those of each user until somebody gives
    more (6,000 a minute). `fault` is asked before each call, by the name of its method: what it
    returns is answered instead. `asked` are the methods that were called, `together` how many
    requests were there at once, `most` is as much as a page has.
    """

    web: WebServer
    pubsub: PubSub
    boxes: dict[str, Mailbox] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    units_left: int = 6_000
    spent: int = 0
    fault: Callable[[str], Nope | Response | None] | None = None
    asked: list[str] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    watched: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0
    most: int = 500
    at_once: int = 0
    together: int = 0

    @property
    def server(self) -> Server:
        """Where accounts connect to."""
        return Server(host="127.0.0.1", port=self.web.port, security="plain")

    def mailbox(self, address: str, token: str = "good") -> Mailbox:
        """A user with an access token."""
        self.boxes[address] = Mailbox(address)
        self.tokens[token] = address
        return self.boxes[address]

    async def answer(self, request: Request) -> Response:
        """One request."""
        self.at_once += 1
        self.together = max(self.together, self.at_once)
        try:
            if self.slow:
                await asyncio.sleep(self.slow)
            if request.path.startswith(("/v1/projects/", "/oauth2/", "/token")):
                return self.pubsub.answer(request)
            if request.path == "/batch/gmail/v1" and request.method == "POST":
                return self._batch(request)
            return self._one(request)
        finally:
            self.at_once -= 1

    # -- one call

    def _one(self, request: Request, authorization: str | None = None) -> Response:
        try:
            address = self._user(authorization or request.headers.get("authorization", ""))
            told = self._call(self.boxes[address], request)
        except Nope as no:
            return _refusal(no)
        if isinstance(told, Response):
            return told
        if told is None:  # G, "If successful, the response body is empty": 204
            return Response(status=204)
        body = json.dumps(_masked(told, request.one("fields")), ensure_ascii=False).encode()
        kind = ("Content-Type", "application/json; charset=UTF-8")
        # Google's own writer of JSON escapes what could end a script.
        return Response(body=body.replace(b'=="', b'\\u003d\\u003d"'), headers=(kind,))

    def _call(self, box: Mailbox, request: Request) -> Any:
        path = request.path.removeprefix("/upload").removeprefix("/gmail/v1/users/me")
        if (path, request.method) == ("/watch", "POST"):
            return self._allowed("watch") or self._watch(box, request)
        if (path, request.method) == ("/stop", "POST"):
            self.watched.pop(box.address, None)
            return self._allowed("stop")
        for verb, pattern, name, method in METHODS:
            found = re.fullmatch(pattern, path)
            if verb == request.method and found is not None:
                return self._allowed(name) or self._noticed(box, method, request, *found.groups())
        raise Nope(404, "notFound", "Not Found")

    def _allowed(self, name: str) -> Response | None:
        """What is answered instead, if anything is. Raises Nope."""
        self.asked.append(name)
        instead = self.fault(name) if self.fault is not None else None
        if isinstance(instead, Nope):
            raise instead
        if instead is None:
            if self.units_left < COSTS[name]:
                raise TOO_FAST
            self.units_left -= COSTS[name]
            self.spent += COSTS[name]
        return instead

    def _noticed(self, box: Mailbox, method: Callable[..., Any], *given: Any) -> Any:
        most_of_a_page.set(self.most)
        before = box.history_id
        told = method(box, *given)
        if box.history_id != before:
            self.notify(box)
        return told

    def _user(self, authorization: str) -> str:
        """G /guides/handle-errors, 401: "Invalid Credentials", authError."""
        token = authorization.removeprefix("Bearer ")
        if not authorization.startswith("Bearer ") or token not in self.tokens:
            raise Nope(401, "authError", "Invalid Credentials")
        return self.tokens[token]

    # -- watch

    def _watch(self, box: Mailbox, request: Request) -> Any:
        """G /guides/push: historyId, and expiration in milliseconds, seven days from now."""
        topic = request.json()["topicName"]
        if topic not in self.pubsub.topics:
            raise Nope(403, "forbidden", "Error sending test message to Cloud PubSub")
        self.watched[box.address] = topic
        return {"historyId": str(box.history_id), "expiration": "1764604800000"}

    def notify(self, box: Mailbox) -> None:
        """G /guides/push: {"emailAddress", "historyId"}."""
        if (topic := self.watched.get(box.address)) is not None:
            told = {"emailAddress": box.address, "historyId": box.history_id}
            self.pubsub.publish(topic, json.dumps(told).encode())

    # -- batches

    def _batch(self, request: Request) -> Response:
        """G /guides/batch: a part for each call, named by Content-ID; "You're limited to 100 calls
        in a single batch request", and each counts.
        """
        try:
            self._user(request.headers.get("authorization", ""))
            boundary = request.headers["content-type"].partition("boundary=")[2].encode()
            parts = (b"\r\n" + request.body).split(b"\r\n--" + boundary)[1:-1]
            self.batches.append(len(parts))
            if len(parts) > 100:
                raise Nope(400, "badRequest", "The batch request exceeds 100 calls.")
        except Nope as no:
            return _refusal(no)
        authorization = request.headers["authorization"]
        answers = [self._part(part, authorization) for part in parts]
        body = b"".join(b"--batch_answer\r\n" + each + b"\r\n" for each in answers)
        kind = ("Content-Type", "multipart/mixed; boundary=batch_answer")
        return Response(body=body + b"--batch_answer--\r\n", headers=(kind,))

    def _part(self, part: bytes, authorization: str) -> bytes:
        head, _, inner = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found = re.search(rb"(?i)content-id: <([^>]+)>", head)
        assert found is not None
        assert b"Content-Type: application/http" in head
        first, _, rest = inner.partition(b"\r\n")
        verb, target = first.decode().split(" ")
        body = rest.partition(b"\r\n\r\n")[2] if b"\r\n\r\n" in rest else b""
        answer = self._one(request_of(verb, target, {}, body), authorization)
        lines = [
            b"Content-Type: application/http",
            b"Content-ID: <response-" + found[1] + b">",
            b"",
            b"HTTP/1.1 %d -" % answer.status,
            *(f"{name}: {value}".encode() for name, value in answer.headers),
            b"Content-Length: %d" % len(answer.body),
            b"",
            answer.body,
        ]
        return b"\r\n".join(lines)


def _refusal(no: Nope) -> Response:
    """G /guides/handle-errors: the shape of every error."""
    detail = {"domain": "global", "reason": no.reason, "message": no.message}
    error = {"code": no.status, "message": no.message, "errors": [detail]}
    body = json.dumps({"error": error | {"status": _STATUS.get(no.status, "INVALID_ARGUMENT")}})
    return Response(
        status=no.status, body=body.encode(), headers=(("Content-Type", "application/json"),)
    )


def _masked(told: Any, fields: str) -> Any:
    """G /guides/performance#partial: `messages(id),nextPageToken`."""
    if not fields:
        return told
    found = {}
    for name, inner in re.findall(r"(\w+)(?:\(([^)]*)\))?", fields):
        if name in told:
            value = told[name]
            found[name] = [_masked(each, inner) for each in value] if inner else value
    return found


@asynccontextmanager
async def gmail_server() -> AsyncIterator[GmailServer]:
    """Runs until the block ends."""

    async def answers(request: Request) -> Response:
        return await here.answer(request)

    async with web_server(answers) as web:
        here = GmailServer(web=web, pubsub=PubSub())
        yield here
        await here.pubsub.end()
