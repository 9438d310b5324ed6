"""Rules as they are kept: within bounds, and the same rule always in the same form."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date

from posthouse.foundation.errors import Invalid
from posthouse.mail.mailboxes.folders import canonical_name
from posthouse.mail.rules.builder.model import (
    TESTS,
    Action,
    ActionKind,
    Away,
    Condition,
    Field,
    Rule,
    RuleSet,
)
from posthouse.protocols.smtp.address import BadAddress, parse_address

MOST_RULES = 100
_MOST_CONDITIONS, _MOST_VALUES = 20, 50
_LONGEST_VALUE, _LONGEST_TEXT = 500, 8_000
_LARGEST = 1 << 20  # KiB
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")  # RFC 5322 3.6.8
_ZONE = re.compile(r"[+-](?:0\d|1[0-4])[0-5]\d")
_KEYWORD = re.compile(r"[A-Za-z0-9$_.-]{1,50}")  # what every mail program takes (RFC 9051 9)
# Of the moment a mail comes: how a value is written, and how many there may be.
_OF_THE_MOMENT: dict[Field, tuple[re.Pattern[str], int]] = {
    "day": (re.compile(r"\d{4}-\d\d-\d\d"), 1),
    "weekday": (re.compile("[0-6]"), 7),
    "time": (re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d"), 1),
}
# A line of its own that parts the Chinese answer from the English one.
DIVIDER = "————————"
# What is done first: flags go with the mail into its folders, and nothing comes after a stop.
ORDER: tuple[ActionKind, ...] = (
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
)
_SILENT = {"flag", "read", "discard", "stop"}
# Fields of other names are written as what they are.
_KNOWN_FIELDS = {"from": "from", "subject": "subject", "list-id": "list"}


def checked(rules: RuleSet) -> RuleSet:
    """The same rules in the form in which they are kept. Raises Invalid."""
    if len(rules.rules) > MOST_RULES:
        raise Invalid(f"A mailbox has at most {MOST_RULES} rules.", field="rules")
    return RuleSet(
        away=None if rules.away is None else _away(rules.away),
        rules=[_rule(rule) for rule in rules.rules],
    )


def _rule(rule: Rule) -> Rule:
    if len(rule.conditions) > _MOST_CONDITIONS:
        raise Invalid(f"A rule has at most {_MOST_CONDITIONS} conditions.", field="rules")
    if not rule.actions:
        raise Invalid("A rule does something.", field="rules")
    actions = _unique([_action(action) for action in rule.actions])
    kinds = {action.kind for action in actions}
    if kinds & {"reject", "discard"} and kinds - {"reject", "discard", "notify", "stop"}:
        # RFC 5429 2.1: nobody is told that a mail was refused that was kept or sent on.
        raise Invalid("A mail is refused or dropped, or something else is done.", field="rules")
    if {"reject", "discard"} <= kinds:
        raise Invalid("A mail is refused or dropped, not both.", field="rules")
    conditions = [_condition(condition) for condition in rule.conditions]
    # One condition alone: all and any are the same.
    match = rule.match if len(conditions) > 1 else "all"
    return Rule(on=rule.on, match=match, conditions=conditions, actions=actions)


def _condition(condition: Condition) -> Condition:
    field, header = condition.field, ""
    if field == "header":
        header = condition.header.strip().lower()
        if not _FIELD_NAME.fullmatch(header):
            raise Invalid("This is no name of a header field.", field="header")
        known = _KNOWN_FIELDS.get(header)
        if known is not None and condition.test in TESTS[known]:  # type: ignore[index]
            field, header = known, ""  # type: ignore[assignment]
    if condition.test not in TESTS[field]:
        raise Invalid("This cannot be asked of that.", field="test")
    if condition.test in ("exists", "exists_not") and field != "me":
        return Condition(field=field, test=condition.test, header=header)
    if field in _OF_THE_MOMENT:
        return _moment(condition)
    if field == "size":
        if not 0 < condition.size <= _LARGEST:
            raise Invalid("A size is between 1 KiB and 1 GiB.", field="size")
        return Condition(field=field, test=condition.test, size=condition.size)
    values = list(dict.fromkeys(filter(None, (_line(each) for each in condition.values))))
    if not 1 <= len(values) <= _MOST_VALUES:
        raise Invalid(f"A condition has 1 to {_MOST_VALUES} words.", field="values")
    return Condition(field=field, test=condition.test, header=header, values=values)


def _moment(condition: Condition) -> Condition:
    """A day, days of the week or a time, in a zone."""
    values = sorted(dict.fromkeys(condition.values))
    form, at_most = _OF_THE_MOMENT[condition.field]
    if not _ZONE.fullmatch(condition.zone):
        raise Invalid("A zone looks like +0800.", field="zone")
    if not 1 <= len(values) <= at_most or not all(form.fullmatch(each) for each in values):
        raise Invalid("This is no day and no time.", field="values")
    if condition.field == "day":
        try:
            date.fromisoformat(values[0])
        except ValueError:
            raise Invalid("There is no such day.", field="values") from None
    return Condition(field=condition.field, test=condition.test, values=values, zone=condition.zone)


def _action(action: Action) -> Action:
    if action.kind in _SILENT:
        return Action(kind=action.kind)
    if action.kind == "reject":
        return Action(kind="reject", value=_text(action.value, needed=True))
    value = _line(action.value)
    if not value:
        raise Invalid("Say which folder or address.", field="value")
    if action.kind == "keyword" and not _KEYWORD.fullmatch(value):
        raise Invalid("A keyword is a word of Latin letters and digits.", field="value")
    if action.kind in ("forward", "redirect", "notify"):
        try:
            value = str(parse_address(value))
        except BadAddress:
            raise Invalid(f"“{value}” is no mail address.", field="value") from None
    if action.kind in ("copy", "move"):
        value = canonical_name(value)
    text = _line(action.text) if action.kind == "notify" else ""
    return Action(kind=action.kind, value=value, text=text)


def _away(away: Away) -> Away:
    chinese, english = _text(away.chinese), _text(away.english)
    if not chinese and not english:
        raise Invalid("Write what is answered.", field="text")
    if DIVIDER in f"{chinese}\n{english}".split("\n"):
        raise Invalid(f"A line cannot be {DIVIDER}.", field="text")
    if away.first and away.last and away.last < away.first:
        raise Invalid("The last day comes before the first.", field="last")
    if not _ZONE.fullmatch(away.zone):
        raise Invalid("A zone looks like +0800.", field="zone")
    if not 1 <= away.days <= 365:
        raise Invalid("A sender is answered again after 1 to 365 days.", field="days")
    return Away(
        on=away.on,
        subject=_line(away.subject),
        chinese=chinese,
        english=english,
        first=away.first,
        last=away.last,
        zone=away.zone if away.first or away.last else "+0000",
        days=away.days,
        addresses=_each(away.addresses, _line)[:_MOST_VALUES],
    )


def _unique(actions: Sequence[Action]) -> list[Action]:
    """In the order in which they are written, each once."""
    found = list(dict.fromkeys((action.kind, action.value, action.text) for action in actions))
    found.sort(key=lambda each: ORDER.index(each[0]))
    return [Action(kind=kind, value=value, text=text) for kind, value, text in found]


def _each(values: Sequence[str], change: Callable[[str], str]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(change, values))))


def _line(text: str) -> str:
    """One line, as short as it may be. Raises Invalid."""
    line = " ".join(_clean(text).split())
    if len(line) > _LONGEST_VALUE:
        raise Invalid(f"At most {_LONGEST_VALUE} characters.", field="values")
    return line


def _text(text: str, *, needed: bool = False) -> str:
    text = _clean(re.sub(r"\r\n?", "\n", text)).strip()
    if len(text) > _LONGEST_TEXT:
        raise Invalid(f"A text has at most {_LONGEST_TEXT} characters.", field="text")
    if needed and not text:
        raise Invalid("Write a text.", field="value")
    return text


def _clean(text: str) -> str:
    """Without what no script can hold, and no mail or folder should."""
    visible = (char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")
    return "".join(visible).encode("utf-8", "replace").decode("utf-8")
