"""Reports that arrive as mail: which count, how often, and for which domain."""

from collections.abc import Iterator, Mapping
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Invalid, NotFound
from posthouse.mail.addressing.actions import set_address
from posthouse.mail.domain_reports import store
from posthouse.mail.domain_reports.actions import read_overview
from posthouse.mail.domain_reports.jobs import forget_reports
from posthouse.mail.domain_reports.listeners import note_reports
from posthouse.mail.domain_reports.model import Finding, Kind, Overview
from posthouse.mail.domain_reports.views import view_of
from posthouse.mail.mailboxes.events import MessagesFiled
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder, make_mailbox
from posthouse.mail.mailboxes.model import Door, Filing
from posthouse.security.members import Actor, Role
from tests.support.house import Workspace, make_workspace
from tests.support.reports import Seen, dmarc_xml, report_mail, tls_json

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TODAY = NOW.date()
POSTMASTER = "postmaster@acme.example"
SIGNED = {"dkim": [{"result": "pass", "domain": "kunde.example"}], "dmarc": {"result": "pass"}}
ONE = dmarc_xml(Seen(source="192.0.2.1", count=3), day=TODAY)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    clock.hold(lambda: NOW)
    yield
    clock.hold(None)


async def arrive(
    house: Database,
    workspace: Workspace,
    *documents: bytes,
    to: str = POSTMASTER,
    verdict: Mapping[str, Any] | None = SIGNED,
    door: Door = "smtp",
    mailbox_id: UUID | None = None,
) -> None:
    """File mails with these reports, and let the listener hear of them."""
    mailbox_id = mailbox_id or workspace.mailbox_id
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, mailbox_id, "INBOX")
        filed = await file_messages(
            tx,
            [
                Filing(
                    mailbox_id=mailbox_id,
                    folder_id=folder_id,
                    raw=report_mail(document, to=to),
                    received_at=NOW,
                    direction="in",
                    door=door,
                    verdict=verdict,
                )
                for document in documents
            ],
        )
        copies = [each.mailbox_message_id for each in filed if each.mailbox_message_id]
        event = MessagesFiled(mailbox_message_ids=copies, variant_ids=[], door=door)
        await note_reports(tx, [event])


async def overview(
    house: Database, workspace: Workspace, domain: str = "acme.example", days: int = 30
) -> Overview:
    async with house.workspace(workspace.id) as tx:
        return await read_overview(tx, Actor.system(workspace.id), domain, days)


async def messages(house: Database, workspace: Workspace) -> int:
    return sum(day.messages for day in (await overview(house, workspace)).mail_days)


async def test_a_report_is_added_up_by_day_and_source(house: Database, workspace: Workspace):
    yesterday = TODAY - timedelta(days=1)
    ours = Seen(source="192.0.2.1", count=5, signed_by=["acme.example"])
    forged = Seen(source="198.51.100.9", count=2, dkim="fail", spf="fail", disposition="reject")
    news = Seen(source="2001:db8::1", dkim="fail", spf="fail", signed_by=["news.example"])
    await arrive(
        house,
        workspace,
        dmarc_xml(ours, forged, day=yesterday),
        dmarc_xml(ours, news, day=TODAY, report_id="2"),
        dmarc_xml(ours, day=TODAY, report_id="3", reporter="other.example"),
    )
    found = await overview(house, workspace)
    assert [astuple(day) for day in found.mail_days] == [
        (yesterday, 7, 5, 5, 5, 0, 2),
        (TODAY, 11, 10, 10, 10, 0, 0),
    ]
    assert [(s.address, s.messages, s.passed, s.proofs) for s in found.sources] == [
        ("192.0.2.1", 15, 15, ("acme.example",)),
        ("198.51.100.9", 2, 0, ()),
        ("2001:db8::1", 1, 0, ("news.example",)),
    ]
    findings = [source.finding for source in found.sources]
    assert findings == [Finding.RIGHT, Finding.UNPROVEN, Finding.FOREIGN]
    assert [(r.name, r.reports, r.last_day) for r in found.reporters] == [
        ("kunde.example", 2, TODAY),
        ("other.example", 1, TODAY),
    ]
    assert (await overview(house, workspace, days=1)).mail_days[0].messages == 11
    shown = view_of(found)
    assert shown.mail_days[0].day == yesterday
    assert shown.sources[1].finding is Finding.UNPROVEN


async def test_the_same_report_counts_once(house: Database, workspace: Workspace):
    again = dmarc_xml(Seen(source="192.0.2.1", count=3), day=TODAY)
    await arrive(house, workspace, ONE, again)
    await arrive(house, workspace, again)
    assert await messages(house, workspace) == 3
    assert len((await overview(house, workspace)).reporters) == 1


async def test_only_what_is_sent_to_where_reports_are_asked_for_counts(
    house: Database, workspace: Workspace
):
    await arrive(house, workspace, ONE, to=workspace.address)
    await arrive(house, workspace, ONE, to="dmarc@acme.example")
    assert await messages(house, workspace) == 0
    async with house.workspace(workspace.id) as tx:
        actor = Actor.system(workspace.id)
        await set_address(tx, actor, "dmarc@acme.example", [workspace.address])
        await store.put_addresses(tx, "acme.example", Kind.DMARC, ["dmarc@acme.example"])
    await arrive(house, workspace, ONE, to="dmarc@acme.example")
    assert await messages(house, workspace) == 3
    assert (await overview(house, workspace)).addresses == ("dmarc@acme.example",)


