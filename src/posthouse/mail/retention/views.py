"""What the doors of this room take and give."""

from datetime import datetime

import msgspec

from posthouse.mail.retention.model import Due, KeptRule, Place, Rule


class RuleInput(msgspec.Struct, frozen=True, kw_only=True):
    """After so many days; null keeps the mail whatever the rule for all says."""

    place: Place
    days: int | None


class RetentionInput(msgspec.Struct, frozen=True, kw_only=True):
    """All rules: places without one are under the rule for `all`, if there is one."""

    rules: list[RuleInput]

    def as_rules(self) -> list[Rule]:
        """As the room knows them."""
        return [Rule(place=each.place, days=each.days) for each in self.rules]


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, and what it has taken out since it was set."""

    place: Place
    days: int | None
    changed_at: datetime
    swept_at: datetime | None
    swept_count: int


class RetentionView(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of the workspace."""

    rules: list[RuleView]


class DueView(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would take out of so many mailboxes now."""

    place: Place
    messages: int
    mailboxes: int


class DueList(msgspec.Struct, frozen=True, kw_only=True):
    """Rules that would take nothing are not among them."""

    items: list[DueView]


def retention_view(found: list[KeptRule]) -> RetentionView:
    """As the page and programs get it."""
    return RetentionView(
        rules=[
            RuleView(
                place=each.rule.place,
                days=each.rule.days,
                changed_at=each.changed_at,
                swept_at=each.swept_at,
                swept_count=each.swept_count,
            )
            for each in found
        ]
    )


def due_view(due: Due) -> DueView:
    """As the page and programs get it."""
    return DueView(place=due.place, messages=due.messages, mailboxes=due.mailboxes)
