"""Tests of RFC 5228 5 without addresses: allof, anyof, not, true, false, exists, header, size."""

from collections.abc import Callable

from posthouse.protocols.sieve.checker import (
    INDEX_TAGS,
    LISTED_TAGS,
    Call,
    Checker,
    Mistake,
    Spec,
    Tag,
)
from posthouse.protocols.sieve.commands.parts import (
    MIME_TAGS,
    OPTION_TAGS,
    fields_asked,
    values_asked,
)
from posthouse.protocols.sieve.machine import Machine, Test


def _allof(checker: Checker, call: Call) -> Test:
    tests = call.tests
    return lambda machine: all(test(machine) for test in tests)


def _anyof(checker: Checker, call: Call) -> Test:
    tests = call.tests
    return lambda machine: any(test(machine) for test in tests)


def _not(checker: Checker, call: Call) -> Test:
    (inner,) = call.tests
    return lambda machine: not inner(machine)


def _constant(value: bool) -> Callable[[Checker, Call], Test]:
    return lambda checker, call: lambda machine: value


def _exists(checker: Checker, call: Call) -> Test:
    names, fields = checker.texts(call.strings(0)), fields_asked(call)
    return lambda machine: all(fields(machine, name) for name in machine.texts(names))


def _header(checker: Checker, call: Call) -> Test:
    names, keys = checker.texts(call.strings(0)), checker.texts(call.strings(1))
    matching, index = checker.matching(call, keys), checker.index(call)
    fields, values_of = fields_asked(call), values_asked(checker, call)

    def test(machine: Machine) -> bool:
        values = [
            value
            for name in machine.texts(names)
            for each in index(fields(machine, name))
            for value in values_of(machine, each)
        ]
        return machine.compare(matching, values, keys)

    return test


def _size(checker: Checker, call: Call) -> Test:
    limit, which = call.number(0), call.tag("relation")
    if which is None:
        raise Mistake(call.node.at, "“size” needs “:over” or “:under”.")
    if which == "over":
        return lambda machine: machine.letter.size > limit
    return lambda machine: machine.letter.size < limit


COMMANDS: dict[str, Spec] = {
    "allof": Spec(build=_allof, test=True, tests="many"),
    "anyof": Spec(build=_anyof, test=True, tests="many"),
    "not": Spec(build=_not, test=True, tests="one"),
    "true": Spec(build=_constant(True), test=True),
    "false": Spec(build=_constant(False), test=True),
    "exists": Spec(build=_exists, test=True, tags=MIME_TAGS, takes=("strings",)),
    "header": Spec(
        build=_header,
        test=True,
        tags=(*LISTED_TAGS, *INDEX_TAGS, *MIME_TAGS, *OPTION_TAGS),
        takes=("strings", "strings"),
    ),
    "size": Spec(
        build=_size,
        test=True,
        tags=(Tag("over", group="relation"), Tag("under", group="relation")),
        takes=("number",),
    ),
}
