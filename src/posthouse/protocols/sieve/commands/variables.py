"""Variables (RFC 5229): `set` with its modifiers, and the test `string`."""

import re
from collections.abc import Callable
from urllib.parse import quote

from posthouse.protocols.sieve.checker import LISTED_TAGS, Call, Checker, Spec, Tag
from posthouse.protocols.sieve.comparators import OCTET
from posthouse.protocols.sieve.expressions import quoted
from posthouse.protocols.sieve.machine import Machine, Run, Test
from posthouse.protocols.sieve.values import MAX_VALUE, cut

_NEEDS = frozenset({"variables"})

_HALF_ESCAPE = re.compile(r"%[0-9A-F]?$")
_LAST_CHARACTER = re.compile(r"%([C-F])[0-9A-F]((?:%[89AB][0-9A-F])*+)$")
_BEHIND_FIRST = {"C": 1, "D": 1, "E": 2, "F": 3}  # octets of UTF-8


def _url_encoded(text: str) -> str:
    """RFC 5435 6: any octet that is not unreserved. What is too long is cut between characters."""
    encoded = quote(text.encode("utf-8", "surrogateescape"), safe="")
    if len(encoded) <= MAX_VALUE:
        return encoded
    encoded = _HALF_ESCAPE.sub("", encoded[:MAX_VALUE])
    last = _LAST_CHARACTER.search(encoded, max(len(encoded) - 12, 0))
    if last is not None and len(last[2]) // 3 < _BEHIND_FIRST[last[1]]:
        encoded = encoded[: last.start()]
    return encoded


# RFC 5229 4.1: those of a higher precedence come first; one of each.
_MODIFIERS: dict[str, tuple[int, Callable[[str], str]]] = {
    "lower": (40, str.lower),
    "upper": (40, str.upper),
    "lowerfirst": (30, lambda text: text[:1].lower() + text[1:]),
    "upperfirst": (30, lambda text: text[:1].upper() + text[1:]),
    "quotewildcard": (20, lambda text: re.sub(r"([*?\\])", r"\\\1", text)),
    "quoteregex": (20, quoted),
    "encodeurl": (15, _url_encoded),
    "length": (10, lambda text: str(len(text))),
}
_COSTS = {"encodeurl": 20}  # per character
_NEEDED = {"quoteregex": "regex", "encodeurl": "enotify"}
MODIFIER_TAGS = tuple(
    Tag(name, group=str(order), needs=_NEEDED.get(name)) for name, (order, _) in _MODIFIERS.items()
)


def modified(call: Call) -> Callable[[Machine, str], str]:
    """What the modifiers of a command make of a text."""
    given = [tag for tag, _ in call.tags.values() if tag in _MODIFIERS]
    changes = [
        (_COSTS.get(tag, 1), _MODIFIERS[tag][1])
        for tag in sorted(given, key=lambda tag: -_MODIFIERS[tag][0])
    ]

    def change_all(machine: Machine, text: str) -> str:
        for cost, change in changes:
            machine.budget.pay(cost * len(text))
            text = cut(change(text))
        return text

    return change_all


def _set(checker: Checker, call: Call) -> Run:
    (name,) = checker.names(call.strings(0), checker.variables.set)
    value = checker.text(call.strings(1))
    change = modified(call)

    def run(machine: Machine) -> None:
        machine.set_variable(name, change(machine, machine.text(value)))

    return run


def _string(checker: Checker, call: Call) -> Test:
    """RFC 5229 5. Octets are compared, as elsewhere: what a script made is the script's own."""
    sources, keys = checker.texts(call.strings(0)), checker.texts(call.strings(1))
    matching = checker.matching(call, keys, default=OCTET)

    def test(machine: Machine) -> bool:
        values = machine.texts(sources)
        if matching.type == "count":  # RFC 5229 5: empty ones do not count
            values = [value for value in values if value]
        return machine.compare(matching, values, keys)

    return test


COMMANDS: dict[str, Spec] = {
    "set": Spec(build=_set, needs=_NEEDS, tags=MODIFIER_TAGS, takes=("string", "string")),
    "string": Spec(
        build=_string, test=True, needs=_NEEDS, tags=LISTED_TAGS, takes=("strings", "strings")
    ),
}
