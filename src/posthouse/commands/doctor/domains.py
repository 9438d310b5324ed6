"""How hosted domains stand in DNS: in one line each; `posthouse domain check` says all of it."""

import asyncio
from uuid import UUID

from posthouse.commands.doctor.finding import Finding, Level
from posthouse.commands.domains import advice_on
from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.domains.actions import check_domain
from posthouse.mail.domains.model import Check, State
from posthouse.security.members import Actor

_SECONDS = 8.0
_MOST_ASKED = 50
# The world's DNS does not have such names (RFC 2606, 6761, 6762): demonstrations and tests do.
_NOWHERE = ("example", "test", "invalid", "localhost", "local", "internal")


async def look_at_domains(database: Database) -> list[Finding]:
    """MX, SPF, DKIM, DMARC of each, the address of the machine and the name of that."""
    async with database.system() as tx:
        rows = await tx.connection.fetch("SELECT name, workspace_id FROM domains ORDER BY name")
    settings = database.service(Settings)
    asked = [row for row in rows if settings.resolver or not _is_nowhere(row["name"])]
    return await asyncio.gather(
        *[_look_at(database, row["workspace_id"], row["name"]) for row in asked[:_MOST_ASKED]]
    )


async def _look_at(database: Database, workspace_id: UUID, name: str) -> Finding:
    what = f"domain {name}"
    try:
        async with asyncio.timeout(_SECONDS):
            checks = await check_domain(database, Actor.system(workspace_id), name)
    except TimeoutError:
        return Finding(what=what, level=Level.WARNING, says="DNS does not answer")
    return summary_of(what, name, checks)


def summary_of(what: str, name: str, checks: list[Check]) -> Finding:
    """What is wrong with it: a warning, for mail may take another way on purpose."""
    wrong = [each for each in checks if each.state in (State.BAD, State.UNKNOWN)]
    says = "; ".join(f"{each.name} {each.type}: {advice_on(each)}" for each in wrong)
    return Finding(
        what=what,
        level=Level.WARNING if wrong else Level.OK,
        says=f"{says} (“posthouse domain check {name}”)" if wrong else "stands right in DNS",
        details={"wrong": [str(each.subject) for each in wrong]},
    )


def _is_nowhere(domain: str) -> bool:
    return domain.rpartition(".")[2] in _NOWHERE
