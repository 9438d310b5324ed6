"""What happens to the message: keep, discard, fileinto, redirect, reject, ereject, stop, error."""

import re
from collections.abc import Callable

from posthouse.protocols.sieve.checker import Call, Checker, Mistake, Spec, Tag
from posthouse.protocols.sieve.commands.flags import FLAGS, flags_of, special_uses
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.machine import Machine, Run, Stopped
from posthouse.protocols.sieve.model import FileInto, Keep, Redirect, Reject
from posthouse.protocols.sieve.values import Text
from posthouse.protocols.smtp.address import BadAddress, parse_address

_MAX_FOLDER = 1024
# A phrase: words, some of them in quotes. No list, no group, no comment.
_NAMED = re.compile(r'(?:[^"<>@,;:()\[\]\\]++|"(?:[^"\\]++|\\.)*+")*+<([^<>]*+)>\s*+', re.DOTALL)
_COPY = Tag("copy", needs="copy")  # RFC 3894
CREATE = Tag("create", needs="mailbox")
SPECIAL_USE = Tag("specialuse", takes="string", needs="special-use")


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
    folder = checker.text(call.strings(0))
    if isinstance(folder, str):
        check_folder(folder, lambda why: Mistake(call.given[0].at, why))
    flags = flags_of(checker, call)
    copy, create = call.tag("copy") is not None, call.tag("create") is not None
    said = call.tag_strings("specialuse")
    use = special_uses(checker, said)[0] if said else None

    def run(machine: Machine) -> None:
        name = machine.text(folder)
        check_folder(name, ScriptFailed)
        machine.do(
            FileInto(
                folder=name,
                flags=flags(machine),
                create=create,
                special_use=None if use is None else machine.text(use),
                edited=machine.edited(),
            )
        )
        machine.implicit_keep &= copy

    return run


def check_folder(name: str, error: Callable[[str], Exception]) -> None:
    """A name that a folder can have: UTF-8, not empty, no control characters."""
    bad = not name or len(name) > _MAX_FOLDER or any(char < " " or char == "\x7f" for char in name)
    if bad or any("\ud800" <= char <= "\udfff" for char in name):
        raise error(f"“{shown(name)}” is no name of a folder.")


def _redirect(checker: Checker, call: Call) -> Run:
    address = checker.text(call.strings(0))
    copy = call.tag("copy") is not None
    if isinstance(address, str):
        try:
            mail_address(address)
        except ScriptFailed as error:
            raise Mistake(call.given[0].at, str(error)) from None

    def run(machine: Machine) -> None:
        to = mail_address(machine.text(address))
        machine.do(Redirect(address=to, edited=machine.unenclosed()))
        machine.implicit_keep &= copy

    return run


def mail_address(text: str) -> str:
    """The address in `Name <local@domain>` or alone (RFC 5228 2.4.2.3). Raises ScriptFailed."""
    named = _NAMED.fullmatch(text)
    local, at, domain = (named[1] if named else text).rpartition("@")
    try:
        return str(parse_address(f"{local.strip()}{at}{domain.strip()}"))
    except BadAddress:
        raise ScriptFailed(f"“{shown(text)}” is no mail address.") from None


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
        tags=(FLAGS, _COPY, CREATE, SPECIAL_USE),
        takes=("string",),
    ),
    "redirect": Spec(build=_redirect, tags=(_COPY,), takes=("string",)),
    "reject": Spec(build=_reject, needs=frozenset({"reject"}), takes=("string",)),
    "ereject": Spec(build=_reject, needs=frozenset({"ereject"}), takes=("string",)),
    "error": Spec(build=_error, needs=frozenset({"ihave"}), takes=("string",)),
}
