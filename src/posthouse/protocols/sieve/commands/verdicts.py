"""What was found before the rules: the tests `spamtest` and `virustest` (RFC 5235)."""

from collections.abc import Callable

from posthouse.protocols.sieve.checker import COMPARE_TAGS, Call, Checker, Spec, Tag
from posthouse.protocols.sieve.machine import Machine, Test


def _spamtest(checker: Checker, call: Call) -> Test:
    in_percent = "percent" in call.tags

    def found(machine: Machine) -> int | None:
        percent = machine.surroundings.spam
        return percent if percent is None or in_percent else _of_ten(percent)

    return _compared(checker, call, found)


def _of_ten(percent: int) -> int:
    """3.2.1: 1 is clear of spam, 10 definitely is some; what lies between neither."""
    if percent in (0, 100):
        return 10 if percent else 1
    return max(2, 1 + percent * 9 // 100)


def _virustest(checker: Checker, call: Call) -> Test:
    return _compared(checker, call, lambda machine: machine.surroundings.virus)


def _compared(checker: Checker, call: Call, found: Callable[[Machine], int | None]) -> Test:
    keys = checker.texts(call.strings(0))
    matching = checker.matching(call, keys)

    def test(machine: Machine) -> bool:
        value = found(machine)
        if matching.type == "count":  # 3.1: 1 when it was tested, else 0
            return machine.compare(matching, [] if value is None else [str(value)], keys)
        return machine.compare(matching, [str(value or 0)], keys)

    return test


COMMANDS: dict[str, Spec] = {
    "spamtest": Spec(
        build=_spamtest,
        test=True,
        needs=frozenset({"spamtest", "spamtestplus"}),
        tags=(*COMPARE_TAGS, Tag("percent", needs="spamtestplus")),
        takes=("string",),
    ),
    "virustest": Spec(
        build=_virustest,
        test=True,
        needs=frozenset({"virustest"}),
        tags=COMPARE_TAGS,
        takes=("string",),
    ),
}
