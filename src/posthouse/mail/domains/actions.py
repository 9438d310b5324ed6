"""The hosted domains of a workspace, and how they stand in DNS."""

from posthouse.foundation.db import Database
from posthouse.foundation.errors import NotFound
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import Settings
from posthouse.mail.domains.checking import check_records
from posthouse.mail.domains.model import Check
from posthouse.security.members import (
    Actor,
    dns_records,
    hosted_domains,
    normal_domain,
    signing_keys,
)


async def list_domains(database: Database, actor: Actor) -> list[str]:
    """By name. Raises Denied for who does not run the workspace."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        return await hosted_domains(tx)


async def check_domain(database: Database, actor: Actor, domain: str) -> list[Check]:
    """How a hosted domain stands in DNS at this moment: no answer comes from a cache of ours.

    Takes as long as DNS does, outside of any transaction. Raises Denied, Invalid, NotFound.
    """
    actor.require_admin()
    name = normal_domain(domain)
    settings = database.service(Settings)
    async with database.workspace(actor.workspace_id) as tx:
        if name not in await hosted_domains(tx):
            raise NotFound(f"The workspace has no domain {name}.", field="domain")
        wanted = dns_records(name, settings.hostname, await signing_keys(tx, name))
    resolver = open_resolver(settings.resolver)
    try:
        return await check_records(resolver, name, settings.hostname, wanted)
    finally:
        await resolver.close()
