"""clamd and rspamd, as they are, examine what arrives; and what happens when they are away."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy, Denied
from posthouse.foundation.events import drain
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import Settings
from posthouse.mail.filtering.clamd import find_virus
from posthouse.mail.filtering.listeners import LISTENERS
from posthouse.mail.filtering.outside import Address
from posthouse.mail.filtering.rspamd import Action, Envelope, judge_by_rspamd
from posthouse.mail.filtering.screening import states
from posthouse.mail.filtering.teaching import handed_on
from posthouse.mail.intake import Arrival, Intake, Recipient
from posthouse.mail.mailboxes.changing import move_messages
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Filed
from posthouse.mail.rules.actions import activate_script, save_script
from posthouse.servers.smtp.refusals import Moment, reply_to
from tests.support.dns_server import DnsServer
from tests.support.filters import (
    ADD_HEADER,
    EICAR,
    REJECTED,
    learned_by,
    running_clamd,
    running_rspamd,
)
from tests.support.house import Workspace, deliver, letter

pytestmark = pytest.mark.interop

NOBODY = "127.0.0.1:9"


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_clamd(tmp_path_factory.mktemp("clamd")) as address:
        yield address


@pytest.fixture(scope="module")
def rspamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_rspamd(tmp_path_factory.mktemp("rspamd")) as address:
        yield address


async def accept(house: Database, workspace: Workspace, body: str, **settings: str) -> Filed:
    """What a house with these settings does with a mail that says `body`."""
    house.provide(replace(house.service(Settings), **settings))  # type: ignore[arg-type]
    recipient = Recipient(
        workspace_id=workspace.id, mailbox_id=workspace.mailbox_id, address=workspace.address
    )
    with DnsServer({}) as server:
        resolver = open_resolver(server.address)
        (filed,) = await Intake(house, resolver, "mx.acme.example").accept(
            Arrival(
                raw=letter(message_id="1@kunde.example", body=body + "\r\n"),
                mail_from="li.wei@kunde.example",
                recipients=(recipient,),
                received_at=datetime.now(UTC),
                peer_ip="192.0.2.7",
                helo="mx.kunde.example",
            )
        )
        await resolver.close()
    return filed


async def in_junk(house: Database, workspace: Workspace, filed: Filed) -> bool:
    async with house.workspace(workspace.id) as tx:
        return filed.folder_id == await find_folder(tx, workspace.mailbox_id, "Junk")


async def test_a_virus_is_refused(house: Database, workspace: Workspace, clamd: str):
    with pytest.raises(Denied) as refused:
        await accept(house, workspace, EICAR, clamd=clamd)
    reply = reply_to(refused.value, Moment.MESSAGE)
    assert (reply.code, reply.enhanced) == (550, "5.7.1")
    assert "Posthouse.Test.Eicar" in refused.value.reason


async def test_a_virus_goes_to_junk_where_that_is_set(
    house: Database, workspace: Workspace, clamd: str
):
    filed = await accept(house, workspace, EICAR, clamd=clamd, viruses="junk")
    assert await in_junk(house, workspace, filed)


async def test_a_clean_mail_is_filed(house: Database, workspace: Workspace, clamd: str):
    assert not await in_junk(house, workspace, await accept(house, workspace, "Hi", clamd=clamd))


async def test_rules_hear_what_clamd_said(house: Database, workspace: Workspace, clamd: str):
    script = b'require ["virustest", "fileinto"]; if virustest "1" { fileinto "Archive"; }'
    script += b'if virustest "5" { fileinto "Trash"; }'
    async with house.workspace(workspace.id) as tx:
        await save_script(tx, workspace.mailbox_id, "mine", script)
        await activate_script(tx, workspace.mailbox_id, "mine")
        wanted = {
            name: await find_folder(tx, workspace.mailbox_id, name)
            for name in ("Archive", "Trash", "INBOX")
        }
    clean = await accept(house, workspace, "Hi", clamd=clamd)
    virus = await accept(house, workspace, EICAR, clamd=clamd, viruses="junk")
    large = await accept(house, workspace, "x" * (3 << 20), clamd=clamd)
    places = [wanted["Archive"], wanted["Trash"], wanted["INBOX"]]
    assert [filed.folder_id for filed in (clean, virus, large)] == places


async def test_clamd_finds_it_in_an_attachment_and_takes_no_more_than_it_takes(clamd: str):
    address = Address(clamd)
    head = b"From: a@b.example\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64"
    encoded = base64.b64encode(EICAR.encode())
    found = await find_virus(address, head + b"\r\n\r\n" + encoded + b"\r\n")
    assert found
    assert await find_virus(address, b"Subject: small\r\n\r\nHi\r\n") == ""
    assert await find_virus(address, b"Subject: large\r\n\r\n" + b"x" * (3 << 20)) is None


async def test_rspamd_judges(rspamd: str):
    envelope = Envelope(
        peer_ip="192.0.2.7",
        helo="mx.kunde.example\r\nX-Forged: yes",
        mail_from="li.wei@kunde.example",
        recipients=["anna@acme.example", "ben@acme.example"],
    )
    said = []
    for body in (REJECTED, ADD_HEADER, "Hi"):
        raw = letter(message_id="1@x.example", body=f"{body}\r\n")
        said.append((await judge_by_rspamd(Address(rspamd), raw, envelope)).action)
    assert said == [Action.REFUSE, Action.JUNK, Action.FILE]


async def test_rspamd_refuses_and_puts_aside(house: Database, workspace: Workspace, rspamd: str):
    with pytest.raises(Denied):
        await accept(house, workspace, REJECTED, rspamd=rspamd)
    filed = await accept(house, workspace, ADD_HEADER, rspamd=rspamd)
    assert await in_junk(house, workspace, filed)


async def test_rspamd_learns_from_moves(house: Database, workspace: Workspace, rspamd: str):
    house.provide(replace(house.service(Settings), rspamd=rspamd))
    words = " ".join(f"word{n} of a mail" for n in range(40))
    filed = await deliver(house, workspace, letter(message_id="7@x.example", body=words))
    before = learned_by(rspamd)
    async with house.workspace(workspace.id) as tx:
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
        junk = await find_folder(tx, workspace.mailbox_id, "Junk")
        await move_messages(tx, inbox, [one.uid for one in filed], junk)
    await drain(house, LISTENERS)
    await handed_on()
    assert learned_by(rspamd) == before + 1


@pytest.mark.parametrize("filters", [{"clamd": NOBODY}, {"rspamd": NOBODY}])
async def test_who_is_away_is_done_without(
    house: Database, workspace: Workspace, filters: dict[str, str]
):
    assert not await in_junk(house, workspace, await accept(house, workspace, "Hi", **filters))


@pytest.mark.parametrize("filters", [{"clamd": NOBODY}, {"rspamd": "/nowhere/rspamd.sock"}])
async def test_or_waited_for_where_that_is_set(
    house: Database, workspace: Workspace, filters: dict[str, str]
):
    with pytest.raises(Busy) as later:
        await accept(house, workspace, "Hi", filters_down="later", **filters)
    assert reply_to(later.value, Moment.MESSAGE).code == 452


async def test_the_doctor_says_who_answers(tmp_path: Path, clamd: str, rspamd: str):
    both = await states(Settings(data=tmp_path, clamd=clamd, rspamd=rspamd))
    assert {name: state.ok for name, state in both.items()} == {"clamd": True, "rspamd": True}
    (away,) = (await states(Settings(data=tmp_path, clamd=NOBODY))).values()
    assert (away.ok, away.says) == (False, f"does not answer at {NOBODY}: mail is filed unexamined")
    assert await states(Settings(data=tmp_path)) == {}
