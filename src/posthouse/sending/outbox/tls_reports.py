"""Reports on TLS to domains that ask for them: one for each day, by mail or HTTPS (RFC 8460)."""

import asyncio
import logging
import ssl
from datetime import date, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

import httpcore
import msgspec

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Row
from posthouse.foundation.errors import Invalid
from posthouse.foundation.guarded import Guarded, MayReach, is_public
from posthouse.foundation.ids import new_id
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import Settings
from posthouse.foundation.sql import load_queries
from posthouse.protocols.aggregate import is_tls_reporting, report_addresses, tls_rua
from posthouse.protocols.aggregate.tls_write import (
    DayReport,
    FailureSaid,
    PolicyResult,
    PolicySaid,
    report_mail,
)
from posthouse.protocols.dns import CachingResolver
from posthouse.sending.outbox.actions import enqueue

SQL = load_queries("posthouse.sending.outbox", "tls_results.sql")
_MOST_LOOKED_AT = 5_000
_PORTION = 100
# RFC 8460 4.1: not all at midnight. 5.5: a report that cannot be handed over is tried for a day.
_SPREAD = timedelta(hours=4)
_AGAIN = timedelta(hours=2)
_MOST_ATTEMPTS = 12
_KEPT = timedelta(days=60)
_MOST_PLACES = 5
_SECONDS = 60.0
_KIND = b"application/tlsrpt+gzip"

log = logging.getLogger(__name__)


class Reporter:
    """Sends what is due. `may_reach` and `verifying` replace the usual rules in tests."""

    def __init__(
        self,
        database: Database,
        resolver: CachingResolver,
        *,
        verifying: ssl.SSLContext | None = None,
        may_reach: MayReach = is_public,
    ) -> None:
        self._database = database
        self._resolver = resolver
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verifying or ssl.create_default_context(),
            network_backend=Guarded(resolver, may_reach),
        )

    async def send_due(self) -> int:
        """How many reports were sent."""
        now = clock.now()
        async with self._database.system() as tx:
            await tx.execute(SQL["forget_reports"], before=now.date() - _KEPT)
            if self._database.service(Settings).tls_reports == "off":
                await tx.execute(SQL["forget_sessions"], today=now.date())
                return 0
            house = await self._house()
            rows = await tx.rows(
                SQL["due_days"], today=now.date(), now=now, again=_AGAIN, limit=_MOST_LOOKED_AT
            )
        if house is None:
            return 0
        due = [row for row in rows if now >= _first_time(row["day"], row["domain"])]
        sent = 0
        for row in due[:_PORTION]:
            sent += await self._report(house, row["day"], row["domain"], now)
        return sent

    async def _house(self) -> tuple[UUID, str] | None:
        """Who reports: the hosted domain that our own name is in. Nobody, when there is none."""
        labels = self._database.service(Settings).hostname.lower().split(".")
        names = [".".join(labels[start:]) for start in range(len(labels))]
        async with self._database.system() as tx:
            row = await tx.row(SQL["find_reporter"], names=names)
        return None if row is None else (row["workspace_id"], row["name"])

    async def _report(self, house: tuple[UUID, str], day: date, domain: str, now: datetime) -> bool:
        async with self._database.system() as tx:
            claimed = await tx.row(
                SQL["claim_report"],
                day=day,
                domain=domain,
                id=new_id(),
                now=now,
                again_at=now + _AGAIN,
            )
            if claimed is None:
                return False
            rows = await tx.rows(SQL["read_sessions"], day=day, domain=domain)
        hostname = self._database.service(Settings).hostname
        report = DayReport(
            organization=hostname,
            contact=f"postmaster@{house[1]}",
            report_id=f"{claimed['id'].hex}@{hostname}",
            domain=domain,
            day=day,
            results=_results(rows),
        )
        outcome = await self._hand_over(house, report, now)
        if outcome is None and claimed["attempts"] < _MOST_ATTEMPTS:
            return False
        async with self._database.system() as tx:
            await tx.execute(
                SQL["finish_report"], day=day, domain=domain, now=now, outcome=outcome or "failed"
            )
        log.info("outbox: TLS report to %s: %s", domain, outcome or "failed")
        return outcome == "sent"

    async def _hand_over(
        self, house: tuple[UUID, str], report: DayReport, now: datetime
    ) -> str | None:
        """`sent` when any place took it, `unwanted` when nobody asks any more; None: try again."""
        answer = await self._resolver.txt(f"_smtp._tls.{report.domain}")
        if answer.temporary:
            return None
        ruas = [tls_rua(text) for text in answer.records if is_tls_reporting(text)]
        if len(ruas) != 1:
            return "unwanted"
        mails, pages = report_addresses(ruas[0])[:_MOST_PLACES], _pages(ruas[0])[:_MOST_PLACES]
        if not mails and not pages:
            return "unwanted"
        posted = [await self._post(page, report) for page in pages]
        mailed = [await self._mail(house, address, report, now) for address in mails]
        return "sent" if any(posted) or any(mailed) else None

    async def _mail(
        self, house: tuple[UUID, str], address: str, report: DayReport, now: datetime
    ) -> bool:
        """RFC 8460 5.3: signed with our own DKIM key, and delivered even where TLS fails."""
        workspace_id, domain = house
        sender = f"postmaster@{domain}"
        try:
            async with self._database.workspace(workspace_id) as tx:
                await enqueue(
                    tx,
                    raw=report_mail(report, address, sender, now),
                    mail_from=sender,
                    recipients=[address],
                    submitted_by=None,
                    door="report",
                )
        except Invalid:
            return False
        return True

    async def _post(self, page: str, report: DayReport) -> bool:
        """RFC 8460 5.4: any 2xx is a yes."""
        try:
            async with asyncio.timeout(_SECONDS):
                response = await self._pool.request(
                    "POST", page, headers=[(b"content-type", _KIND)], content=report.packed()
                )
        except Exception as error:
            log.warning("outbox: no TLS report to %s (%s)", report.domain, type(error).__name__)
            return False
        return 200 <= response.status < 300

    async def close(self) -> None:
        """Connections that are kept."""
        await self._pool.aclose()


