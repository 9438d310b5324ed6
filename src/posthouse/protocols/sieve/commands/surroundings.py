"""What is known beside the message: environment (RFC 5183), duplicate (RFC 7352), ihave (5463)."""

from datetime import timedelta

from posthouse.protocols.sieve.checker import COMPARE_TAGS, Call, Checker, Mistake, Spec, Tag
from posthouse.protocols.sieve.extensions import are_known, contradiction, with_their_own
from posthouse.protocols.sieve.machine import Machine, Test
from posthouse.protocols.sieve.model import Remembered

_PAUSE = timedelta(days=7)  # RFC 7352 3.3 leaves the default to us
_LONGEST_PAUSE = timedelta(days=90)
# RFC 5463 3: what changes how a script is read cannot be asked for in the middle of it.
_NEVER_TESTED = frozenset(("variables", "encoded-character"))


def _environment(checker: Checker, call: Call) -> Test:
    name, keys = checker.text(call.strings(0)), checker.texts(call.strings(1))
    matching = checker.matching(call, keys)

    def test(machine: Machine) -> bool:
        value = machine.surroundings.environment.get(machine.text(name).lower())
        if value is None:  # RFC 5183 4: an unknown item never matches
            return False
        if matching.type == "count":  # 4: an empty one does not count
            return machine.compare(matching, [value] if value else [], keys)
        return machine.compare(matching, [value], keys)

    return test


def _duplicate(checker: Checker, call: Call) -> Test:
    handle = checker.text(said) if (said := call.tag_strings("handle")) else ""
    given = call.tag_strings("id")
    source = checker.text(given) if given else "message-id"
    by_header = call.tag("id") != "uniqueid"
    seconds = call.tag_number("seconds")
    pause = (
        _PAUSE if seconds is None else min(timedelta(seconds=min(seconds, 1 << 30)), _LONGEST_PAUSE)
    )
    last = call.tag("last") is not None

    def test(machine: Machine) -> bool:
        value = machine.text(source)
        if by_header:
            values = machine.letter.texts(value)
            if not values:
                return False  # RFC 7352 3.1: nothing to know it by
            value = values[0]
        if not pause:  # 3.3: of no time at all nothing is a duplicate
            return False
        key = f"{machine.text(handle)}\n{value}"  # 3.2: from wherever the value comes
        seen = machine.surroundings.was_seen(key, pause, last=last)
        if not seen or last:
            machine.remembered.append(Remembered(key, pause))
        return seen

    return test


def _ihave(checker: Checker, call: Call) -> Test:
    names = checker.constants(call.strings(0), "What a test for extensions names")
    there = are_known(names) and _NEVER_TESTED.isdisjoint(names)
    found = with_their_own(names) if there else frozenset()
    if (wrong := contradiction(found | checker.extensions)) is not None:
        raise Mistake(call.node.at, wrong)
    checker.test_for(found)
    checker.lenient |= not there

    def test(machine: Machine) -> bool:
        machine.found |= found
        return there

    return test


COMMANDS: dict[str, Spec] = {
    "environment": Spec(
        build=_environment,
        test=True,
        needs=frozenset({"environment"}),
        tags=COMPARE_TAGS,
        takes=("string", "strings"),
    ),
    "duplicate": Spec(
        build=_duplicate,
        test=True,
        needs=frozenset({"duplicate"}),
        tags=(
            Tag("handle", takes="string"),
            Tag("header", takes="string", group="id"),
            Tag("uniqueid", takes="string", group="id"),
            Tag("seconds", takes="number"),
            Tag("last"),
        ),
    ),
    "ihave": Spec(build=_ihave, test=True, needs=frozenset({"ihave"}), takes=("strings",)),
}
