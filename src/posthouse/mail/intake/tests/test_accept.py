"""Accepting: for whom, with which trace, in which folder, and what a failing neighbour changes."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from posthouse.foundation.db import Database, open_database
from posthouse.foundation.errors import Busy, Denied, NotFound
from posthouse.foundation.resolver import open_resolver
from posthouse.mail.intake import Arrival, Intake, Recipient
from posthouse.mail.mailboxes.folders import list_folders
from posthouse.mail.mailboxes.reading import read_raw
from posthouse.protocols.dns import Resolver
from posthouse.security.vault import Vault
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace, letter, open_house
from tests.support.postgres import FreshDatabase

ZONES = {
    "kunde.example": {"TXT": ["v=spf1 ip4:192.0.2.7 -all"]},
    "_dmarc.kunde.example": {"TXT": ["v=DMARC1; p=reject"]},
}


@pytest.fixture
async def resolver():
    with DnsServer(ZONES) as server:
        opened = open_resolver(server.address)
        yield opened
        await opened.close()


@pytest.fixture
def intake(house: Database, resolver: Resolver) -> Intake:
    return Intake(house, resolver, "mx.acme.example")


def arrival(workspace: Workspace, raw: bytes, **values: object) -> Arrival:
    recipient = Recipient(
        workspace_id=workspace.id, mailbox_id=workspace.mailbox_id, address=workspace.address
    )
    usual = Arrival(
        raw=raw,
        mail_from="li.wei@kunde.example",
        recipients=(recipient,),
        received_at=datetime.now(UTC),
        peer_ip="192.0.2.7",
        helo="mx.kunde.example",
    )
    return replace(usual, **values)  # type: ignore[arg-type]


async def test_recipients_are_found_in_any_case(intake: Intake, workspace: Workspace):
    found = await intake.check_recipient("ANNA@Acme.Example")
    assert found.mailbox_id == workspace.mailbox_id
    with pytest.raises(NotFound):
        await intake.check_recipient("nobody@acme.example")


async def test_trace_and_results_stand_on_top(
    house: Database, intake: Intake, workspace: Workspace
):
    raw = letter(message_id="1@kunde.example")
    forged = b"Authentication-Results: mx.acme.example; dkim=pass header.d=bank.example\r\n"
    (filed,) = await intake.accept(arrival(workspace, forged + raw))

    async with house.workspace(workspace.id) as tx:
        assert filed.mailbox_message_id is not None
        stored = await read_raw(tx, filed.mailbox_message_id)
    assert stored.startswith(
        b"Return-Path: <li.wei@kunde.example>\r\nDelivered-To: anna@acme.example\r\n"
        b"Authentication-Results: mx.acme.example;"
    )
    assert b"spf=pass" in stored
    assert b"bank.example" not in stored
    assert stored.endswith(raw)


async def test_a_forged_sender_goes_to_junk(house: Database, intake: Intake, workspace: Workspace):
    await intake.accept(
        arrival(workspace, letter(message_id="1@x.example"), peer_ip="198.51.100.9")
    )
    async with house.workspace(workspace.id) as tx:
        counts = {f.name: f.message_count for f in await list_folders(tx, workspace.mailbox_id)}
    assert (counts["INBOX"], counts["Junk"]) == (0, 1)


async def test_a_loop_is_refused(intake: Intake, workspace: Workspace):
    hops = b"Received: from a by b; Sun, 22 Nov 2026 08:00:00 +0000\r\n" * 101
    with pytest.raises(Denied):
        await intake.accept(arrival(workspace, hops + letter(message_id="1@k.example")))


async def test_many_at_once_are_committed_together(
    house: Database, intake: Intake, workspace: Workspace
):
    raws = [letter(message_id=f"{n}@kunde.example") for n in range(60)]
    await asyncio.gather(*(intake.accept(arrival(workspace, raw)) for raw in raws))
    async with house.workspace(workspace.id) as tx:
        uids = await tx.connection.fetch("SELECT uid, modseq FROM folder_messages")
        commits = len({row["modseq"] for row in uids})
    assert sorted(row["uid"] for row in uids) == list(range(1, 61))
    assert commits < 60


async def test_what_comes_while_another_process_files_goes_together(
    house: Database, database: FreshDatabase, resolver: Resolver, workspace: Workspace
):
    intake = Intake(house, resolver, "mx.acme.example", processes=2)
    other_process = await open_database(database.owner_dsn)
    raws = [letter(message_id=f"{n}@kunde.example") for n in range(10)]
    async with other_process.workspace(workspace.id, in_turn=[workspace.mailbox_id]):
        accepting = [asyncio.create_task(intake.accept(arrival(workspace, raw))) for raw in raws]
        _, waiting = await asyncio.wait(accepting, timeout=0.5)
        assert len(waiting) == 10
    filed = await asyncio.gather(*accepting)
    async with house.workspace(workspace.id) as tx:
        modseqs = await tx.connection.fetch("SELECT DISTINCT modseq FROM folder_messages")
    assert sorted(one.uid for [one] in filed) == list(range(1, 11))
    assert len(modseqs) == 1
    await other_process.close()


async def test_two_processes_file_into_one_mailbox(
    house: Database,
    database: FreshDatabase,
    tmp_path: Path,
    resolver: Resolver,
    workspace: Workspace,
):
    other_process = await open_house(database, tmp_path)
    other_process.provide(house.service(Vault))
    houses = (house, other_process)
    doors = [Intake(each, resolver, "mx.acme.example", processes=2) for each in houses]
    raws = [letter(message_id=f"{number}@kunde.example") for number in range(60)]
    filed = await asyncio.gather(
        *(doors[n % 2].accept(arrival(workspace, raw)) for n, raw in enumerate(raws))
    )
    assert sorted(one.uid for [one] in filed) == list(range(1, 61))
    await other_process.close()


async def test_a_neighbour_that_fails_takes_nobody_with_it(
    house: Database, intake: Intake, workspace: Workspace
):
    gone = Recipient(
        workspace_id=workspace.id,
        mailbox_id=workspace.member_id,  # no mailbox has this id
        address="gone@acme.example",
    )
    results = await asyncio.gather(
        *(intake.accept(arrival(workspace, letter(message_id=f"{n}@k.example"))) for n in range(9)),
        intake.accept(arrival(workspace, letter(message_id="x@k.example"), recipients=(gone,))),
        return_exceptions=True,
    )
    assert [type(result) for result in results[:9]] == [list] * 9
    assert isinstance(results[9], Busy)
