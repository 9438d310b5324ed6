"""What is moved to Junk is learned: for the house, a little more for the mailbox, both ways."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.events import drain
from posthouse.foundation.resolver import open_resolver
from posthouse.mail.filtering.listeners import LISTENERS
from posthouse.mail.intake import Arrival, Intake, Recipient
from posthouse.mail.mailboxes.changing import move_messages
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Filed
from posthouse.mail.mailboxes.reading import read_raw
from posthouse.security.vault import keyring
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace, deliver

_JUNK = (
    "代开发票 增值税 普通发票 优惠税点 联系电话 13800138000 长期有效 欢迎来电 验证后付款",
    "加微信领取红包 免费彩票计划 稳赚不赔 名额有限 点击链接注册 日入千元 兼职刷单 无需押金",
    "limited offer buy cheap pills now no prescription discount pharmacy click here order today",
)
_GOOD = (
    "您好 附件是本月的对账单 请查收并确认 如有问题请与我联系 谢谢 合同编号 交货时间 采购部",
    "会议安排在周三下午三点 请准备项目进度报告 地点在二号会议室 请回复是否参加 项目经理",
    "hello please find the drawing of the pump attached we need your quotation until friday thanks",
)


@pytest.fixture
async def intake(house: Database):
    with DnsServer({}) as server:
        resolver = open_resolver(server.address)
        yield Intake(house, resolver, "mx.acme.example")
        await resolver.close()


def mail(number: int, texts: Sequence[str], charset: str = "gb18030") -> bytes:
    """One of many that say much the same in other words, as Chinese programs write it."""
    rng = random.Random(number)
    words = texts[number % len(texts)].split()
    body = " ".join(rng.sample(words, len(words)))
    text = f"{body}\r\n\r\n{rng.choice(words)}\r\n"
    head = (
        f"From: =?gb2312?B?1cXI/Q==?= <n{number}@sender{number % 7}.example>\r\n"
        f"To: anna@acme.example\r\nMessage-ID: <{number}@sender.example>\r\n"
        "Date: Sun, 22 Nov 2026 08:00:00 +0800\r\nX-Mailer: Foxmail 7.2.25\r\n"
        f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n"
    )
    subject = f"Subject: {words[number % len(words)]}\r\n"
    return head.encode() + subject.encode(charset) + b"\r\n" + text.encode(charset)


def arrival(workspace: Workspace, raw: bytes) -> Arrival:
    recipient = Recipient(
        workspace_id=workspace.id, mailbox_id=workspace.mailbox_id, address=workspace.address
    )
    return Arrival(
        raw=raw,
        mail_from="someone@sender.example",
        recipients=(recipient,),
        received_at=datetime.now(UTC),
        peer_ip="192.0.2.7",
        helo="mx.sender.example",
    )


async def move(
    house: Database, workspace: Workspace, filed: Sequence[Filed], source: str, target: str
) -> None:
    async with house.workspace(workspace.id) as tx:
        source_id = await find_folder(tx, workspace.mailbox_id, source)
        target_id = await find_folder(tx, workspace.mailbox_id, target)
        await move_messages(tx, source_id, [one.uid for one in filed], target_id)
    await drain(house, LISTENERS)


async def teach(house: Database, workspace: Workspace) -> None:
    """Anna has sixty mails in her Inbox, and moves another thirty to Junk."""
    await deliver(house, workspace, *(mail(n, _GOOD) for n in range(60)))
    junk = await deliver(house, workspace, *(mail(n, _JUNK) for n in range(100, 130)))
    await move(house, workspace, junk, "INBOX", "Junk")


async def folder_of(house: Database, workspace: Workspace, filed: Filed) -> str:
    async with house.workspace(workspace.id) as tx:
        for name in ("INBOX", "Junk"):
            if await find_folder(tx, workspace.mailbox_id, name) == filed.folder_id:
                return name
    raise AssertionError(filed)


async def kept(house: Database, workspace: Workspace, copy_id: UUID | None) -> dict[str, object]:
    async with house.workspace(workspace.id) as tx:
        verdict = await tx.connection.fetchval(
            "SELECT verdict FROM mailbox_messages WHERE id = $1", copy_id
        )
        assert copy_id is not None
        keys = await keyring(tx)
        plain = keys.decrypt("mailbox_messages", "verdict", copy_id, verdict)
        found: dict[str, object] = msgspec.json.decode(plain)
        return found


async def test_a_house_that_was_taught_nothing_judges_nothing(
    house: Database, intake: Intake, workspace: Workspace
):
    (filed,) = await intake.accept(arrival(workspace, mail(1, _JUNK)))
    assert await folder_of(house, workspace, filed) == "INBOX"
    assert "filter" not in await kept(house, workspace, filed.mailbox_message_id)


async def test_what_was_moved_to_junk_goes_there_by_itself(
    house: Database, intake: Intake, workspace: Workspace
):
    await intake.accept(arrival(workspace, mail(0, _GOOD)))  # nothing is known yet, and kept
    await teach(house, workspace)
    for number in range(300, 309):
        (filed,) = await intake.accept(arrival(workspace, mail(number, _JUNK)))
        assert await folder_of(house, workspace, filed) == "Junk"
        (filed,) = await intake.accept(arrival(workspace, mail(number + 100, _GOOD)))
        assert await folder_of(house, workspace, filed) == "INBOX"


async def test_it_is_said_why_and_on_top(house: Database, intake: Intake, workspace: Workspace):
    await teach(house, workspace)
    forged = b"X-Posthouse-Spam: no; score=-9.0\r\n"
    (filed,) = await intake.accept(arrival(workspace, forged + mail(300, _JUNK)))
    assert filed.mailbox_message_id is not None
    async with house.workspace(workspace.id) as tx:
        raw = await read_raw(tx, filed.mailbox_message_id)
    assert raw.count(b"X-Posthouse-Spam") == 1
    assert b"\r\nX-Posthouse-Spam: yes; score=" in raw
    said = (await kept(house, workspace, filed.mailbox_message_id))["filter"]
    assert isinstance(said, dict)
    assert said["junk"] is True
    reasons = {reason["kind"]: reason["examples"] for reason in said["reasons"]}
    assert reasons["words"]
    assert all(example in _JUNK[0].replace(" ", "") for example in reasons["words"])


async def test_what_was_taken_out_of_junk_stays_out(
    house: Database, intake: Intake, workspace: Workspace
):
    await teach(house, workspace)
    offers = [mail(n, _JUNK[2:]) for n in range(500, 512)]
    filed = [(await intake.accept(arrival(workspace, raw)))[0] for raw in offers]
    assert {await folder_of(house, workspace, one) for one in filed} == {"Junk"}
    await move(house, workspace, filed, "Junk", "INBOX")
    (filed_now,) = await intake.accept(arrival(workspace, mail(600, _JUNK[2:])))
    assert await folder_of(house, workspace, filed_now) == "INBOX"
    (other,) = await intake.accept(arrival(workspace, mail(600, _JUNK[:1])))
    assert await folder_of(house, workspace, other) == "Junk"


async def test_deleting_junk_teaches_nothing(house: Database, workspace: Workspace):
    filed = await deliver(house, workspace, mail(1, _JUNK), folder="Junk")
    await move(house, workspace, filed, "Junk", "Trash")
    async with house.workspace(workspace.id) as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM filter_tables") == 0


async def test_mail_that_never_left_the_house_is_not_judged(
    house: Database, intake: Intake, workspace: Workspace
):
    await teach(house, workspace)
    inside = replace(arrival(workspace, mail(300, _JUNK)), peer_ip=None)
    (filed,) = await intake.accept(inside)
    assert await folder_of(house, workspace, filed) == "INBOX"


async def test_the_table_holds_no_word(house: Database, workspace: Workspace):
    await teach(house, workspace)
    async with house.workspace(workspace.id) as tx:
        row = await tx.connection.fetchrow("SELECT * FROM filter_tables")
    assert row is not None
    assert row["junk_count"] == 30
    assert "发票".encode() not in row["weights"]
