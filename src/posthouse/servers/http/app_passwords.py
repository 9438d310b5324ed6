"""App passwords: a member makes, lists and revokes them; an administrator wants them used."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, delete, get, post, put

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Unauthenticated
from posthouse.security.members import (
    Actor,
    AppPassword,
    MailProtocol,
    Scope,
    add_app_password,
    app_passwords_required,
    list_app_passwords,
    require_app_passwords,
    revoke_app_password,
    sign_in_with_password,
)
from posthouse.servers.http.asking import source_of


class AppPasswordView(msgspec.Struct, frozen=True, kw_only=True):
    """One mail program's password, without the word. `last_ip` is where it was used last."""

    id: UUID
    name: str
    protocols: list[MailProtocol]
    created_at: datetime
    last_used_at: datetime | None
    last_protocol: MailProtocol | None
    last_ip: str | None


class AppPasswordPage(msgspec.Struct, frozen=True, kw_only=True):
    """All of the member, newest first. `required`: mail programs sign in with nothing else."""

    items: list[AppPasswordView]
    required: bool


class NewAppPassword(msgspec.Struct, frozen=True, kw_only=True):
    """For which program, and with which protocols: all when none is named. `current` is the
    member's own password, so that nobody who finds the page open makes one."""

    name: str
    current: str
    protocols: list[MailProtocol] = []


class MadeAppPassword(msgspec.Struct, frozen=True, kw_only=True):
    """`password` is shown here and never again. Spaces and hyphens in it do not count."""

    id: UUID
    password: str


class SignInPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What the workspace wants of those who sign in."""

    app_passwords_required: bool


@get("/me/app-passwords", summary="Passwords of one's mail programs")
async def read_app_passwords(actor: Actor, database: Database) -> AppPasswordPage:
    """One's own, and whether programs need one."""
    actor.require(Scope.SETTINGS)
    async with database.workspace(actor.workspace_id) as tx:
        found = await list_app_passwords(tx, actor.member_id)
        required = await app_passwords_required(tx)
    return AppPasswordPage(items=[_view(each) for each in found], required=required)


@post("/me/app-passwords", summary="Make a password for a mail program", opt={"once": False})
async def make_app_password(
    request: Request[Any, Any, Any], actor: Actor, database: Database, data: NewAppPassword
) -> MadeAppPassword:
    """403 when `current` is wrong, or for who asks with a key."""
    if actor.session_id is None:
        raise Denied("App passwords are made in the page, not with a key.")
    try:
        await sign_in_with_password(
            database, actor.address, data.current, source=source_of(request), protocol="http"
        )
    except Unauthenticated:
        # 401 would say that the session has ended.
        raise Denied("The current password is wrong.", field="current") from None
    async with database.workspace(actor.workspace_id) as tx:
        password_id, word = await add_app_password(tx, actor.member_id, data.name, data.protocols)
    return MadeAppPassword(id=password_id, password=word)


@delete(
    "/me/app-passwords/{password_id:uuid}",
    status_code=204,
    summary="Revoke the password of a mail program",
)
async def end_app_password(actor: Actor, database: Database, password_id: UUID) -> None:
    """What the program has open ends."""
    actor.require(Scope.SETTINGS)
    async with database.workspace(actor.workspace_id) as tx:
        await revoke_app_password(tx, actor.member_id, password_id)


@get("/workspace/sign-in", summary="What the workspace wants of those who sign in")
async def read_policy(actor: Actor, database: Database) -> SignInPolicy:
    """For administrators."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        return SignInPolicy(app_passwords_required=await app_passwords_required(tx))


@put("/workspace/sign-in", summary="Say what the workspace wants of those who sign in")
async def set_policy(actor: Actor, database: Database, data: SignInPolicy) -> SignInPolicy:
    """Programs that came in with a member's own password are sent away when they ask next."""
    async with database.workspace(actor.workspace_id) as tx:
        await require_app_passwords(tx, actor, data.app_passwords_required)
    return data


def _view(password: AppPassword) -> AppPasswordView:
    return AppPasswordView(
        id=password.id,
        name=password.name,
        protocols=sorted(password.protocols),
        created_at=password.created_at,
        last_used_at=password.last_used_at,
        last_protocol=password.last_protocol,
        last_ip=password.last_source,
    )


router = Router(
    path="/",
    tags=["session"],
    route_handlers=[
        read_app_passwords,
        make_app_password,
        end_app_password,
        read_policy,
        set_policy,
    ],
)
