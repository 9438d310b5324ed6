"""Signing in and out, and the list of signed-in browsers."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import Cookie

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Unauthenticated
from posthouse.foundation.settings import Settings
from posthouse.mail.listing.mailboxes import me_view
from posthouse.mail.listing.views import Me
from posthouse.security.members import (
    Actor,
    Scope,
    actor_of_session,
    list_sessions,
    open_session,
    revoke_other_sessions,
    revoke_session,
    set_password,
    sign_in_with_password,
)
from posthouse.servers.http.asking import COOKIE, is_secure, require_own_page, source_of

# As long as an unused session lives on the server.
_COOKIE_SECONDS = 14 * 24 * 3600
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("MicroMessenger", "WeChat"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a member types."""

    address: str
    password: str


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True):
    """The password until now, and the new one."""

    current: str
    new: str


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in browser; `current` is the one that asks."""

    id: UUID
    device: str
    ip: str
    created_at: datetime
    seen_at: datetime
    current: bool


class SessionPage(msgspec.Struct, frozen=True, kw_only=True):
    """All living sessions of the member, latest first."""

    items: list[SessionView]


@post("/session", status_code=200, summary="Sign in", opt={"once": False})
async def sign_in(
    request: Request[Any, Any, Any], database: Database, data: SignIn
) -> Response[Me]:
    """Sets the session's cookie. 401 when address and password do not fit, 503 when locked out."""
    settings = database.service(Settings)
    require_own_page(request, settings, cookie=False)
    actor = await sign_in_with_password(
        database, data.address, data.password, source=source_of(request), protocol="http"
    )
    return await sign_in_as(request, database, actor)


async def sign_in_as(
    request: Request[Any, Any, Any], database: Database, actor: Actor
) -> Response[Me]:
    """A session for who has proved to be this member, and its cookie."""
    agent = _device(request.headers.get("user-agent", ""))
    async with database.workspace(actor.workspace_id) as tx:
        token = await open_session(tx, actor, agent=agent, source=source_of(request))
        me = await me_view(tx, actor)
    cookie = _cookie(request, database.service(Settings), token, _COOKIE_SECONDS)
    return Response(me, cookies=[cookie])


@delete("/session", status_code=204, summary="Sign out")
async def sign_out(request: Request[Any, Any, Any], database: Database) -> Response[None]:
    """Ends this session; nothing happens when it has ended already."""
    settings = database.service(Settings)
    token = request.cookies.get(COOKIE)
    if token:
        require_own_page(request, settings, cookie=True)
        await _end(database, token)
    return Response(None, status_code=204, cookies=[_cookie(request, settings, "", 0)])


@get("/sessions", summary="Signed-in browsers")
async def read_sessions(actor: Actor, database: Database) -> SessionPage:
    """One's own."""
    actor.require(Scope.SETTINGS)
    async with database.workspace(actor.workspace_id) as tx:
        sessions = await list_sessions(tx, actor)
    return SessionPage(
        items=[
            SessionView(
                id=session.id,
                device=session.agent,
                ip=session.source,
                created_at=session.created_at,
                seen_at=session.last_seen_at,
                current=session.id == actor.session_id,
            )
            for session in sessions
        ]
    )


@delete("/sessions", status_code=204, summary="End all other sessions")
async def end_other_sessions(actor: Actor, database: Database) -> None:
    """The one that asks stays."""
    actor.require(Scope.SETTINGS)
    async with database.workspace(actor.workspace_id) as tx:
        await revoke_other_sessions(tx, actor)


@delete("/sessions/{session_id:uuid}", status_code=204, summary="End a session")
async def end_session(actor: Actor, database: Database, session_id: UUID) -> None:
    """At once, wherever it is."""
    actor.require(Scope.SETTINGS)
    async with database.workspace(actor.workspace_id) as tx:
        await revoke_session(tx, actor, session_id)


@post("/me/password", status_code=204, summary="Change the password", opt={"once": False})
async def change_password(
    request: Request[Any, Any, Any], actor: Actor, database: Database, data: PasswordChange
) -> None:
    """Ends all other sessions. 403 when the current password is wrong."""
    if actor.session_id is None:
        raise Denied("A password is changed in the page, not with a key.")
    try:
        await sign_in_with_password(
            database, actor.address, data.current, source=source_of(request), protocol="http"
        )
    except Unauthenticated:
        # 401 would say that the session has ended.
        raise Denied("The current password is wrong.", field="current") from None
    await set_password(
        database, actor.workspace_id, actor.member_id, data.new, kept=actor.session_id
    )


async def _end(database: Database, token: str) -> None:
    try:
        actor = await actor_of_session(database, token)
    except Unauthenticated:
        return
    if actor.session_id is not None:
        async with database.workspace(actor.workspace_id) as tx:
            await revoke_session(tx, actor, actor.session_id)


def _cookie(
    request: Request[Any, Any, Any], settings: Settings, token: str, seconds: int
) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=token,
        path="/",
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=is_secure(request, settings),
    )


def _device(agent: str) -> str:
    """What a member recognises: "Firefox, Linux"."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    plain = re.sub(r"[^\w ./-]", "", agent.partition("/")[0])[:40]
    return ", ".join(filter(None, (browser or plain or "?", system)))


router = Router(
    path="/",
    tags=["session"],
    route_handlers=[
        sign_in,
        sign_out,
        read_sessions,
        end_other_sessions,
        end_session,
        change_password,
    ],
)
