"""HTTP doors of the rules of a mailbox, one's own or one that one may change."""

from typing import TypeAlias
from uuid import UUID

from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from posthouse.foundation.db import Database
from posthouse.mail.rules import actions
from posthouse.mail.rules.model import LARGEST_SCRIPT, MOST_SCRIPTS, ScriptInfo
from posthouse.mail.rules.reach import check_reach
from posthouse.mail.rules.views import (
    ActiveScript,
    Checked,
    NamedScript,
    ScriptList,
    ScriptProblem,
    ScriptText,
    ScriptView,
)
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/mailboxes/{mailbox_id:uuid}/scripts", summary="Rules of a mailbox: its Sieve scripts")
async def list_scripts(actor: Who, database: Db, mailbox_id: FromPath[UUID]) -> ScriptList:
    """In the order in which they were made; at most one is active."""
    return await _scripts(actor, database, mailbox_id)


@get("/mailboxes/{mailbox_id:uuid}/script", summary="One script with its text")
async def read_script(
    actor: Who, database: Db, mailbox_id: FromPath[UUID], name: FromQuery[str]
) -> NamedScript:
    """404 when there is none of that name."""
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=False)
        script = await actions.read_script(tx, mailbox_id, name)
    content = script.content.decode("utf-8", "replace")
    return NamedScript(name=script.info.name, active=script.info.active, content=content)


@put("/mailboxes/{mailbox_id:uuid}/script", summary="Save a script")
async def save_script(
    actor: Who,
    database: Db,
    mailbox_id: FromPath[UUID],
    name: FromQuery[str],
    data: JSONBody[ScriptText],
) -> ScriptList:
    """New, or in place of the one of that name, which stays active if it was.

    422 with every mistake and its place.
    """
    content = data.content.encode()
    await actions.check_script(content)
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=True)
        await actions.save_script(tx, mailbox_id, name, content)
    return await _after_change(actor, database, mailbox_id)


@delete(
    "/mailboxes/{mailbox_id:uuid}/script",
    summary="Delete a script that is not active",
    status_code=HTTP_200_OK,
)
async def delete_script(
    actor: Who, database: Db, mailbox_id: FromPath[UUID], name: FromQuery[str]
) -> ScriptList:
    """409 for the active one."""
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=True)
        await actions.delete_script(tx, mailbox_id, name)
    return await _after_change(actor, database, mailbox_id)


@put("/mailboxes/{mailbox_id:uuid}/active-script", summary="Choose the script that is in force")
async def activate_script(
    actor: Who, database: Db, mailbox_id: FromPath[UUID], data: JSONBody[ActiveScript]
) -> ScriptList:
    """None with null."""
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=True)
        await actions.activate_script(tx, mailbox_id, data.name)
    return await _after_change(actor, database, mailbox_id)


@post("/scripts/check", summary="Look for mistakes in a script", status_code=HTTP_200_OK)
async def check_script(actor: Who, data: JSONBody[ScriptText]) -> Checked:
    """Nothing is saved."""
    problems = await actions.find_problems(data.content.encode())
    return Checked(
        problems=[
            ScriptProblem(line=each.line, column=each.column, text=each.text) for each in problems
        ]
    )


async def _after_change(actor: Actor, database: Database, mailbox_id: UUID) -> ScriptList:
    """When it is answered every process knows: mail that comes now meets the new rules."""
    await database.signals.flushed()
    return await _scripts(actor, database, mailbox_id)


async def _scripts(actor: Actor, database: Database, mailbox_id: UUID) -> ScriptList:
    async with database.workspace(actor.workspace_id) as tx:
        await check_reach(tx, actor, mailbox_id, writing=False)
        found = await actions.list_scripts(tx, mailbox_id)
    return ScriptList(
        items=[_view(info) for info in found],
        most_scripts=MOST_SCRIPTS,
        largest_script=LARGEST_SCRIPT,
    )


def _view(info: ScriptInfo) -> ScriptView:
    return ScriptView(
        name=info.name,
        size=info.size,
        active=info.active,
        changed_at=info.changed_at,
        failure=info.failure,
        failed_at=info.failed_at,
    )


router = Router(
    path="/",
    tags=["rules"],
    route_handlers=[
        list_scripts,
        read_script,
        save_script,
        delete_script,
        activate_script,
        check_script,
    ],
)
