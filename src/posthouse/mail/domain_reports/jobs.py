"""Looking up in DNS where domains ask for reports, and forgetting reports of long ago."""

from collections.abc import Sequence
from datetime import timedelta

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import Settings
from posthouse.mail.domain_reports import store
from posthouse.mail.domain_reports.model import MOST_DAYS, Kind
from posthouse.protocols.aggregate import is_tls_reporting, report_addresses, tls_rua
from posthouse.protocols.dns import Resolver
from posthouse.protocols.mailauth.dmarc import BadPolicy, is_dmarc
from posthouse.protocols.mailauth.dmarc import parse_record as parse_dmarc

_HOUR, _DAY = 3600.0, 86_400.0


async def look_up_addresses(database: Database) -> int:
    """How many domains were asked about. Where DNS does not answer, what was there stays."""
    resolver = open_resolver(database.service(Settings).resolver)
    try:
        async with database.system() as tx:
            hosted = await store.all_domains(tx)
        for workspace_id, domains in hosted.items():
            for domain in domains:
                found = await _asked_for(resolver, domain)
                async with database.workspace(workspace_id) as tx:
                    for kind, addresses in found.items():
                        await store.put_addresses(tx, domain, kind, addresses)
    finally:
        await resolver.close()
    return sum(map(len, hosted.values()))


async def forget_reports(database: Database) -> int:
    """How many were older than anybody asks for."""
    async with database.system() as tx:
        return await store.forget(tx, clock.now().date() - timedelta(days=MOST_DAYS))


CHORES = (
    Chore(name="domain-reports.addresses", do=look_up_addresses, every=_HOUR, first=20.0),
    Chore(name="domain-reports.forgetting", do=forget_reports, every=_DAY, first=300.0),
)


async def _asked_for(resolver: Resolver, domain: str) -> dict[Kind, list[str]]:
    """By kind, for those that DNS answers about."""
    found: dict[Kind, list[str]] = {}
    answer = await resolver.txt(f"_dmarc.{domain}")
    if not answer.temporary:
        found[Kind.DMARC] = _only([_dmarc_rua(text) for text in answer.records if is_dmarc(text)])
    answer = await resolver.txt(f"_smtp._tls.{domain}")
    if not answer.temporary:
        found[Kind.TLS] = _only(
            [tls_rua(text) for text in answer.records if is_tls_reporting(text)]
        )
    return found


def _only(ruas: Sequence[str]) -> list[str]:
    """RFC 7489 6.6.3, RFC 8460 3: several records are none."""
    return report_addresses(ruas[0]) if len(ruas) == 1 else []


def _dmarc_rua(octets: bytes) -> str:
    try:
        return parse_dmarc(octets).report_to
    except BadPolicy:
        return ""
