"""HTTP doors of quotas. The edge provides `actor` and `database`."""

from typing import TypeAlias

from litestar import Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from posthouse.foundation.db import Database
from posthouse.mail.quotas import actions
from posthouse.mail.quotas.model import Limits
from posthouse.mail.quotas.views import (
    LimitsView,
    OwnLimits,
    QuotaList,
    UsageList,
    UsageView,
    usage_view,
)
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/usage", summary="What the mailboxes you can read hold of what they may")
async def read_usage(actor: Who, database: Db) -> UsageList:
    """Mailboxes whose mail you may read in full."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await actions.own_usage(tx, actor)
    return UsageList(items=[usage_view(each) for each in found])


@get("/quotas", summary="Limits and usage of all mailboxes")
async def list_quotas(actor: Who, database: Db) -> QuotaList:
    """For administrators."""
    async with database.workspace(actor.workspace_id) as tx:
        default, found = await actions.all_usage(tx, actor)
    return QuotaList(
        default=LimitsView(octets=default.octets, messages=default.messages),
        items=[usage_view(each) for each in found],
    )


@put("/quotas", summary="Set what a mailbox may hold when nothing else is said of it")
async def set_default(actor: Who, database: Db, data: JSONBody[LimitsView]) -> LimitsView:
    """0 is no limit. Nothing is deleted when a mailbox holds more already."""
    async with database.workspace(actor.workspace_id) as tx:
        limits = Limits(octets=data.octets, messages=data.messages)
        made = await actions.set_default(tx, actor, limits)
    return LimitsView(octets=made.octets, messages=made.messages)


@put("/quotas/{address:str}", summary="Set what one mailbox may hold")
async def set_limits(
    actor: Who, database: Db, address: FromPath[str], data: JSONBody[OwnLimits]
) -> UsageView:
    """0 is no limit, null is as the workspace says."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await actions.set_limits(
            tx, actor, address, octets=data.octets, messages=data.messages
        )
    return usage_view(found)


router = Router(
    path="/", tags=["quotas"], route_handlers=[read_usage, list_quotas, set_default, set_limits]
)
