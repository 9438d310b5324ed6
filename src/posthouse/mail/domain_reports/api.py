"""HTTP door of reports on hosted domains, for administrators."""

from typing import TypeAlias

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from posthouse.foundation.db import Database
from posthouse.mail.domain_reports import actions
from posthouse.mail.domain_reports.views import DomainReports, view_of
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/domains/{domain:str}/reports", summary="What others report on a domain")
async def read_reports(
    actor: Who, database: Db, domain: FromPath[str], days: FromQuery[int] = 30
) -> DomainReports:
    """Aggregate DMARC and TLS reports that arrived, about the last 1 to 400 days, in sum."""
    async with database.workspace(actor.workspace_id) as tx:
        return view_of(await actions.read_overview(tx, actor, domain, days))


router = Router(path="/", tags=["domains"], route_handlers=[read_reports])