async def test_in_a_mailbox_of_its_own(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        mailbox_id = await make_mailbox(
            tx, kind="shared", address=POSTMASTER, name="Postmaster", owner_member_id=None
        )
    await arrive(house, workspace, ONE, mailbox_id=mailbox_id)
    assert await messages(house, workspace) == 3


@pytest.mark.parametrize("door", ["append", "import", "submission"])
async def test_only_mail_that_arrives_counts(house: Database, workspace: Workspace, door: Door):
    await arrive(house, workspace, ONE, door=door)
    assert await messages(house, workspace) == 0


async def test_a_forged_mail_reports_nothing(house: Database, workspace: Workspace):
    await arrive(house, workspace, ONE, verdict={"dmarc": {"result": "fail"}})
    assert await messages(house, workspace) == 0
    await arrive(house, workspace, ONE, verdict={"dmarc": {"result": "none"}, "dkim": []})
    assert await messages(house, workspace) == 3


async def test_tls_reports(house: Database, workspace: Workspace):
    failed = {"certificate-expired": 2, "starttls-not-supported": 1}
    await arrive(house, workspace, tls_json(day=TODAY, succeeded=40, failed=failed))
    # RFC 8460 4.4 lets the domain be left out where there is no policy: the mail names it.
    other = tls_json(day=TODAY, succeeded=2, domain="", reporter="Other")
    await arrive(house, workspace, other, other)
    found = await overview(house, workspace)
    assert [astuple(day) for day in found.session_days] == [(TODAY, 42, 3)]
    assert [(f.outcome, f.sessions, f.hosts) for f in found.failures] == [
        ("certificate-expired", 2, ("mx.acme.example",)),
        ("starttls-not-supported", 1, ("mx.acme.example",)),
    ]


async def test_a_tls_report_without_a_signature_is_ignored(house: Database, workspace: Workspace):
    unsigned = {"dmarc": {"result": "none"}, "dkim": [{"result": "fail", "domain": "x.example"}]}
    await arrive(house, workspace, tls_json(day=TODAY, succeeded=1), verdict=unsigned)
    assert (await overview(house, workspace)).session_days == ()


async def test_reports_are_of_the_domain_that_wrote(house: Database, workspace: Workspace):
    async with house.system() as tx:
        await tx.connection.execute(
            "INSERT INTO domains (name, workspace_id) VALUES ('eu.acme.example', $1)", workspace.id
        )
    await make_workspace(house, "other.example", "eve")
    await arrive(
        house,
        workspace,
        dmarc_xml(
            Seen(source="192.0.2.1", author="news.eu.acme.example"),
            Seen(source="192.0.2.2", count=2, author="acme.example"),
            Seen(source="192.0.2.3", count=4, author="bad<xml"),
            day=TODAY,
        ),
        dmarc_xml(Seen(source="192.0.2.4", author="other.example"), day=TODAY, domain="example"),
    )
    assert await messages(house, workspace) == 6
    below = await overview(house, workspace, "eu.acme.example")
    assert [source.address for source in below.sources] == ["192.0.2.1"]


async def test_days_that_nobody_asks_for(house: Database, workspace: Workspace):
    for day in (TODAY - timedelta(days=500), TODAY + timedelta(days=3)):
        await arrive(house, workspace, dmarc_xml(Seen(source="192.0.2.1"), day=day))
    await arrive(house, workspace, ONE)
    assert await messages(house, workspace) == 3
    clock.hold(lambda: NOW + timedelta(days=401))
    assert await forget_reports(house) == 1
    async with house.workspace(workspace.id) as tx:
        left = "SELECT count(*) FROM report_sources"
        assert await tx.connection.fetchval(left) == 0


async def test_only_who_runs_the_workspace_reads_them(house: Database, workspace: Workspace):
    member = Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        role=Role.MEMBER,
        name="Anna",
        address=workspace.address,
    )
    async with house.workspace(workspace.id) as tx:
        with pytest.raises(Denied):
            await read_overview(tx, member, "acme.example", 30)
    with pytest.raises(NotFound):
        await overview(house, workspace, "other.example")
    with pytest.raises(Invalid):
        await overview(house, workspace, days=401)


async def test_nothing_of_a_report_lies_in_plain_text(house: Database, workspace: Workspace):
    seen = Seen(source="203.0.113.77", signed_by=["secret.example"])
    await arrive(house, workspace, dmarc_xml(seen, day=TODAY, reporter="reporter.example"))
    tls = tls_json(day=TODAY, succeeded=0, failed={"validation-failure": 1})
    await arrive(house, workspace, tls)
    async with house.workspace(workspace.id) as tx:
        for table in ("domain_reports", "report_sources", "dmarc_rows", "tls_rows"):
            rows = await tx.connection.fetch(f"SELECT t::text AS row FROM {table} t")
            assert rows
            for word in ("203.0.113.77", "secret.example", "reporter.example", "mx.acme.example"):
                plain = [word, word.encode().hex()]
                assert not any(each in row["row"] for each in plain for row in rows)
