"""The time, asked in one place so that a test can hold it."""

from collections.abc import Callable
from datetime import UTC, datetime

_now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return _now()


def hold(source: Callable[[], datetime] | None) -> None:
    """Answer from `source` instead of the system clock; None gives the clock back. For tests."""
    global _now
    _now = source or (lambda: datetime.now(UTC))
