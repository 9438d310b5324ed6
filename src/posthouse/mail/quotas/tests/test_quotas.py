"""What a mailbox uses is known without counting, and what it may hold is never surpassed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Full, Invalid, LongFull, NotFound
from posthouse.foundation.resolver import open_resolver
from posthouse.mail.addressing.actions import set_address
from posthouse.mail.intake import Arrival, Intake
from posthouse.mail.mailboxes.changing import copy_messages, delete_folder, move_messages
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import create_folder, find_folder, make_mailbox
from posthouse.mail.mailboxes.model import Filing
from posthouse.mail.mailboxes.reading import read_raw
from posthouse.mail.quotas import actions, store
from posthouse.mail.quotas.jobs import watch
from posthouse.mail.quotas.model import LEVELS, PATIENCE, Limits, MailboxUsage, Usage, level_of
from posthouse.security.members import Actor, Role
from tests.support.dns_server import DnsServer
from tests.support.erasing import take_out
from tests.support.house import Workspace, deliver, letter

MAIL = letter(message_id="1@k.example")


@pytest.fixture
async def intake(house: Database) -> AsyncIterator[Intake]:
    with DnsServer({}) as server:
        resolver = open_resolver(server.address)
        yield Intake(house, resolver, "mx.acme.example")
        await resolver.close()


@pytest.fixture
def clock_given_back() -> Iterator[None]:
    yield
    clock.hold(None)


async def limit(
    house: Database, workspace: Workspace, *, octets: int | None = None, messages: int | None = None
) -> None:
    async with house.workspace(workspace.id) as tx:
        await actions.set_limits(
            tx, Actor.system(workspace.id), workspace.address, octets=octets, messages=messages
        )


async def used(house: Database, workspace: Workspace) -> MailboxUsage:
    async with house.workspace(workspace.id) as tx:
        return (await store.usage_of(tx, [workspace.mailbox_id]))[0]


async def counted(house: Database, workspace: Workspace) -> tuple[int, int]:
    """The same, message by message."""
    async with house.workspace(workspace.id) as tx:
        (row,) = await tx.connection.fetch(
            "SELECT coalesce(sum(c.crlf_size), 0)::bigint AS octets, count(*) AS messages"
            "  FROM folder_messages p JOIN mailbox_messages c"
            "    ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id"
            " WHERE c.mailbox_id = $1",
            workspace.mailbox_id,
        )
    return row["octets"], row["messages"]


async def accept(intake: Intake, address: str, raw: bytes) -> None:
    """As a connection to port 25 does it."""
    arrival = Arrival(
        raw=raw,
        mail_from="li.wei@kunde.example",
        recipients=(await intake.check_recipient(address),),
        received_at=datetime.now(UTC),
    )
    await intake.accept(arrival)


async def test_every_change_of_a_folder_is_counted(house: Database, workspace: Workspace):
    bare = MAIL.replace(b"\r\n", b"\n")  # served, and so counted, with CRLF
    await deliver(house, workspace, MAIL, bare, letter(message_id="2@k.example", body="x" * 5000))
    await deliver(house, workspace, letter(message_id="3@k.example"), folder="Junk")
    async with house.workspace(workspace.id) as tx:
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
        trash = await find_folder(tx, workspace.mailbox_id, "Trash")
        own = await create_folder(tx, workspace.mailbox_id, "Own")
        await copy_messages(tx, inbox, [1, 3], own)
        await move_messages(tx, inbox, [2], trash)
    usage = (await used(house, workspace)).usage
    assert (usage.octets, usage.messages) == await counted(house, workspace)
    assert usage.messages == 6

    async with house.workspace(workspace.id) as tx:
        await delete_folder(tx, own)
    await take_out(house, workspace, 1)
    usage = (await used(house, workspace)).usage
    assert (usage.octets, usage.messages) == await counted(house, workspace)
    assert usage.messages == 3


async def test_a_full_mailbox_is_refused_for_now_and_then_for_good(
    house: Database, workspace: Workspace, intake: Intake, clock_given_back: None
):
    await deliver(house, workspace, MAIL)
    await limit(house, workspace, messages=1)
    with pytest.raises(Full) as refused:
        await intake.check_recipient(workspace.address)
    assert type(refused.value) is Full
    assert intake.known_recipient(workspace.address) is None

    await watch(house)  # its notice is filed all the same
    assert (await used(house, workspace)).usage.messages == 2
    later = clock.now() + PATIENCE
    clock.hold(lambda: later)
    with pytest.raises(LongFull):
        await fresh(intake).check_recipient(workspace.address)

    await take_out(house, workspace, 1, 2)
    assert await fresh(intake).check_recipient(workspace.address)
    await watch(house)
    assert (await used(house, workspace)).usage.full_since is None


def fresh(intake: Intake) -> Intake:
    """A moment later: what it knew of recipients is forgotten."""
    intake._known.clear()
    return intake


async def test_eight_connections_do_not_surpass_it(
    house: Database, workspace: Workspace, intake: Intake
):
    """All were told at RCPT that there is room."""
    await limit(house, workspace, messages=3)
    await intake.check_recipient(workspace.address)
    said = await asyncio.gather(
        *(accept(intake, workspace.address, letter(message_id=f"{n}@k.example")) for n in range(8)),
        return_exceptions=True,
    )
    assert [type(each) for each in said].count(Full) == 5
    usage = (await used(house, workspace)).usage
    assert (usage.octets, usage.messages) == await counted(house, workspace)
    assert usage.messages == 3


async def test_deliveries_and_uploads_do_not_surpass_it_together(
    house: Database, workspace: Workspace, intake: Intake
):
    """Mail programs file into other folders at the same time."""
    size = len(MAIL)
    await limit(house, workspace, octets=4 * size + size // 2)
    await intake.check_recipient(workspace.address)

    async def upload(number: int) -> None:
        async with house.workspace(workspace.id) as tx:
            folder_id = await find_folder(tx, workspace.mailbox_id, "Archive")
            filing = Filing(
                mailbox_id=workspace.mailbox_id,
                folder_id=folder_id,
                raw=letter(message_id=f"{number}@a.example"),
                received_at=datetime.now(UTC),
                direction="in",
                door="append",
            )
            await file_messages(tx, [filing])
            await actions.require_room(tx, [workspace.mailbox_id])

    said = await asyncio.gather(
        *(accept(intake, workspace.address, letter(message_id=f"{n}@k.example")) for n in range(4)),
        *(upload(n) for n in range(4)),
        return_exceptions=True,
    )
    refused = [each for each in said if each is not None]
    assert {type(each) for each in refused} == {Full}
    usage = (await used(house, workspace)).usage
    assert not usage.is_over
    assert (usage.octets, usage.messages) == await counted(house, workspace)
    assert usage.messages == 8 - len(refused)


async def test_what_can_never_fit_is_not_tried_again(
    house: Database, workspace: Workspace, intake: Intake
):
    await limit(house, workspace, octets=1000)
    with pytest.raises(LongFull):
        await accept(intake, workspace.address, letter(message_id="1@k.example", body="x" * 2000))


async def test_a_full_mailbox_keeps_no_group_from_its_mail(
    house: Database, workspace: Workspace, intake: Intake
):
    async with house.workspace(workspace.id) as tx:
        await make_mailbox(
            tx, kind="shared", address="sales@acme.example", name="Sales", owner_member_id=None
        )
        await set_address(
            tx,
            Actor.system(workspace.id),
            "all@acme.example",
            [workspace.address, "sales@acme.example"],
        )
    await deliver(house, workspace, MAIL)
    await limit(house, workspace, messages=1)
    await accept(intake, "all@acme.example", letter(message_id="2@k.example"))
    assert (await used(house, workspace)).usage.messages == 2


async def test_a_member_is_told_once_of_each_level(house: Database, workspace: Workspace):
    await limit(house, workspace, messages=20)
    raws = [letter(message_id=f"{n}@k.example") for n in range(20)]
    await deliver(house, workspace, *raws[:15])
    assert await watch(house) == 0
    await deliver(house, workspace, raws[15])  # 80 %, and 85 with the notice
    assert await watch(house) == 1
    assert await watch(house) == 0
    await deliver(house, workspace, *raws[16:18])  # 95, and the notice makes it 100
    assert [await watch(house) for _ in range(3)] == [1, 1, 0]
    assert (await used(house, workspace)).fullness == 100

    await take_out(house, workspace, *range(1, 11))
    assert await watch(house) == 0
    assert (await used(house, workspace)).fullness == 0


async def test_several_processes_tell_once(house: Database, workspace: Workspace):
    await limit(house, workspace, messages=10)
    await deliver(house, workspace, *(letter(message_id=f"{n}@k.example") for n in range(8)))
    assert sum(await asyncio.gather(*(watch(house) for _ in range(4)))) == 1


async def test_the_notice_is_a_mail_of_both_languages(house: Database, workspace: Workspace):
    await limit(house, workspace, octets=len(MAIL))
    await deliver(house, workspace, MAIL)
    await watch(house)
    async with house.workspace(workspace.id) as tx:
        copy = await tx.connection.fetchval("SELECT id FROM mailbox_messages WHERE door = 'hosted'")
        raw = await read_raw(tx, copy)
    assert b"Auto-Submitted: auto-generated\r\n" in raw
    notice = message_from_bytes(raw, policy=policy.default)
    assert notice["Subject"] == "邮箱已使用 100% · The mailbox is 100 % full"
    text = notice.get_content()
    assert all(each in text for each in ("anna@acme.example", "三天后", "three days"))


async def test_who_may_set_limits(house: Database, workspace: Workspace):
    system = Actor.system(workspace.id)
    member = Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        address=workspace.address,
        name="Anna",
        role=Role.MEMBER,
        scopes=system.scopes,
    )
    async with house.workspace(workspace.id) as tx:
        with pytest.raises(Denied):
            await actions.set_default(tx, member, Limits(messages=1))
        with pytest.raises(Denied):
            await actions.set_limits(tx, member, workspace.address, octets=0, messages=0)
        with pytest.raises(Denied):
            await actions.all_usage(tx, member)
        with pytest.raises(Invalid):
            await actions.set_default(tx, system, Limits(octets=-1))
        with pytest.raises(NotFound):
            await actions.set_limits(tx, system, "x@acme.example", octets=0, messages=0)
        (own,) = await actions.own_usage(tx, member)
    assert own.address == workspace.address


@given(
    st.integers(0, 200),
    st.sampled_from((0, *LEVELS)),
    st.integers(0, 10**12),
    st.integers(1, 10**6),
)
def test_levels_and_percents(percent: int, told: int, octets: int, limit: int):
    level = level_of(percent, told)
    assert level in (0, *LEVELS)
    assert level <= max(percent, told)
    assert level_of(percent, level) == level
    usage = Usage(limits=Limits(octets=limit), octets=octets, messages=0)
    assert (usage.percent >= 100) == (octets >= limit)
    assert usage.is_over == (octets > limit)
    assert usage.is_near(0) or not usage.is_over


def test_without_limits_nothing_is_full():
    usage = Usage(limits=Limits(), octets=2**60, messages=2**40)
    assert (usage.percent, usage.is_over, usage.is_near(2**40)) == (0, False, False)
    usage.refuse_if_full(datetime.now(UTC) + timedelta(days=9))
    usage.refuse_what_never_fits(2**40)
