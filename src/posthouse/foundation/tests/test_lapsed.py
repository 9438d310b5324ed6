"""Leases, locks and memories are over, also when only a clock that was wrong has them last."""

from datetime import UTC, datetime, timedelta

import pytest

from posthouse.foundation.db import Database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONGEST = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("lasts", "over"),
    [
        (timedelta(0), True),
        (timedelta(days=-9), True),
        (timedelta(seconds=1), False),
        (LONGEST, False),
        (LONGEST * 2, False),  # of another machine, whose clock is a little ahead
        (LONGEST * 2 + timedelta(seconds=1), True),
        (timedelta(days=900), True),
    ],
)
async def test_what_lasts_longer_than_it_can_is_over(house: Database, lasts: timedelta, over: bool):
    async with house.system() as tx:
        asked = "SELECT lapsed($1::timestamptz, $2::timestamptz, $3::interval)"
        assert await tx.connection.fetchval(asked, NOW + lasts, NOW, LONGEST) is over


async def test_what_never_began_is_over_and_what_is_for_ever_is_not(house: Database):
    async with house.system() as tx:
        asked = "SELECT lapsed($1::text::timestamptz, $2::timestamptz, $3::interval)"
        assert await tx.connection.fetchval(asked, None, NOW, LONGEST) is True
        assert await tx.connection.fetchval(asked, "infinity", NOW, LONGEST) is False
