"""The role with a real Dovecot: accounts are brought in step and stay so, whatever others do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.accounts import actions, leases
from posthouse.mail.accounts.model import Health, Secret
from posthouse.mail.accounts.role import Keeper
from posthouse.mail.mailboxes.changing import store_flags, take_out
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Flags
from tests.support.dovecot import PASSWORD, OldServer, old_server
from tests.support.house import Workspace, letter
from tests.support.linked import Linked, link, member

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@contextlib.asynccontextmanager
async def keeping(linked: Linked) -> AsyncIterator[asyncio.Event]:
    """A process of the role; ends when it is left, or the event is set."""
    stop = asyncio.Event()
    task = asyncio.create_task(Keeper(linked.house, linked.outside()).run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def eventually(answers: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while True:
            if await answers():
                return
            await asyncio.sleep(0.05)


async def until(linked: Linked, wanted: Callable[[Health], bool]) -> Health:
    async def answers() -> bool:
        return wanted(await linked.health())

    await eventually(answers)
    health: Health = await linked.health()
    return health


def append(linked: Linked, number: int) -> None:
    with linked.client() as client:
        client.append("INBOX", "", "", letter(message_id=f"{number}@k.example"))


async def test_new_mail_comes_while_it_is_waited_for(
    house: Database, workspace: Workspace, server: OldServer
):
    linked = await link(house, workspace, server, "idle")
    append(linked, 1)
    async with keeping(linked):
        await until(linked, lambda health: health.counts.stored == 1)
        append(linked, 2)
        await until(linked, lambda health: health.counts.stored == 2)
        with linked.client() as client:
            client.select("INBOX")
            client.uid("STORE", "1", "+FLAGS", r"(\Seen)")
            client.uid("STORE", "2", "+FLAGS", r"(\Deleted)")
            client.expunge()

        async def only_the_read_one() -> bool:
            return [flags for _, flags, _ in (await linked.here())["INBOX"]] == [1]

        await eventually(only_the_read_one)
    assert await _due(house) == [True]


async def test_what_changes_here_is_there_at_once(
    house: Database, workspace: Workspace, server: OldServer
):
    linked = await link(house, workspace, server, "both")
    append(linked, 1)
    append(linked, 2)
    async with keeping(linked):
        await until(linked, lambda health: health.last_visit_at is not None)
        async with house.workspace(workspace.id) as tx:
            inbox = await find_folder(tx, linked.account.mailbox_id, "INBOX")
            await store_flags(tx, inbox, [1], "+", Flags.SEEN)
            await take_out(tx, inbox, [2])

        async def carried_over() -> bool:
            return [flags for _, flags, _ in linked.there()["INBOX"]] == [1]

        await eventually(carried_over)
        append(linked, 3)
        await until(linked, lambda health: health.counts.stored == 2)


async def test_a_failing_account_blocks_no_other_and_a_new_password_heals_it(
    house: Database, workspace: Workspace, server: OldServer
):
    good = await link(house, workspace, server, "good")
    bad = await link(house, workspace, server, "bad")
    actor = member(workspace.id, workspace.member_id, workspace.address)
    async with house.workspace(workspace.id) as tx:
        await actions.change_secret(tx, actor, bad.account.id, Secret(password="wrong"))
    append(good, 1)
    append(bad, 2)
    async with keeping(good):
        await until(good, lambda health: health.counts.stored == 1)
        failing = await until(bad, lambda health: health.failures > 0)
        assert (failing.state, failing.error_kind) == ("failing", "wrong")
        async with house.workspace(workspace.id) as tx:
            await actions.change_secret(tx, actor, bad.account.id, Secret(password=PASSWORD))
        healed = await until(bad, lambda health: health.counts.stored == 1)
        assert healed.error_kind is None


async def test_a_paused_account_is_let_alone(
    house: Database, workspace: Workspace, server: OldServer
):
    linked = await link(house, workspace, server, "paused")
    actor = member(workspace.id, workspace.member_id, workspace.address)
    append(linked, 1)

    async def act(what: Callable[..., Awaitable[None]]) -> None:
        async with house.workspace(workspace.id) as tx:
            await what(tx, actor, linked.account.id)

    async with keeping(linked):
        await until(linked, lambda health: health.counts.stored == 1)
        await act(actions.pause_account)

        async def put_off() -> bool:
            return await _due(house) == [False]

        await eventually(put_off)
        append(linked, 2)
        assert (await linked.health()).state == "paused"
        await act(actions.resume_account)
        await until(linked, lambda health: health.counts.stored == 2)
        async with house.workspace(workspace.id) as tx:
            await actions.unlink_account(tx, actor, linked.account.id, keep_mail=False)
        assert await leases.take_due(house, linked.account.id, 9) == []


async def _due(house: Database) -> list[bool]:
    """For each account, whether it is due soon and in nobody's hands."""
    async with house.system() as tx:
        rows = await tx.connection.fetch(
            "SELECT leased_by IS NULL AND due_at < now() + interval '1 day' AS due"
            " FROM account_visits WHERE leased_by IS NULL"
        )
    return [row["due"] for row in rows]
