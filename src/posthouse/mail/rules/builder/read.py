"""A Sieve script as rules, if it is one that `write` has written."""

from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import unquote

import msgspec

from posthouse.foundation.errors import Invalid
from posthouse.mail.rules.builder.model import (
    TESTS,
    Action,
    ActionKind,
    Away,
    Condition,
    Field,
    Rule,
    RuleSet,
    Test,
)
from posthouse.mail.rules.builder.normal import DIVIDER, checked
from posthouse.mail.rules.builder.write import HEAD, RELATIONS, write
from posthouse.protocols.sieve import ScriptError
from posthouse.protocols.sieve.lexer import Source
from posthouse.protocols.sieve.syntax import Node, Number, Strings, parse
from posthouse.protocols.sieve.syntax import Tag as TagArgument

_FIELDS: dict[tuple[str, ...], Field] = {
    ("from",): "from",
    ("to", "cc"): "to",
    ("subject",): "subject",
    ("list-id",): "list",
}
_NEGATED: dict[Test, Test] = {
    "contains": "not_contains",
    "is": "is_not",
    "exists": "exists_not",
}
_FLAGS: dict[str, ActionKind] = {"\\Flagged": "flag", "\\Seen": "read"}
_PLAIN: dict[str, ActionKind] = {"discard": "discard", "stop": "stop"}


class _Foreign(Exception):
    """Somebody else has written this."""


def read(text: str) -> RuleSet | None:
    """The rules; None unless writing them gives the very same script again."""
    if not text.startswith(HEAD):
        return None
    try:
        rules = checked(_rules(parse(Source(text.encode("utf-8", "replace")))))
    except (ScriptError, Invalid, _Foreign):
        return None
    # What came through a mail program may have other line ends.
    return rules if write(rules) == text.replace("\r\n", "\n") else None


def _rules(nodes: list[Node]) -> RuleSet:
    away: Away | None = None
    rules: list[Rule] = []
    for node in nodes:
        if node.name == "require":
            continue
        if node.name != "if" or len(node.tests) != 1 or not node.block:
            raise _Foreign
        if node.block[0].name == "vacation":
            away = _away(node.tests[0], node.block[0])
        else:
            rules.append(_rule(node.tests[0], node.block))
    return RuleSet(away=away, rules=rules)


def _rule(test: Node, block: list[Node]) -> Rule:
    is_off = len(test.tests) == 2 and test.tests[0].name == "false"
    joined = test.tests[1] if is_off else test
    if joined.name not in ("allof", "anyof"):
        raise _Foreign
    conditions = [_condition(each) for each in joined.tests if each.name != "true"]
    return Rule(
        on=not is_off,
        match="all" if joined.name == "allof" else "any",
        conditions=conditions,
        actions=[_action(each) for each in block],
    )


def _condition(node: Node) -> Condition:
    if node.name == "not" and len(node.tests) == 1:
        found = _positive(node.tests[0])
        if found.test not in _NEGATED:
            raise _Foreign
        return msgspec.structs.replace(found, test=_NEGATED[found.test])
    return _positive(node)


