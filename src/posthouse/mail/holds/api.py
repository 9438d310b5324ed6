"""HTTP doors of legal holds, for administrators. The edge provides `actor` and `database`.

Held mail is no member's to read here: the operator exports it (`posthouse hold export`).
"""

from typing import TypeAlias
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from posthouse.foundation.db import Database
from posthouse.mail.holds import actions
from posthouse.mail.holds.views import HoldList, HoldView, NewHold, hold_view
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/holds", summary="Legal holds there are and were")
async def list_holds(actor: Who, database: Db) -> HoldList:
    """Those that hold first."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await actions.list_holds(tx, actor)
    return HoldList(items=[hold_view(each) for each in found])


@post("/holds", summary="Keep a mailbox from being erased")
async def set_hold(actor: Who, database: Db, data: JSONBody[NewHold]) -> HoldView:
    """Its member sees no difference: what is deleted leaves the folders, and is kept."""
    async with database.workspace(actor.workspace_id) as tx:
        return hold_view(await actions.set_hold(tx, actor, data.mailbox, data.reason))


@post("/holds/{hold_id:uuid}/lift", status_code=200, summary="Lift a hold")
async def lift_hold(actor: Who, database: Db, hold_id: FromPath[UUID]) -> HoldView:
    """What was deleted and kept for it alone is erased. 409 when it was lifted before."""
    async with database.workspace(actor.workspace_id) as tx:
        return hold_view(await actions.lift_hold(tx, actor, hold_id))


router = Router(path="/", tags=["holds"], route_handlers=[list_holds, set_hold, lift_hold])
