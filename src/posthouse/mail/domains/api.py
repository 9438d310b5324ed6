"""HTTP doors of hosted domains, for administrators. The edge provides `actor` and `database`."""

from typing import TypeAlias

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from posthouse.foundation.db import Database
from posthouse.mail.domains import actions
from posthouse.mail.domains.views import CheckView, DomainChecks, DomainList
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/domains", summary="Domains whose mail is kept here")
async def list_domains(actor: Who, database: Db) -> DomainList:
    """By name."""
    return DomainList(items=await actions.list_domains(database, actor))


@get("/domains/{domain:str}/checks", summary="How a domain stands in DNS")
async def check_domain(actor: Who, database: Db, domain: FromPath[str]) -> DomainChecks:
    """Asked now, as the rest of the world would: it takes some seconds when DNS is slow."""
    checks = await actions.check_domain(database, actor, domain)
    return DomainChecks(
        domain=domain,
        items=[
            CheckView(
                subject=check.subject,
                name=check.name,
                type=check.type,
                wanted=check.wanted,
                found=list(check.found),
                finding=check.finding,
                state=check.state,
            )
            for check in checks
        ],
    )


router = Router(path="/", tags=["domains"], route_handlers=[list_domains, check_domain])
