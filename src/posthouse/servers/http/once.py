"""Idempotency-Key: a POST that is repeated with the same key counts once.

(draft-ietf-httpapi-idempotency-key-header.) Answers are kept for a day, encrypted, per member. A
door that may be repeated anyway says `opt={"once": False}`.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Invalid, TooLarge
from posthouse.foundation.ids import id_from_hash
from posthouse.foundation.sql import load_queries
from posthouse.security.members import Actor
from posthouse.security.vault import keyring
from posthouse.servers.http.asking import provide_actor

SQL = load_queries("posthouse.servers.http")
KEPT = timedelta(days=1)
_HEADER = "idempotency-key"
_LONGEST_KEY = 255
_LARGEST_BODY = 10 << 20


class _Answer(msgspec.Struct, array_like=True):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def answered_once(database: Database) -> Any:
    """The middleware of one process."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP or not _applies(scope):
                await app(scope, receive, send)
                return
            request: Request[Any, Any, Any] = Request(scope, receive, send)
            actor = await provide_actor(request, database)
            body = await _read(receive)
            once = await _Once.of(database, actor, request, body)
            known = await once.claim()
            if known is not None:
                await _replay(known, send)
                return
            await once.run(app, scope, _replaying(body, receive), send)

        return handle

    return wrap


async def forget_old(database: Database) -> None:
    """Drop what is older than a day; once an hour is often enough."""
    async with database.system() as tx:
        await tx.execute(SQL["forget_old_requests"], before=clock.now() - KEPT)


def _applies(scope: HTTPScope) -> bool:
    headers = Headers.from_scope(scope)
    handler = scope.get("route_handler")
    return (
        scope["method"] == "POST"
        and _HEADER in headers
        and (getattr(handler, "opt", None) or {}).get("once", True)
        # Files are kept by their content: sent again they are the same file.
        and headers.get("content-type", "application/json").startswith("application/json")
    )


class _Once:
    """One request and the row it may claim."""

    def __init__(self, database: Database, actor: Actor, row_id: UUID, digest: bytes) -> None:
        self._database = database
        self._actor = actor
        self._row = {"member_id": actor.member_id, "id": row_id}
        self._digest = digest

    @classmethod
    async def of(
        cls, database: Database, actor: Actor, request: Request[Any, Any, Any], body: bytes
    ) -> "_Once":
        key = request.headers[_HEADER]
        if not 0 < len(key) <= _LONGEST_KEY:
            raise Invalid("An Idempotency-Key has 1 to 255 characters.", field="Idempotency-Key")
        async with database.workspace(actor.workspace_id) as tx:
            keys = await keyring(tx)
        said = f"{request.url.path}?{request.url.query}\n".encode() + body
        row_id = id_from_hash(keys.hash("idempotency-key", key.encode("utf-8", "replace")))
        return cls(database, actor, row_id, keys.hash("request", said))

    async def claim(self) -> _Answer | None:
        """None: this request is the first. Raises Conflict, Invalid."""
        async with self._database.workspace(self._actor.workspace_id) as tx:
            claimed = await tx.execute(
                SQL["claim_request"],
                workspace_id=tx.workspace,
                digest=self._digest,
                now=clock.now(),
                **self._row,
            )
            if claimed:
                return None
            row = await tx.row(SQL["read_request"], workspace_id=tx.workspace, **self._row)
            if row is None:
                raise Conflict("The first request with this key has just failed. Repeat it.")
            if row["digest"] != self._digest:
                raise Invalid("This key was used for another request.", field="Idempotency-Key")
            if row["status"] is None:
                raise Conflict("The first request with this key was not finished. Look first.")
            keys = await keyring(tx)
            plain = keys.decrypt("answered_requests", "answer", self._row["id"], row["answer"])
            return msgspec.msgpack.decode(plain, type=_Answer)

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and keep the answer before it leaves."""
        answer = _Answer(500, [], b"")

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [(bytes(k), bytes(v)) for k, v in message["headers"]]
            elif message["type"] == "http.response.body":
                answer.body += message["body"]

        try:
            await app(scope, receive, hold)
        except Exception:
            await self._forget()
            raise
        if answer.status >= 500 or answer.status == 401:
            await self._forget()
        else:
            await self._keep(answer)
        await _replay(answer, send)

    async def _keep(self, answer: _Answer) -> None:
        async with self._database.workspace(self._actor.workspace_id) as tx:
            keys = await keyring(tx)
            await tx.execute(
                SQL["keep_answer"],
                workspace_id=tx.workspace,
                status=answer.status,
                answer=keys.encrypt(
                    "answered_requests", "answer", self._row["id"], msgspec.msgpack.encode(answer)
                ),
                **self._row,
            )

    async def _forget(self) -> None:
        async with self._database.workspace(self._actor.workspace_id) as tx:
            await tx.execute(SQL["forget_request"], workspace_id=tx.workspace, **self._row)


async def _read(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Conflict("The request broke off.")
        pieces.append(message["body"])
        size += len(message["body"])
        if size > _LARGEST_BODY:
            raise TooLarge("The request is too large.")
        if not message["more_body"]:
            return b"".join(pieces)


def _replaying(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _replay(answer: _Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
