"""Limits of mailboxes and what they use."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from posthouse.foundation.errors import Full, LongFull

# Percent of a limit at which the member is told, once each time it is reached.
LEVELS = (80, 95, 100)
# A level is left when it is this much below: who hovers around it is not told again and again.
_SLACK = 5
# For so long a full mailbox is a temporary condition (4.2.2, RFC 3463 3.3), after that it is not.
PATIENCE = timedelta(days=3)
# What may come between asking for the room at RCPT and filing, without being counted in it.
_NEAR_OCTETS = 64 << 20
_NEAR_MESSAGES = 1_000

FULL = "The mailbox is full."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a mailbox may hold; 0 is no limit."""

    octets: int = 0
    messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a mailbox holds of what it may. A message in two folders counts in each.

    `full_since` is when it was first seen to be full, if it still is.
    """

    limits: Limits
    octets: int
    messages: int
    full_since: datetime | None = None

    @property
    def percent(self) -> int:
        """Of the limit that is nearest; 0 without limits. Rounded down: 100 is full."""
        return max(
            _percent(self.octets, self.limits.octets), _percent(self.messages, self.limits.messages)
        )

    @property
    def is_over(self) -> bool:
        """Whether it holds more than it may."""
        limits = self.limits
        return bool(
            (limits.octets and self.octets > limits.octets)
            or (limits.messages and self.messages > limits.messages)
        )

    def is_near(self, octets: int) -> bool:
        """Whether one more of this size might not fit, in view of what comes at the same time."""
        limits = self.limits
        left, places = limits.octets - self.octets - octets, limits.messages - self.messages
        return bool(
            (limits.octets and left < max(_NEAR_OCTETS, limits.octets // 8))
            or (limits.messages and places < max(_NEAR_MESSAGES, limits.messages // 8))
        )

    def refuse_if_full(self, now: datetime) -> None:
        """Raises Full while it may be emptied soon, LongFull when that has lasted."""
        if self.percent < 100:
            return
        if self.full_since is not None and now - self.full_since >= PATIENCE:
            raise LongFull("The mailbox has been full for days.")
        raise Full(FULL)

    def refuse_what_never_fits(self, octets: int) -> None:
        """Raises LongFull for more than the empty mailbox might hold."""
        if self.limits.octets and octets > self.limits.octets:
            raise LongFull("The message is larger than the mailbox may be.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxUsage:
    """A mailbox with its usage. `own` are its own limits; None is as the workspace says."""

    mailbox_id: UUID
    address: str
    name: str
    usage: Usage
    own_octets: int | None
    own_messages: int | None
    fullness: int = 0


def level_of(percent: int, told: int) -> int:
    """The level to be noted, when `told` is the one noted last."""
    reached = max((level for level in LEVELS if percent >= level), default=0)
    if reached >= told or percent < told - _SLACK:
        return reached
    return told


def _percent(used: int, limit: int) -> int:
    return used * 100 // limit if limit else 0