def _positive(node: Node) -> Condition:
    tags, strings = _tags(node), _strings(node)
    if node.name == "size":
        over: Test = "over" if "over" in tags else "under"
        return Condition(field="size", test=over, size=_number(node) // 1024)
    if node.name == "body":
        return Condition(field="body", test="contains", values=strings[0])
    if node.name == "exists":
        field, header = _named(strings[0], "exists")
        return Condition(field=field, test="exists", header=header)
    if node.name == "currentdate":
        return _moment(tags, strings)
    if node.name == "envelope":
        return _detail(tags, strings)
    if "mime" in tags:
        return _attachment(tags, strings)
    if "list" in tags:
        return Condition(field="known", test="exists")
    if strings and strings[0] == ["to", "cc", "bcc"]:
        return Condition(field="me", test="exists", values=strings[1])
    if node.name in ("header", "address"):
        test: Test = "contains" if "contains" in tags else "is"
        field, header = _named(strings[0], test)
        return Condition(field=field, test=test, header=header, values=strings[1])
    raise _Foreign


def _moment(tags: set[str], strings: list[list[str]]) -> Condition:
    if "is" in tags and len(strings) == 3:
        return Condition(field="weekday", test="is", values=strings[2], zone=strings[0][0])
    relations = {relation: test for test, relation in RELATIONS.items()}
    if len(strings) != 4 or strings[1][0] not in relations:
        raise _Foreign
    test: Test = relations[strings[1][0]]  # type: ignore[assignment]
    field: Field = "day" if strings[2] == ["date"] else "time"
    values = [each if field == "day" else each.removesuffix(":00") for each in strings[3]]
    return Condition(field=field, test=test, values=values, zone=strings[0][0])


def _detail(tags: set[str], strings: list[list[str]]) -> Condition:
    if "matches" in tags:
        return Condition(field="detail", test="exists")
    test: Test = "contains" if "contains" in tags else "is"
    return Condition(field="detail", test=test, values=strings[1])


def _attachment(tags: set[str], strings: list[list[str]]) -> Condition:
    if "param" in tags:
        return Condition(field="attachment", test="contains", values=strings[2])
    return Condition(field="attachment", test="exists")


def _named(names: list[str], test: Test) -> tuple[Field, str]:
    field = _FIELDS.get(tuple(names))
    return (field, "") if field is not None and test in TESTS[field] else ("header", names[0])


def _action(node: Node) -> Action:
    tags, strings = _tags(node), _strings(node)
    value = _text(strings[0][0]) if strings else ""
    copied = "copy" in tags
    if node.name == "addflag":
        known = _FLAGS.get(value)
        return Action(kind=known) if known else Action(kind="keyword", value=value)
    if node.name == "notify":
        text = strings[0][0] if "message" in tags else ""
        return Action(kind="notify", value=unquote(strings[-1][0][len("mailto:") :]), text=text)
    if node.name == "fileinto":
        return Action(kind="copy" if copied else "move", value=value)
    if node.name == "redirect":
        return Action(kind="forward" if copied else "redirect", value=value)
    if node.name == "reject":
        return Action(kind="reject", value=value)
    if node.name in _PLAIN:
        return Action(kind=_PLAIN[node.name])
    raise _Foreign


def _away(test: Node, node: Node) -> Away:
    days = {_strings(each)[1][0]: _strings(each) for each in test.tests if _is_day(each)}
    said = _tagged(node)
    text = _text(_strings(node)[-1][0])
    parts: Mapping[str, Callable[[], tuple[str, str]]] = {
        "zh": lambda: (text, ""),
        "en": lambda: ("", text),
        "zh+en": lambda: _parted(text),
    }
    language = _first(said, "handle")
    if language not in parts:
        raise _Foreign
    chinese, english = parts[language]()
    zones = [strings[0][0] for strings in days.values()]
    return Away(
        on=bool(test.tests) and test.tests[0].name == "true",
        subject=_first(said, "subject"),
        chinese=chinese,
        english=english,
        first=_day(days, "ge"),
        last=_day(days, "le"),
        zone=zones[0] if zones else "+0000",
        days=_number(node),
        addresses=list(said.get("addresses", ())),
    )


def _parted(text: str) -> tuple[str, str]:
    chinese, _, english = text.partition(f"\n\n{DIVIDER}\n\n")
    return chinese, english


def _is_day(node: Node) -> bool:
    return node.name == "currentdate" and len(_strings(node)) == 4


def _day(days: Mapping[str, list[list[str]]], relation: str) -> date | None:
    try:
        return date.fromisoformat(days[relation][3][0]) if relation in days else None
    except ValueError:
        raise _Foreign from None


def _tagged(node: Node) -> dict[str, tuple[str, ...]]:
    """Strings by the tag before them."""
    pairs = zip(node.arguments, node.arguments[1:], strict=False)
    return {
        tag.name: after.values
        for tag, after in pairs
        if isinstance(tag, TagArgument) and isinstance(after, Strings)
    }


def _first(said: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next(iter(said.get(name, ())), "")


def _tags(node: Node) -> set[str]:
    return {each.name for each in node.arguments if isinstance(each, TagArgument)}


def _strings(node: Node) -> list[list[str]]:
    found = [list(each.values) for each in node.arguments if isinstance(each, Strings)]
    if node.name in ("exists", "body", "notify") and not found:
        raise _Foreign
    if node.name in ("header", "address", "envelope") and len(found) != 2 + _has_parameter(node):
        raise _Foreign
    return found


def _has_parameter(node: Node) -> bool:
    return any(isinstance(each, TagArgument) and each.name == "param" for each in node.arguments)


def _number(node: Node) -> int:
    for each in node.arguments:
        if isinstance(each, Number):
            return each.value
    raise _Foreign


def _text(value: str) -> str:
    """Line ends as the page has them; a script has CRLF (RFC 5228 2.4.2)."""
    return value.replace("\r\n", "\n")
