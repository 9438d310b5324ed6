"""Reports on TLS: what went well and wrong with real certificates, told by mail and by HTTPS."""

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import dkim
import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.protocols import mime
from posthouse.protocols.aggregate import TlsReport, find_reports
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.mailauth.keys import dns_name
from posthouse.security.members import create_workspace
from posthouse.security.members import signing_keys as keys_of
from posthouse.sending.outbox.model import State
from posthouse.sending.outbox.tests.test_mta_sts import MX, POLICY, Town, server_side, town_of
from posthouse.sending.outbox.tls_reports import Reporter
from posthouse.sending.outbox.tls_results import TlsResults
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace
from tests.support.ports import free_port
from tests.support.sending import HeldClock, work

ASKS: dict[str, list[Any]] = {"TXT": ["v=TLSRPTv1; rua=mailto:tls@kunde.example"], "TTL": [0]}
# RFC 8460 4.3: names and kinds of values, as they are there.
REPORT = {
    "organization-name": str,
    "date-range": {"start-datetime": str, "end-datetime": str},
    "contact-info": str,
    "report-id": str,
    "policies": [
        {
            "policy": {
                "policy-type": str,
                "policy-string": [str],
                "policy-domain": str,
                "mx-host": [str],
            },
            "summary": {
                "total-successful-session-count": int,
                "total-failure-session-count": int,
            },
            "failure-details": [
                {
                    "result-type": str,
                    "sending-mta-ip": str,
                    "receiving-mx-hostname": str,
                    "receiving-mx-helo": str,
                    "receiving-ip": str,
                    "failed-session-count": int,
                    "additional-information": str,
                    "failure-reason-code": str,
                }
            ],
        }
    ],
}
OPTIONAL = {
    "policy-string",
    "mx-host",
    "failure-details",
    "sending-mta-ip",
    "receiving-mx-helo",
} | {
    "receiving-ip",
    "additional-information",
    "failure-reason-code",
    "receiving-mx-hostname",
}


def check(value: Any, shape: Any) -> None:
    """Every name is one of the RFC's, of the right kind, and none that must be there is missing."""
    if isinstance(shape, dict):
        assert set(value) <= set(shape)
        assert set(shape) - set(value) <= OPTIONAL
        for name, each in value.items():
            check(each, shape[name])
    elif isinstance(shape, list):
        for each in value:
            check(each, shape[0])
    else:
        assert type(value) is shape


def checked(packed: bytes) -> dict[str, Any]:
    """The document, looked through without our own reader."""
    said: dict[str, Any] = json.loads(gzip.decompress(packed))
    check(said, REPORT)
    for name in ("start-datetime", "end-datetime"):
        datetime.strptime(said["date-range"][name], "%Y-%m-%dT%H:%M:%SZ")
    for each in said["policies"]:
        assert each["policy"]["policy-type"] in ("tlsa", "sts", "no-policy-found")
        failed = sum(one["failed-session-count"] for one in each.get("failure-details", ()))
        assert failed == each["summary"]["total-failure-session-count"]
    return said


@dataclass
class Page:
    """Takes reports over HTTPS."""

    port: int
    status: int = 201
    taken: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        self.taken.append((head, await reader.readexactly(size)))
        answer = f"HTTP/1.1 {self.status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(answer.encode())
        writer.close()


@pytest.fixture
async def signing(sending: Database) -> dict[str, bytes]:
    """The domain that our own name is in, with keys; what it publishes."""
    sending.provide(replace(sending.service(Settings), hostname="mail.signed.example"))
    actor = await create_workspace(
        sending, "Signed", "signed.example", "eva@signed.example", "correct horse battery"
    )
    async with sending.workspace(actor.workspace_id) as tx:
        keys = await keys_of(tx, "signed.example")
    return {dns_name(key.domain, key.selector): key.txt.encode() for key in keys}


@pytest.fixture
async def results(sending: Database, dns: DnsServer) -> TlsResults:
    dns.put("_smtp._tls.kunde.example", ASKS)
    return TlsResults()


@pytest.fixture
async def town(
    sending: Database,
    workspace: Workspace,
    dns: DnsServer,
    tmp_path: Path,
    held: HeldClock,
    results: TlsResults,
) -> AsyncIterator[Town]:
    async with town_of(sending, workspace, dns, tmp_path, results=results) as made:
        yield made


