"""Visits to servers that rename, repeat and forget: nothing comes twice, nothing is lost."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.mail.accounts.checking import check
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import AccountError
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.pop3 import visiting
from posthouse.mail.accounts.pop3.driver import connect_pop3
from posthouse.mail.accounts.pop3.keeping import read_keeping, set_keeping
from posthouse.mail.accounts.pop3.visiting import Visited
from posthouse.mail.accounts.role import Keeper
from posthouse.security.members import Actor
from tests.support.house import Workspace
from tests.support.linked_pop3 import brought, link_pop3, visit_once
from tests.support.scripted_pop3 import Mail, ScriptedPop3, sign_in
from tests.support.sending import make_actor

Visiting = Callable[..., Awaitable[Visited]]


def raw(number: int, *, body: str = "hello", message_id: bool = True) -> bytes:
    identity = f"Message-ID: <{number}@kunde.example>\r\n" if message_id else ""
    return f"From: li@kunde.example\r\nSubject: {number}\r\n{identity}\r\n{body}\r\n".encode()


def mails(*numbers: int, under: str = "u") -> list[Mail]:
    return [Mail(f"{under}{number}", raw(number)) for number in numbers]


@pytest.fixture
async def account(house: Database, workspace: Workspace, drop: ScriptedPop3) -> LinkedAccount:
    return await link_pop3(house, workspace, sign_in(drop.server))


@pytest.fixture
def go(house: Database, account: LinkedAccount, drop: ScriptedPop3, outside: Outside) -> Visiting:
    """Visit once; `never` are extensions that are not used."""

    async def once(*never: str) -> Visited:
        return await visit_once(house, account, sign_in(drop.server, *never), outside)

    return once


async def states(house: Database, account: LinkedAccount) -> Counter[str]:
    async with house.workspace(account.workspace_id) as tx:
        rows = await tx.connection.fetch("SELECT state FROM remote_items")
    return Counter(row["state"] for row in rows)


async def test_new_mail_is_fetched_once(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    drop.mails = mails(1, 2, 3)
    assert await go() == Visited(stored=3, deleted=0, unfinished=False)
    assert await brought(house, account) == [raw(1), raw(2), raw(3)]
    drop.mails += mails(4)
    assert (await go()).stored == 1
    assert (await go()).stored == 0
    assert len(drop.asked("RETR")) == 4
    assert not drop.asked("TOP"), "nothing is missing: no UIDL is in doubt"
    assert len(drop.mails) == 4
    assert await states(house, account) == {"stored": 4}
    drop.mails = drop.mails[1:]
    assert (await go()).stored == 0
    assert await states(house, account) == {"stored": 3, "gone": 1}
    assert len(await brought(house, account)) == 4, "what others delete there stays here"


async def test_a_server_that_renames_everything(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    drop.mails = mails(1, 2, 3)
    await go()
    drop.mails = mails(3, 1, 2, 4, under="other ")
    assert (await go()).stored == 1
    assert len(drop.asked("RETR")) == 4
    assert await brought(house, account) == [raw(1), raw(2), raw(3), raw(4)]
    assert await states(house, account) == {"stored": 4}
    # The new names are believed from now on.
    drop.commands.clear()
    assert (await go()).stored == 0
    assert not drop.asked("TOP")


async def test_mail_that_was_away_for_a_while(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    """As when a provider moves: first an empty mailbox, then everything under other names."""
    drop.mails = mails(1, 2)
    await go()
    drop.mails = []
    await go()
    assert await states(house, account) == {"gone": 2}
    drop.mails = mails(1, 2, 3, under="moved")
    assert (await go()).stored == 1
    assert len(await brought(house, account)) == 3
    assert await states(house, account) == {"stored": 3}


async def test_a_name_that_was_another_message_before(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    drop.mails = [Mail("x", raw(1)), Mail("y", raw(2))]
    await go()
    drop.mails = [Mail("x", raw(2)), Mail("y", raw(33))]
    assert (await go()).stored == 1
    assert await brought(house, account) == [raw(1), raw(2), raw(33)]


async def test_names_that_are_numbers(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    drop.mails = [Mail("1", raw(1)), Mail("2", raw(2)), Mail("3", raw(3))]
    await go()
    drop.mails = [Mail("1", raw(2)), Mail("2", raw(3)), Mail("3", raw(4))]
    assert (await go()).stored == 1
    assert await brought(house, account) == [raw(1), raw(2), raw(3), raw(4)]


async def test_one_name_for_two(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    drop.mails = [Mail("same", raw(1)), Mail("same", raw(2)), Mail("own", raw(3))]
    assert (await go()).stored == 3
    assert (await go()).stored == 0
    drop.mails += [Mail("same", raw(4))]
    assert (await go()).stored == 1
    assert len(drop.asked("RETR")) == 4


@pytest.mark.parametrize("fault", ["-ERR what\r\n", ""])
async def test_a_server_without_names(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting, fault: str
):
    never = () if fault else ("UIDL",)
    if fault:
        drop.says = {"UIDL": fault.encode()}
    drop.mails = mails(1, 2)
    assert (await go(*never)).stored == 2
    drop.mails = mails(2, 3)
    assert (await go(*never)).stored == 1
    assert await brought(house, account) == [raw(1), raw(2), raw(3)]
    assert len(drop.asked("RETR")) == 3


async def test_copies_are_as_many_as_there_are(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    """Reports of machines: no Message-ID, the same header, at times the same body."""
    report, other = raw(1, message_id=False), raw(1, body="good day", message_id=False)
    drop.mails = [Mail("a", report), Mail("b", other), Mail("c", report)]
    assert (await go()).stored == 3
    drop.mails = [Mail("d", report), Mail("e", other), Mail("f", report), Mail("g", report)]
    assert (await go()).stored == 1
    assert Counter(await brought(house, account)) == {report: 3, other: 1}


async def test_deleted_at_once(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    async with house.workspace(account.workspace_id) as tx:
        operator = Actor.system(account.workspace_id)
        await set_keeping(tx, operator, account.id, 0)
    drop.mails = mails(1, 2)
    assert await go() == Visited(stored=2, deleted=2, unfinished=False)
    assert not drop.mails
    assert drop.commands.index("DELE 2") > drop.commands.index("RETR 1")
    assert await states(house, account) == {"gone": 2}
    assert len(await brought(house, account)) == 2
    drop.mails = mails(3)
    assert (await go()).deleted == 1


async def test_deleted_after_some_days(
    house: Database,
    account: LinkedAccount,
    drop: ScriptedPop3,
    go: Visiting,
    monkeypatch: pytest.MonkeyPatch,
):
    now = datetime.now(UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    async with house.workspace(account.workspace_id) as tx:
        operator = Actor.system(account.workspace_id)
        await set_keeping(tx, operator, account.id, 14)
    drop.mails = mails(1)
    assert (await go()).deleted == 0
    now += timedelta(days=10)
    drop.mails += mails(2)
    assert (await go()).deleted == 0
    now += timedelta(days=4)
    assert (await go()).deleted == 1
    assert drop.mails == mails(2)
    assert len(await brought(house, account)) == 2


async def test_a_server_that_forgets_our_deletions(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    """What it brings back is not new, and goes again."""
    async with house.workspace(account.workspace_id) as tx:
        operator = Actor.system(account.workspace_id)
        await set_keeping(tx, operator, account.id, 0)
    drop.mails = mails(1, 2)
    await go()
    drop.mails = mails(1, 2)
    assert await go() == Visited(stored=0, deleted=2, unfinished=False)
    assert len(drop.asked("RETR")) == 2
    drop.mails = mails(3)
    drop.says = {"QUIT": b"-ERR some deleted messages not removed\r\n"}
    assert await go() == Visited(stored=1, deleted=0, unfinished=False)
    drop.says = {}
    assert await go() == Visited(stored=0, deleted=1, unfinished=False)


async def test_what_the_server_cannot_give_stops_nothing(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    async with house.workspace(account.workspace_id) as tx:
        operator = Actor.system(account.workspace_id)
        await set_keeping(tx, operator, account.id, 0)
    drop.mails = mails(1, 2, 3)
    drop.says = {"RETR 2": b"-ERR a disk is broken\r\n"}
    assert await go() == Visited(stored=2, deleted=2, unfinished=False)
    assert drop.mails == mails(2), "what is not here stays there"
    drop.says = {"RETR 1": b"-ERR a disk is broken\r\n"}
    for _ in range(4):
        await go()
    assert await states(house, account) == {"failed": 1, "gone": 2}
    assert drop.mails == mails(2)


async def test_what_is_too_large_stays_there(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    async with house.workspace(account.workspace_id) as tx:
        operator = Actor.system(account.workspace_id)
        await set_keeping(tx, operator, account.id, 0)
    drop.mails = mails(1, 2)
    drop.size_of = lambda one: 1 << 30 if one == raw(1) else len(one)
    assert await go() == Visited(stored=1, deleted=1, unfinished=False)
    assert await states(house, account) == {"filtered": 1, "gone": 1}
    assert drop.mails == mails(1)


async def test_a_session_ends_in_time(
    house: Database,
    account: LinkedAccount,
    drop: ScriptedPop3,
    go: Visiting,
    monkeypatch: pytest.MonkeyPatch,
):
    """Others want the mailbox, too: so many, and the rest in the next one, newest first."""
    monkeypatch.setattr(visiting, "_MOST_BROUGHT", 2)
    drop.mails = mails(1, 2, 3)
    assert await go() == Visited(stored=2, deleted=0, unfinished=True)
    assert await brought(house, account) == [raw(2), raw(3)]
    assert await go() == Visited(stored=1, deleted=0, unfinished=False)


async def test_cut_anywhere(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    """What a dead session brought is not fetched again; it deletes nothing that is not here."""
    async with house.workspace(account.workspace_id) as tx:
        operator = Actor.system(account.workspace_id)
        await set_keeping(tx, operator, account.id, 0)
    there: set[bytes] = set()
    for cut in range(1, 900, 53):
        drop.mails = mails(*range(cut, cut + 4))
        there |= {mail.raw for mail in drop.mails}
        drop.cut_after = cut
        with contextlib.suppress(AccountError):
            await go()
        inbox = await brought(house, account)
        assert len(set(inbox)) == len(inbox), "twice"
        assert there - {mail.raw for mail in drop.mails} <= set(inbox), "lost"
        drop.cut_after = None
        await go()
        assert set(await brought(house, account)) == there
        assert not drop.mails


async def test_any_history(
    house: Database, account: LinkedAccount, drop: ScriptedPop3, go: Visiting
):
    """Mail comes and goes, names change and repeat, lines are cut: all that stayed is here once."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for number in range(45):
        _happens(drop, chance, number)
        drop.cut_after = chance.choice([None, None, chance.randrange(1, 3_000)])
        drop.capabilities = chance.choice([("USER", "PIPELINING"), ("USER",)])
        with contextlib.suppress(AccountError):
            await go()
        inbox = Counter(await brought(house, account))
        assert set(inbox.values()) <= {1}, "twice"
    drop.cut_after = None
    await go()
    assert {mail.raw for mail in drop.mails} <= set(await brought(house, account)), "lost"
    assert (await states(house, account))["stored"] == len(drop.mails)
    assert (await go()).stored == 0


