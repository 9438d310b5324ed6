"""The one table from a room's refusal to an HTTP answer (RFC 9457 problem+json)."""

import logging
from typing import Any, Final

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from posthouse.foundation.errors import (
    Busy,
    Conflict,
    Denied,
    Full,
    Invalid,
    NotFound,
    Refusal,
    TooLarge,
    Unauthenticated,
)

log = logging.getLogger(__name__)

# Kind of refusal → status and title.
_TABLE: Final[dict[type[Refusal], tuple[int, str]]] = {
    Invalid: (422, "Invalid"),
    Unauthenticated: (401, "Not signed in"),
    Denied: (403, "Not allowed"),
    NotFound: (404, "Not found"),
    Conflict: (409, "Conflict"),
    TooLarge: (413, "Too large"),
    Full: (507, "Full"),
    Busy: (503, "Busy"),
}
_TITLES = {400: "Bad request", 404: "Not found", 405: "Method not allowed", 413: "Too large"}
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    ConnectionError,
)
_FULL = (asyncpg.DiskFullError,)
# A body that nests without end or is no UTF-8, and U+0000, which PostgreSQL keeps in no text.
_NO_TEXT = (UnicodeDecodeError, RecursionError, asyncpg.CharacterNotInRepertoireError)


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """RFC 9457 3.1; `fields` names what was wrong with which field."""

    title: str
    status: int
    detail: str = ""
    fields: dict[str, str] = {}


def refused(_request: Request[Any, Any, Any], refusal: Refusal) -> Response[Any]:
    """A refusal of a room, in its own words."""
    status, title = _TABLE.get(type(refusal), (400, "Refused"))
    fields = {refusal.field: refusal.reason} if refusal.field else {}
    headers = {}
    if isinstance(refusal, Busy) and refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return answer(
        Problem(title=title, status=status, detail=refusal.reason, fields=fields), headers
    )


def misunderstood(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refuses: no such path, a body that is not what the schema says."""
    problem = Problem(
        title=_TITLES.get(error.status_code, error.detail or "Refused"),
        status=error.status_code,
        detail="" if error.status_code >= 500 else error.detail,
    )
    if isinstance(error, ValidationException):
        problem.fields = _fields_of(error.extra)
        problem.status, problem.title = 422, "Invalid"
        problem.detail = "; ".join(f"{k}: {v}" for k, v in problem.fields.items()) or error.detail
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}
    return answer(problem, headers)


def failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Everything else. The log says where, the answer says nothing."""
    if isinstance(error, _AWAY):
        return refused(request, Busy("The database does not answer right now.", retry_after=5))
    if isinstance(error, _FULL) or (isinstance(error, OSError) and error.errno == 28):
        return refused(request, Busy("The disk is full.", retry_after=60))
    if isinstance(error, _NO_TEXT):
        return answer(Problem(title="Bad request", status=400, detail="That is not readable text."))
    log.error(
        "a request failed",
        exc_info=error,
        extra={"method": request.method, "route": _route_of(request)},
    )
    return answer(
        Problem(
            title="Something went wrong",
            status=500,
            detail="Something went wrong inside Posthouse. The log says where.",
        )
    )


def answer(problem: Problem, headers: dict[str, str] | None = None) -> Response[Any]:
    """A problem as a response."""
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _fields_of(extra: Any) -> dict[str, str]:
    if not isinstance(extra, list):
        return {}
    return {
        str(item.get("key", "")): str(item.get("message", ""))
        for item in extra
        if isinstance(item, dict) and item.get("key")
    }


def _route_of(request: Request[Any, Any, Any]) -> str:
    # The pattern, not the path: a path can hold addresses and words.
    handler = request.scope.get("route_handler")
    return next(iter(getattr(handler, "paths", ())), "?")


HANDLERS: Any = {Refusal: refused, HTTPException: misunderstood, Exception: failed}
