"""A clock that jumps, for what expires."""

from datetime import UTC, datetime, timedelta

import pytest

from posthouse.foundation import clock


@pytest.fixture
def later():
    """later(minutes=5): the clock of everything jumps ahead."""
    ahead = timedelta()

    def jump(**delta: float) -> None:
        nonlocal ahead
        ahead += timedelta(**delta)
        clock.hold(lambda: datetime.now(UTC) + ahead)

    yield jump
    clock.hold(None)
