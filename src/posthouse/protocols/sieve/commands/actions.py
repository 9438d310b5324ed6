"""What happens to the message: keep, discard, fileinto, redirect, reject, ereject, stop, error."""

from dataclasses import replace

from posthouse.protocols.sieve.checker import Call, Checker, Spec, Tag
from posthouse.protocols.sieve.commands.destinations import DESTINATION_TAGS, destination
from posthouse.protocols.sieve.commands.flags import FLAGS, flags_of
from posthouse.protocols.sieve.commands.mail_addresses import mail_address, require_mail_address
from posthouse.protocols.sieve.errors import ScriptFailed
from posthouse.protocols.sieve.lists import check_list
from posthouse.protocols.sieve.machine import Machine, Run, Stopped
from posthouse.protocols.sieve.model import Keep, Redirect, Reject
from posthouse.protocols.sieve.values import Text

_COPY = Tag("copy", needs="copy")  # RFC 3894


def _keep(checker: Checker, call: Call) -> Run:
    flags = flags_of(checker, call)

    def run(machine: Machine) -> None:
        machine.do(Keep(flags=flags(machine), edited=machine.edited()))
        machine.implicit_keep = False

    return run


def _discard(checker: Checker, call: Call) -> Run:
    def run(machine: Machine) -> None:
        machine.implicit_keep = False

    return run


def _fileinto(checker: Checker, call: Call) -> Run:
    folder = destination(checker, call, call.strings(0), flags_of(checker, call))
    copy = call.tag("copy") is not None

    def run(machine: Machine) -> None:
        machine.do(replace(folder(machine), edited=machine.edited()))
        machine.implicit_keep &= copy

    return run


def _redirect(checker: Checker, call: Call) -> Run:
    address = checker.text(call.strings(0))
    copy = call.tag("copy") is not None
    if "list" in call.tags:
        return _to_list(address)
    require_mail_address(address, call.given[0].at)

    def run(machine: Machine) -> None:
        to = mail_address(machine.text(address))
        machine.do(Redirect(address=to, edited=machine.unenclosed()))
        machine.implicit_keep &= copy

    return run


def _to_list(name: Text) -> Run:
    """RFC 6134 2.3: a list that cannot be enumerated is an error when it is reached."""

    def run(machine: Machine) -> None:
        check_list(machine.text(name))
        raise ScriptFailed("Mail is not sent on to all of an address book.")

    return run


def _reject(checker: Checker, call: Call) -> Run:
    reason: Text = checker.text(call.strings(0))

    def run(machine: Machine) -> None:
        machine.do(Reject(reason=machine.text(reason)))
        machine.implicit_keep = False

    return run


def _stop(checker: Checker, call: Call) -> Run:
    def run(machine: Machine) -> None:
        raise Stopped

    return run


def _error(checker: Checker, call: Call) -> Run:
    """RFC 5463 5: the script ends as if something had gone wrong."""
    text = checker.text(call.strings(0))

    def run(machine: Machine) -> None:
        raise ScriptFailed(machine.text(text))

    return run


COMMANDS: dict[str, Spec] = {
    "keep": Spec(build=_keep, tags=(FLAGS,)),
    "discard": Spec(build=_discard),
    "stop": Spec(build=_stop),
    "fileinto": Spec(
        build=_fileinto,
        needs=frozenset({"fileinto"}),
        tags=(*DESTINATION_TAGS, _COPY),
        takes=("string",),
    ),
    "redirect": Spec(
        build=_redirect, tags=(_COPY, Tag("list", needs="extlists")), takes=("string",)
    ),
    "reject": Spec(build=_reject, needs=frozenset({"reject"}), takes=("string",)),
    "ereject": Spec(build=_reject, needs=frozenset({"ereject"}), takes=("string",)),
    "error": Spec(build=_error, needs=frozenset({"ihave"}), takes=("string",)),
}
