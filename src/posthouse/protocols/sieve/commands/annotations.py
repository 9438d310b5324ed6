"""What is noted at folders (mboxmetadata) and at the server (servermetadata): RFC 5490 3 and 4.

The two families differ in their first argument: the name of the folder, which the second lacks.
"""

from collections.abc import Callable

from posthouse.protocols.sieve.checker import COMPARE_TAGS, Call, Checker, Spec
from posthouse.protocols.sieve.machine import Machine, Test

Build = Callable[[Checker, Call], Test]


def _value(*, of_folder: bool) -> Build:
    """False where there is no such folder or entry, whatever is compared (3.3)."""

    def build(checker: Checker, call: Call) -> Test:
        folder = checker.text(call.strings(0)) if of_folder else None
        entry = checker.text(call.strings(int(of_folder)))
        keys = checker.texts(call.strings(int(of_folder) + 1))
        matching = checker.matching(call, keys)

        def test(machine: Machine) -> bool:
            place = None if folder is None else machine.text(folder)
            value = machine.surroundings.annotation(place, machine.text(entry).lower())
            return value is not None and machine.compare(matching, [value], keys)

        return test

    return build


def _exists(*, of_folder: bool) -> Build:
    """All of them (3.4)."""

    def build(checker: Checker, call: Call) -> Test:
        folder = checker.text(call.strings(0)) if of_folder else None
        entries = checker.texts(call.strings(int(of_folder)))

        def test(machine: Machine) -> bool:
            place = None if folder is None else machine.text(folder)
            return all(
                machine.surroundings.annotation(place, entry.lower()) is not None
                for entry in machine.texts(entries)
            )

        return test

    return build


_MAILBOX, _SERVER = frozenset({"mboxmetadata"}), frozenset({"servermetadata"})

COMMANDS: dict[str, Spec] = {
    "metadata": Spec(
        build=_value(of_folder=True),
        test=True,
        needs=_MAILBOX,
        tags=COMPARE_TAGS,
        takes=("string", "string", "strings"),
    ),
    "metadataexists": Spec(
        build=_exists(of_folder=True), test=True, needs=_MAILBOX, takes=("string", "strings")
    ),
    "servermetadata": Spec(
        build=_value(of_folder=False),
        test=True,
        needs=_SERVER,
        tags=COMPARE_TAGS,
        takes=("string", "strings"),
    ),
    "servermetadataexists": Spec(
        build=_exists(of_folder=False), test=True, needs=_SERVER, takes=("strings",)
    ),
}
