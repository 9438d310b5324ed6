"""Leases, locks and memories are over, also when only a clock that was wrong has them last."""

from datetime import UTC, datetime, timedelta

from posthouse.foundation.db import Database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONGEST = timedelta(minutes=5)


async def test_what_lasts_longer_than_it_can_is_over(house: Database):
    asked = "SELECT lapsed($1::timestamptz, $2::timestamptz, $3::interval)"
    async with house.system() as tx:
        for lasts, over in (
            (timedelta(0), True),
            (timedelta(days=-9), True),
            (timedelta(seconds=1), False),
            (LONGEST, False),
            (LONGEST * 2, False),  # of another machine, whose clock is a little ahead
            (LONGEST * 2 + timedelta(seconds=1), True),
            (timedelta(days=900), True),
        ):
            found = await tx.connection.fetchval(asked, NOW + lasts, NOW, LONGEST)
            assert found is over, lasts
        asked = "SELECT lapsed($1::text::timestamptz, $2::timestamptz, $3::interval)"
        for never, over in ((None, True), ("infinity", False)):
            assert await tx.connection.fetchval(asked, never, NOW, LONGEST) is over
