"""What a person can build: conditions, actions, rules in their order, and the answer while away.

The same shapes are the JSON of the page.
"""

from datetime import date
from typing import Literal

import msgspec

Field = Literal["from", "to", "subject", "header", "list", "body", "size"]
Test = Literal["contains", "not_contains", "is", "is_not", "exists", "exists_not", "over", "under"]
ActionKind = Literal[
    "flag", "read", "copy", "move", "forward", "redirect", "reject", "discard", "stop"
]

# Which tests a field knows. `list` is the List-Id field (RFC 2919), `to` both To and Cc.
_TEXT: tuple[Test, ...] = ("contains", "not_contains", "is", "is_not")
TESTS: dict[Field, tuple[Test, ...]] = {
    "from": _TEXT,
    "to": _TEXT,
    "subject": _TEXT,
    "header": (*_TEXT, "exists", "exists_not"),
    "list": ("contains", "not_contains", "exists", "exists_not"),
    "body": ("contains", "not_contains"),
    "size": ("over", "under"),
}


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One test of a mail. Several `values`: one of them fits; `size` in KiB; `header` its name."""

    field: Field
    test: Test
    values: list[str] = []
    header: str = ""
    size: int = 0


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What is done. `value` is the folder, the address or the text, for those that have one.

    `forward` sends a copy on, `redirect` sends the mail on and keeps none.
    """

    kind: ActionKind
    value: str = ""


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
