"""Who asks: a session's cookie or an API key; and whether the request is meant by its member."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Unauthenticated
from posthouse.foundation.settings import Settings
from posthouse.security.members import Actor, actor_of_key, actor_of_session

COOKIE = "posthouse_session"
CSRF_HEADER = "x-posthouse-csrf"
_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_STATE = "posthouse_actor"

AnyRequest = Request[Any, Any, Any]


async def provide_actor(request: AnyRequest, database: Database) -> Actor:
    """The member behind a request, looked up once. Raises Unauthenticated, Denied."""
    known = getattr(request.state, _STATE, None)
    if isinstance(known, Actor):
        return known
    actor = await identify(request, database)
    setattr(request.state, _STATE, actor)
    return actor


async def identify(request: AnyRequest, database: Database) -> Actor:
    """Look the member up anew. Raises Unauthenticated, Denied."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer" or not key.strip():
            raise Unauthenticated("Use an API key: Authorization: Bearer KEY.")
        return await actor_of_key(database, key.strip())
    token = request.cookies.get(COOKIE)
    if not token:
        raise Unauthenticated("Please sign in.")
    require_own_page(request, database.service(Settings), cookie=True)
    return await actor_of_session(database, token)


def require_own_page(request: AnyRequest, settings: Settings, *, cookie: bool) -> None:
    """Refuse writes that another site made a member's browser send. Raises Denied.

    Our page sends a header that no foreign page may send without our consent (CORS); browsers say
    where a request comes from. A program without a cookie has nothing to be tricked out of.
    """
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = site in ("cross-site", "same-site") or (
        origin is not None and not _is_own(request, settings, origin)
    )
    proven = CSRF_HEADER in request.headers or site == "same-origin" or origin is not None
    if foreign or (cookie and not proven):
        raise Denied("This request did not come from the page of Posthouse.")


def _is_own(request: AnyRequest, settings: Settings, origin: str) -> bool:
    host = urlsplit(origin).netloc.lower()
    own = {request.headers.get("host", "").lower()}
    if settings.public_url:
        own.add(urlsplit(settings.public_url).netloc.lower())
    return bool(host) and host in own


def is_secure(request: AnyRequest, settings: Settings) -> bool:
    """Whether the browser reaches us over TLS, here or at a proxy."""
    public = (settings.public_url or "").startswith("https:")
    return public or request.url.scheme == "https"


def source_of(request: AnyRequest) -> str:
    """The client's IP address; a proxy on this machine is believed (uvicorn does that)."""
    return request.client.host if request.client else ""