async def send_reports(database: Database) -> int:
    """How many TLS reports were sent."""
    resolver = open_resolver(database.service(Settings).resolver)
    reporter = Reporter(database, resolver)
    try:
        return await reporter.send_due()
    finally:
        await reporter.close()
        await resolver.close()


CHORES = (Chore(name="outbox.tls-reports", do=send_reports, every=900.0, first=60.0),)


def _first_time(day: date, domain: str) -> datetime:
    midnight = datetime.fromisoformat(f"{day + timedelta(days=1)}T00:00:00+00:00")
    share = int.from_bytes(sha256(domain.encode()).digest()[:4], "big") / 2**32
    return midnight + _SPREAD * share


def _results(rows: list[Row]) -> list[PolicyResult]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["policy"], []).append(row)
    return [
        PolicyResult(
            policy=msgspec.json.decode(policy, type=PolicySaid),
            succeeded=sum(row["sessions"] for row in group if row["failure"] is None),
            failed=[
                (msgspec.json.decode(row["failure"], type=FailureSaid), row["sessions"])
                for row in group
                if row["failure"] is not None
            ],
        )
        for policy, group in found.items()
    ]


def _pages(rua: str) -> list[str]:
    """The https addresses of the tag's value (RFC 8460 3)."""
    pages: list[str] = []
    for uri in rua.split(",")[:_MOST_PLACES]:
        text = uri.strip()
        try:
            parts = urlsplit(text)
            fine = parts.scheme.lower() == "https" and bool(parts.hostname)
        except ValueError:
            continue
        if fine and text.isascii() and text.isprintable():
            pages.append(text)
    return pages
