"""What folders there are: mailboxexists (RFC 5490), specialuse_exists (RFC 8579), mailboxidexists
(RFC 9042).
"""

from posthouse.protocols.sieve.checker import Call, Checker, Spec
from posthouse.protocols.sieve.commands.flags import special_uses
from posthouse.protocols.sieve.machine import Machine, Test


def _mailboxexists(checker: Checker, call: Call) -> Test:
    names = checker.texts(call.strings(0))
    return lambda machine: all(
        machine.surroundings.has_folder(name) for name in machine.texts(names)
    )


def _mailboxidexists(checker: Checker, call: Call) -> Test:
    ids = checker.texts(call.strings(0))
    return lambda machine: all(
        machine.surroundings.has_mailbox_id(each) for each in machine.texts(ids)
    )


def _specialuse_exists(checker: Checker, call: Call) -> Test:
    named = len(call.given) > 1
    folder = checker.text(call.strings(0)) if named else None
    uses = special_uses(checker, call.strings(len(call.given) - 1))

    def test(machine: Machine) -> bool:
        name = None if folder is None else machine.text(folder)
        return all(machine.surroundings.has_special_use(name, use) for use in machine.texts(uses))

    return test


COMMANDS: dict[str, Spec] = {
    "mailboxexists": Spec(
        build=_mailboxexists, test=True, needs=frozenset({"mailbox"}), takes=("strings",)
    ),
    "mailboxidexists": Spec(
        build=_mailboxidexists, test=True, needs=frozenset({"mailboxid"}), takes=("strings",)
    ),
    "specialuse_exists": Spec(
        build=_specialuse_exists,
        test=True,
        needs=frozenset({"special-use"}),
        takes=("string", "strings"),
        first_optional=True,
    ),
}
