"""A clock that was ahead while a certificate was asked for or obtained, and was set right."""

from datetime import UTC, datetime, timedelta

import pytest

from posthouse.foundation.db import Database
from posthouse.security.certificates import store
from posthouse.security.certificates.model import Problem

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AHEAD = NOW + timedelta(days=30)
LEASE = timedelta(minutes=5)


@pytest.fixture
async def wanted(house: Database) -> Database:
    async with house.system() as tx:
        await store.save_wish(tx, "https://ca.example/directory", None, ["mx.acme.example"], NOW)
    return house


async def is_taken(house: Database, now: datetime) -> bool:
    async with house.system() as tx:
        return await store.take_wish(tx, now, now + LEASE) is not None


async def test_one_at_a_time(wanted: Database):
    assert await is_taken(wanted, NOW)
    assert not await is_taken(wanted, NOW + LEASE / 2)
    assert await is_taken(wanted, NOW + LEASE)


async def test_a_lease_from_the_future_is_waited_for_no_longer_than_a_lease(wanted: Database):
    assert await is_taken(wanted, AHEAD)  # and its holder is killed
    assert await is_taken(wanted, NOW)
    assert not await is_taken(wanted, NOW + LEASE / 2)


async def test_what_was_refused_in_the_future_is_tried_now(wanted: Database):
    async with wanted.system() as tx:
        wish = await store.take_wish(tx, AHEAD, AHEAD + LEASE)
        assert wish is not None
        due_at = AHEAD + timedelta(hours=1)
        await store.wish_refused(tx, wish, 1, Problem.DNS, "no such name", due_at)
    assert await is_taken(wanted, NOW)
    async with wanted.system() as tx:
        due_at = NOW + timedelta(hours=1)
        await store.wish_refused(tx, wish, 2, Problem.DNS, "no such name", due_at)
    assert not await is_taken(wanted, NOW + timedelta(minutes=30))
    assert await is_taken(wanted, due_at)


async def test_what_was_asked_for_in_the_future_is_due(house: Database):
    async with house.system() as tx:
        await store.save_wish(tx, "https://ca.example/directory", None, ["mx.acme.example"], AHEAD)
    assert await is_taken(house, NOW)
