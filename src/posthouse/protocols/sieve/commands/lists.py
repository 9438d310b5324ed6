"""The test `valid_ext_list` (RFC 6134 2.7)."""

from posthouse.protocols.sieve.checker import Call, Checker, Spec
from posthouse.protocols.sieve.lists import is_list
from posthouse.protocols.sieve.machine import Test


def _valid_ext_list(checker: Checker, call: Call) -> Test:
    names = checker.texts(call.strings(0))
    return lambda machine: all(is_list(name) for name in machine.texts(names))


COMMANDS: dict[str, Spec] = {
    "valid_ext_list": Spec(
        build=_valid_ext_list, test=True, needs=frozenset({"extlists"}), takes=("strings",)
    ),
}