def _happens(drop: ScriptedPop3, chance: random.Random, number: int) -> None:
    drop.mails += mails(*(number * 10 + n for n in range(chance.randrange(4))))
    match chance.randrange(6):
        case 0:
            drop.mails = [Mail(f"{number} {n}", m.raw) for n, m in enumerate(drop.mails)]
        case 1:
            drop.mails = [m for m in drop.mails if chance.random() < 0.7]
        case 2:
            chance.shuffle(drop.mails)
        case 3 if len(drop.mails) > 1:
            drop.mails[0].uidl = drop.mails[1].uidl
        case 4 if drop.mails:
            # Not one that was another's: of the same size, too, nobody could tell (RFC 1939 7).
            chance.choice(drop.mails).uidl = chance.choice([None, f"odd {number}"])


async def test_the_role_comes_again_when_there_is_more(
    house: Database,
    account: LinkedAccount,
    drop: ScriptedPop3,
    outside: Outside,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(visiting, "_MOST_BROUGHT", 2)
    drop.mails = mails(1, 2, 3)
    stop = asyncio.Event()
    keeping = asyncio.create_task(Keeper(house, outside).run(stop))
    async with asyncio.timeout(20):
        while True:
            if len(await brought(house, account)) == 3:
                break
            await asyncio.sleep(0.02)
    stop.set()
    await keeping
    assert drop.connections == 2


async def test_how_long_mail_stays_there_is_its_members_to_say(
    house: Database, account: LinkedAccount, workspace: Workspace
):
    anna = make_actor(workspace)
    async with house.workspace(workspace.id) as tx:
        assert await read_keeping(tx, account.id) is None
        await set_keeping(tx, anna, account.id, 14)
        assert await read_keeping(tx, account.id) == 14
        await set_keeping(tx, anna, account.id, None)
        for days in (-1, 4_000):
            with pytest.raises(Invalid):
                await set_keeping(tx, anna, account.id, days)
        with pytest.raises(NotFound):
            await set_keeping(tx, make_actor(workspace, new_id()), account.id, 0)
        assert await read_keeping(tx, account.id) is None


async def test_an_account_is_tried_before_it_is_linked(
    drop: ScriptedPop3, outside: Outside, account: LinkedAccount
):
    drop.mails = mails(1, 2)
    checked = await check(connect_pop3, sign_in(drop.server), outside)
    assert checked.ok
    assert (checked.folders, checked.messages) == (("INBOX",), 2)
    assert drop.mails == mails(1, 2)