def reporter_of(house: Database, verifying: ssl.SSLContext | None = None) -> Reporter:
    resolver = house.service(CachingResolver)
    return Reporter(house, resolver, verifying=verifying, may_reach=lambda address, port: True)


async def a_day_later(house: Database, results: TlsResults, held: HeldClock) -> None:
    await results.write_down(house)
    held.pass_by(days=1, hours=5)


async def failures(town: Town, results: TlsResults) -> list[tuple[str, str]]:
    """Policy and result type of all sessions that were counted since; "" went well."""
    await results.write_down(town.house)
    async with town.house.system() as tx:
        rows = await tx.connection.fetch("DELETE FROM outbox_tls_sessions RETURNING *")
    found = []
    for row in rows:
        failure = json.loads(row["failure"])["result-type"] if row["failure"] else ""
        found.append((json.loads(row["policy"])["policy-type"], failure))
    return sorted(found)


async def test_a_day_is_reported_by_mail(
    town: Town, results: TlsResults, signing: dict[str, bytes], held: HeldClock
):
    held.pass_by(days=-2)  # dkimpy believes in no signature from the future
    for _ in range(2):
        assert (await town.deliver())[0] is State.DELIVERED
    town.worker._courier._pool.close()
    town.mx.tls = None
    assert (await town.deliver())[0] is State.QUEUED
    day = held().date()
    await a_day_later(town.house, results, held)
    reporter = reporter_of(town.house)
    assert await reporter.send_due() == 1
    assert await reporter.send_due() == 0
    # RFC 8460 3: the report leaves although TLS, which the policy asks for, still fails.
    await work(town.worker)
    (raw,) = [each for each in town.mx.contents if b"tlsrpt" in each]
    assert "tls@kunde.example" in town.mx.taken
    assert dkim.verify(raw, dnsfunc=lambda name, **_: signing.get(name.decode().rstrip(".")))
    message = message_from_bytes(raw)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "tlsrpt"
    assert message["TLS-Report-Domain"] == "kunde.example"
    assert message["TLS-Report-Submitter"] == "mail.signed.example"
    assert "Report Domain: kunde.example" in message["Subject"]
    (part,) = [one for one in message.walk() if one.get_content_type() == "application/tlsrpt+gzip"]
    name = part.get_filename()
    assert name
    submitter, domain, begin, end, _ = name.split("!")
    assert (submitter, domain, int(end) - int(begin)) == (
        "mail.signed.example",
        "kunde.example",
        86_399,
    )
    said = checked(part.get_payload(decode=True))  # type: ignore[arg-type]
    (policy,) = said["policies"]
    assert policy["policy"]["policy-string"][:3] == [
        "version: STSv1",
        "mode: enforce",
        f"mx: {MX}",
    ]
    assert policy["summary"] == {
        "total-successful-session-count": 1,
        "total-failure-session-count": 1,
    }
    (failure,) = policy["failure-details"]
    assert failure["result-type"] == "starttls-not-supported"
    assert failure["receiving-mx-hostname"] == MX
    # Our own reader of others' reports understands it, too.
    (report,) = find_reports(mime.scan(raw))
    assert isinstance(report, TlsReport)
    assert report.begins_at.date() == day
    assert [(p.kind, p.succeeded, p.failed) for p in report.policies] == [("sts", 1, 1)]


async def test_a_day_is_reported_over_https(
    town: Town,
    results: TlsResults,
    signing: dict[str, bytes],
    held: HeldClock,
    tmp_path: Path,
):
    context, certificate = server_side(tmp_path, "reports.kunde.example")
    page = Page(free_port(), status=503)
    server = await asyncio.start_server(page.answer, "127.0.0.1", page.port, ssl=context)
    town.dns.put("reports.kunde.example", {"A": ["127.0.0.1"]})
    url = f"https://reports.kunde.example:{page.port}/v1"
    town.dns.put("_smtp._tls.kunde.example", {**ASKS, "TXT": [f"v=TLSRPTv1;rua={url}"]})
    await town.deliver()
    await a_day_later(town.house, results, held)
    reporter = reporter_of(town.house, ssl.create_default_context(cafile=str(certificate)))
    assert await reporter.send_due() == 0
    page.status = 201
    assert await reporter.send_due() == 0  # not at once
    held.pass_by(hours=3)
    assert await reporter.send_due() == 1
    server.close()
    head, body = page.taken[-1]
    assert head.startswith(b"POST /v1 HTTP/1.1\r\n")
    assert b"content-type: application/tlsrpt+gzip\r\n" in head.lower()
    assert checked(body)["policies"][0]["summary"]["total-successful-session-count"] == 1
    assert len(page.taken) == 2
    async with town.house.system() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM outbox_tls_sessions") == 0
    await reporter.close()


