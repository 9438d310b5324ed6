"""What a failure makes of an account, and when it is tried again."""

import random
from datetime import timedelta

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Full
from posthouse.mail.accounts import leases, standing
from posthouse.mail.accounts.errors import (
    Broken,
    Forbidden,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
    Untrusted,
)
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.words import PLAIN
from tests.support.house import Workspace

from .test_actions import link


class Even(random.Random):
    """No chance at all."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


@pytest.mark.parametrize(
    ("error", "failures", "kind", "state", "pause"),
    [
        (Unreachable("x"), 0, "unreachable", "failing", 5),
        (Unreachable("x"), 1, "unreachable", "failing", 10),
        (Unreachable("x"), 5, "unreachable", "failing", 160),
        (Unreachable("x"), 5000, "unreachable", "failing", 3600),
        (Untrusted("x"), 0, "untrusted", "failing", 5),
        (Forbidden("x"), 0, "forbidden", "failing", 5),
        (Refused("x"), 0, "refused", "failing", 5),
        (Broken("x"), 0, "broken", "failing", 5),
        (Throttled("x", seconds=90), 0, "throttled", "failing", 90),
        (Throttled("x", seconds=1e9), 0, "throttled", "failing", 3600),
        (SignInRefused("x"), 0, "wrong", "failing", 5),
        (SignInRefused("x"), 2, "wrong", "locked", 21600),
        (SignInRefused("x", reason="code"), 0, "code", "locked", 21600),
        (SignInRefused("x", reason="switched_off"), 0, "switched_off", "locked", 21600),
        (Full("x"), 0, "full", "failing", 900),
        (ZeroDivisionError("x"), 0, "ours", "failing", 5),
    ],
)
def test_setbacks(error: Exception, failures: int, kind: str, state: str, pause: float):
    what = standing.setback(error, failures, Even())
    assert (what.kind, what.state, what.failures, what.pause) == (kind, state, failures + 1, pause)
    assert PLAIN[what.kind]


async def test_a_dead_password_is_told_once_and_so_is_its_end(
    house: Database, workspace: Workspace
):
    account = await link(house, workspace)
    refused = SignInRefused("x", reason="code", said="LOGIN Login error")
    for was in ("active", "locked"):
        async with house.workspace(workspace.id) as tx:
            what = standing.setback(refused, 0)
            await standing.note_failure(tx, account.id, what, was=was)
    for lasting in (False, False, True):
        async with house.workspace(workspace.id) as tx:
            await standing.note_well(tx, account.id, lasting=lasting)
    assert await _announced(house) == ["AccountLocked", "AccountInStep"]


async def test_one_good_sign_in_does_not_forget_failures(house: Database, workspace: Workspace):
    account = await link(house, workspace)
    await _fail(house, workspace, account, Unreachable("x"), 3)
    assert await _failures(house, account, lasting=False) == 4
    assert await _failures(house, account, lasting=True) == 0


async def test_who_is_behind_is_told_once(house: Database, workspace: Workspace):
    account = await link(house, workspace)
    assert await standing.tell_behind(house) == 0
    later = clock.now() + timedelta(minutes=61)
    clock.hold(lambda: later)
    try:
        assert await standing.tell_behind(house) == 1
        assert await standing.tell_behind(house) == 0
    finally:
        clock.hold(None)
    async with house.workspace(workspace.id) as tx:
        await standing.note_well(tx, account.id, lasting=False)
    assert await _announced(house) == ["AccountBehind", "AccountInStep"]


async def test_a_dead_process_s_accounts_are_taken_up(house: Database, workspace: Workspace):
    account = await link(house, workspace)
    dead, other = account.id, account.mailbox_id  # any two ids
    assert len(await leases.take_due(house, dead, 5)) == 1
    later = clock.now() + leases.LEASE + timedelta(seconds=1)
    clock.hold(lambda: later)
    try:
        assert len(await leases.take_due(house, other, 5)) == 1
        assert await leases.renew(house, dead, [account.id]) == set()
    finally:
        clock.hold(None)


async def test_a_lease_of_a_clock_that_was_ahead_keeps_nobody_waiting(
    house: Database, workspace: Workspace
):
    account = await link(house, workspace)
    ahead = clock.now() + timedelta(days=30)
    clock.hold(lambda: ahead)
    try:
        assert len(await leases.take_due(house, account.id, 5)) == 1
    finally:
        clock.hold(None)
    assert len(await leases.take_due(house, account.mailbox_id, 5)) == 1
    assert await leases.take_due(house, account.id, 5) == []


async def _fail(
    house: Database, workspace: Workspace, account: LinkedAccount, error: Exception, failures: int
) -> None:
    async with house.workspace(workspace.id) as tx:
        what = standing.setback(error, failures)
        await standing.note_failure(tx, account.id, what, was="active")


async def _failures(house: Database, account: LinkedAccount, *, lasting: bool) -> int:
    async with house.workspace(account.workspace_id) as tx:
        await standing.note_well(tx, account.id, lasting=lasting)
        return int(await tx.connection.fetchval("SELECT failures FROM linked_accounts"))


async def _announced(house: Database) -> list[str]:
    async with house.system() as tx:
        rows = await tx.connection.fetch(
            "SELECT kind FROM events WHERE kind LIKE 'Account%' ORDER BY seq"
        )
    return [row["kind"] for row in rows]
