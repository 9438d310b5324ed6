"""Rules of retention."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from posthouse.foundation.errors import Invalid

LONGEST = 36_500


class Place(StrEnum):
    """Which folders a rule is for: those of a use, members' own ones, or all without a rule."""

    ALL = "all"
    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    ARCHIVE = "archive"
    JUNK = "junk"
    TRASH = "trash"
    OWN = "own"


# What was put away is as old as its being there; everything else is as old as the mail.
BY_PLACING = frozenset({Place.JUNK, Place.TRASH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Mail leaves its folder after so many days; None keeps it whatever the rule for all says."""

    place: Place
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRule:
    """A rule with who set it, and how much it has taken out since; `changed_by` is None for the
    operator.
    """

    rule: Rule
    changed_by: UUID | None
    changed_at: datetime
    swept_at: datetime | None
    swept_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a rule would take out now."""

    place: Place
    messages: int
    mailboxes: int


def check_rules(rules: Iterable[Rule]) -> list[Rule]:
    """One for each place. Raises Invalid."""
    by_place: dict[Place, Rule] = {}
    for rule in rules:
        if rule.place in by_place:
            raise Invalid(f"There are two rules for {rule.place}.", field="rules")
        if rule.days is not None and not 1 <= rule.days <= LONGEST:
            raise Invalid(f"A number of days is from 1 to {LONGEST}.", field="days")
        if rule.days is None and rule.place is Place.ALL:
            raise Invalid("Without a rule for all, all is kept.", field="rules")
        by_place[rule.place] = rule
    return list(by_place.values())
