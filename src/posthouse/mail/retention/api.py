"""HTTP doors of retention. The edge provides `actor` and `database`."""

from typing import TypeAlias

from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.foundation.db import Database
from posthouse.mail.retention import actions
from posthouse.mail.retention.views import (
    DueList,
    RetentionInput,
    RetentionView,
    due_view,
    retention_view,
)
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/retention", summary="How long mail stays in which folders")
async def read_rules(actor: Who, database: Db) -> RetentionView:
    """For every member: what happens to his mail is no secret from him."""
    async with database.workspace(actor.workspace_id) as tx:
        return retention_view(await actions.list_rules(tx))


@post("/retention/trial", status_code=200, summary="What rules would take out if they were set now")
async def try_rules(actor: Who, database: Db, data: JSONBody[RetentionInput]) -> DueList:
    """Changes nothing. For administrators."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await actions.try_rules(tx, actor, data.as_rules())
    return DueList(items=[due_view(each) for each in found])


@put("/retention", summary="Set how long mail stays")
async def set_rules(actor: Who, database: Db, data: JSONBody[RetentionInput]) -> RetentionView:
    """These rules instead of all there were. For administrators; the sweep comes once an hour."""
    async with database.workspace(actor.workspace_id) as tx:
        return retention_view(await actions.set_rules(tx, actor, data.as_rules()))


router = Router(path="/", tags=["retention"], route_handlers=[read_rules, try_rules, set_rules])