async def test_what_goes_wrong_has_the_names_of_the_rfc(
    sending: Database,
    workspace: Workspace,
    dns: DnsServer,
    tmp_path: Path,
    held: HeldClock,
    results: TlsResults,
):
    async with town_of(
        sending, workspace, dns, tmp_path, mx_name="evil.example", results=results
    ) as town:
        await town.deliver()
        assert await failures(town, results) == [("sts", "certificate-host-mismatch")]
        town.web.body = POLICY.format("testing", MX)
        dns.put("_mta-sts.kunde.example", {"TXT": ["v=STSv1; id=2;"], "TTL": [0]})
        held.pass_by(minutes=6)
        assert (await town.deliver())[0] is State.DELIVERED
        assert await failures(town, results) == [("sts", "certificate-host-mismatch")]
        town.web.body = POLICY.format("enforce", "*.other.example")
        dns.put("_mta-sts.kunde.example", {"TXT": ["v=STSv1; id=3;"], "TTL": [0]})
        held.pass_by(minutes=6)
        await town.deliver()
        assert await failures(town, results) == [("sts", "validation-failure")]


@pytest.mark.parametrize(
    ("web_name", "body", "result"),
    [
        ("other.example", None, "sts-webpki-invalid"),
        ("mta-sts.kunde.example", "no policy at all", "sts-policy-invalid"),
    ],
)
async def test_a_policy_that_cannot_be_had_is_reported(
    sending: Database,
    workspace: Workspace,
    dns: DnsServer,
    tmp_path: Path,
    results: TlsResults,
    web_name: str,
    body: str | None,
    result: str,
):
    async with town_of(
        sending, workspace, dns, tmp_path, web_name=web_name, results=results
    ) as town:
        town.web.body = body or town.web.body
        assert (await town.deliver())[0] is State.DELIVERED
        assert await failures(town, results) == [("sts", result)]


async def test_without_a_policy_it_is_told_whether_there_is_tls(town: Town, results: TlsResults):
    town.dns.put("_mta-sts.kunde.example", {"TXT": ["nothing"], "TTL": [0]})
    await town.deliver()
    assert await failures(town, results) == [("no-policy-found", "")]
    town.worker._courier._pool.close()
    town.mx.tls = None
    assert (await town.deliver())[0] is State.DELIVERED
    assert await failures(town, results) == [("no-policy-found", "starttls-not-supported")]


async def test_who_does_not_ask_is_not_counted(town: Town, results: TlsResults):
    town.dns.put("_smtp._tls.kunde.example", {"TXT": ["nothing"], "TTL": [0]})
    await town.deliver()
    assert await failures(town, results) == []


async def test_who_asks_no_more_or_is_not_to_hear_gets_nothing(
    town: Town, results: TlsResults, signing: dict[str, bytes], held: HeldClock
):
    await town.deliver()
    await a_day_later(town.house, results, held)
    reporter = reporter_of(town.house)
    town.dns.put("_smtp._tls.kunde.example", {"TXT": ["nothing"], "TTL": [0]})
    assert await reporter.send_due() == 0
    async with town.house.system() as tx:
        assert await tx.connection.fetchval("SELECT outcome FROM outbox_tls_reports") == "unwanted"
    town.dns.put("_smtp._tls.kunde.example", ASKS)
    await town.deliver()
    await a_day_later(town.house, results, held)
    town.house.provide(replace(town.house.service(Settings), tls_reports="off"))
    assert await reporter.send_due() == 0
    async with town.house.system() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM outbox_tls_sessions") == 0
