"""Variables (RFC 5229): `set` with its modifiers, and the test `string`."""

import re
from collections.abc import Callable

from posthouse.protocols.sieve.checker import COMPARE_TAGS, Call, Checker, Spec, Tag
from posthouse.protocols.sieve.comparators import OCTET
from posthouse.protocols.sieve.expressions import quoted
from posthouse.protocols.sieve.machine import Machine, Run, Test
from posthouse.protocols.sieve.values import cut

_NEEDS = frozenset({"variables"})

# RFC 5229 4.1: those of a higher precedence come first; one of each.
_MODIFIERS: dict[str, tuple[int, Callable[[str], str]]] = {
    "lower": (40, str.lower),
    "upper": (40, str.upper),
    "lowerfirst": (30, lambda text: text[:1].lower() + text[1:]),
    "upperfirst": (30, lambda text: text[:1].upper() + text[1:]),
    "quotewildcard": (20, lambda text: re.sub(r"([*?\\])", r"\\\1", text)),
    "quoteregex": (20, quoted),
    "length": (10, lambda text: str(len(text))),
}


MODIFIER_TAGS = tuple(
    Tag(name, group=str(order), needs="regex" if name == "quoteregex" else None)
    for name, (order, _) in _MODIFIERS.items()
)


def modified(call: Call) -> Callable[[Machine, str], str]:
    """What the modifiers of a command make of a text."""
    given = [_MODIFIERS[tag] for tag, _ in call.tags.values() if tag in _MODIFIERS]
    changes = [change for _, change in sorted(given, key=lambda each: -each[0])]

    def change_all(machine: Machine, text: str) -> str:
        for change in changes:
            machine.budget.pay(len(text))
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
        build=_string, test=True, needs=_NEEDS, tags=COMPARE_TAGS, takes=("strings", "strings")
    ),
}
