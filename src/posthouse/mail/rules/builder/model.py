"""What a person can build: conditions, actions, rules in their order, and the answer while away.

The same shapes are the JSON of the page.
"""

from datetime import date
from typing import Literal

import msgspec

Field = Literal[
    "from",
    "known",
    "to",
    "me",
    "detail",
    "subject",
    "header",
    "list",
    "body",
    "attachment",
    "size",
    "day",
    "weekday",
    "time",
]
Test = Literal[
    "contains",
    "not_contains",
    "is",
    "is_not",
    "exists",
    "exists_not",
    "over",
    "under",
    "since",
    "until",
    "before",
]
ActionKind = Literal[
    "flag",
    "read",
    "keyword",
    "copy",
    "move",
    "forward",
    "redirect",
    "notify",
    "reject",
    "discard",
    "stop",
]

# Which tests a field knows. `known`: the author is in the address book of the mailbox (RFC 6134).
# `to`: To and Cc; `me`: an own address there or in Bcc; `detail`: what stands behind the plus of
# the address that the mail came for; `list`: the List-Id field (RFC 2919). The last three are of
# the moment the mail comes.
_TEXT: tuple[Test, ...] = ("contains", "not_contains", "is", "is_not")
TESTS: dict[Field, tuple[Test, ...]] = {
    "from": _TEXT,
    "known": ("exists", "exists_not"),
    "to": _TEXT,
    "me": ("exists", "exists_not"),
    "detail": ("is", "is_not", "contains", "not_contains", "exists", "exists_not"),
    "subject": _TEXT,
    "header": (*_TEXT, "exists", "exists_not"),
    "list": ("contains", "not_contains", "exists", "exists_not"),
    "body": ("contains", "not_contains"),
    "attachment": ("exists", "exists_not", "contains", "not_contains"),
    "size": ("over", "under"),
    "day": ("since", "until"),
    "weekday": ("is", "is_not"),
    "time": ("since", "before"),
}


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One test of a mail. Several `values`: one of them fits; `size` in KiB; `header` its name.

    `values` of `me` are the own addresses; of an attachment parts of its name; of a day and a time
    one (2026-12-01, 18:30), of weekdays 0 (Sunday) to 6, all three in `zone` (+0800).
    """

    field: Field
    test: Test
    values: list[str] = []
    header: str = ""
    size: int = 0
    zone: str = "+0000"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What is done. `value` is the folder, the address, the word or the text that it needs.

    `forward` sends a copy on, `redirect` sends the mail on and keeps none, `notify` writes to an
    address: `text`, or else the subject of the mail.
    """

    kind: ActionKind
    value: str = ""
    text: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. Without conditions it is for every mail."""

    on: bool = True
    match: Literal["all", "any"] = "all"
    conditions: list[Condition] = []
    actions: list[Action] = []


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """An automatic answer (RFC 5230), in Chinese, in English or in both, one below the other.

    Each sender gets it once in `days`; from `first` to `last`, both included, in `zone` (+0800).
    """

    on: bool = True
    subject: str = ""
    chinese: str = ""
    english: str = ""
    first: date | None = None
    last: date | None = None
    zone: str = "+0000"
    days: int = 7
    addresses: list[str] = []


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of a mailbox that were built in the page."""

    away: Away | None = None
    rules: list[Rule] = []
