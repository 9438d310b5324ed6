"""Keeping what reports say of hosted domains, and reading it in sum."""

from collections.abc import Iterable
from datetime import timedelta

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.mail.domain_reports import store
from posthouse.mail.domain_reports.model import MOST_DAYS, Overview, Reporter, Told, by_outcome
from posthouse.mail.domain_reports.store import Span
from posthouse.security.members import Actor, hosted_domains, normal_domain

# Enough to see what is wrong; a domain that is forged a lot has thousands.
_MOST_SOURCES = 100


async def keep_reports(tx: Tx, told: Iterable[Told]) -> int:
    """How many are new: one that comes twice counts once. Those on the future, or on
    days that nobody asks for any more, are left out."""
    tomorrow = clock.now().date() + timedelta(days=1)
    oldest = tomorrow - timedelta(days=MOST_DAYS)
    believed = [each for each in told if oldest < each.day <= tomorrow]
    return sum([await store.insert_report(tx, each) for each in believed])


async def read_overview(tx: Tx, actor: Actor, domain: str, days: int) -> Overview:
    """What reports say of a hosted domain in the last `days`. Raises Denied, Invalid, NotFound."""
    actor.require_admin()
    name = normal_domain(domain)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"Ask for 1 to {MOST_DAYS} days.", field="days")
    if name not in await hosted_domains(tx):
        raise NotFound(f"The workspace has no domain {name}.", field="domain")
    until = clock.now().date()
    span = Span(name, until - timedelta(days=days - 1), until)
    sources, count = await store.sources(tx, span, _MOST_SOURCES)
    return Overview(
        domain=name,
        since=span.since,
        until=until,
        addresses=tuple(await store.report_addresses(tx, name)),
        reporters=tuple(await _reporters(tx, span)),
        mail_days=tuple(await store.mail_days(tx, span)),
        sources=tuple(sources),
        more_sources=count - len(sources),
        session_days=tuple(await store.session_days(tx, span)),
        failures=tuple(by_outcome(await store.failures(tx, span))),
    )


async def _reporters(tx: Tx, span: Span) -> list[Reporter]:
    """Who sent most first."""
    counted: dict[str, Reporter] = {}
    for name, day in await store.reports(tx, span):
        before = counted.get(name)
        counted[name] = Reporter(
            name=name,
            reports=before.reports + 1 if before else 1,
            last_day=before.last_day if before else day,
        )
    return sorted(counted.values(), key=lambda each: (-each.reports, each.name))
