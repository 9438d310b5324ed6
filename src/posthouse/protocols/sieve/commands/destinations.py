"""The folder that something is filed into: what `fileinto` and `:fcc` have in common."""

from collections.abc import Callable

from posthouse.protocols.sieve.checker import Call, Checker, Mistake, Tag
from posthouse.protocols.sieve.commands.flags import FLAGS, special_uses
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.machine import Machine
from posthouse.protocols.sieve.model import FileInto
from posthouse.protocols.sieve.syntax import Strings

# RFC 5232 5, RFC 5490 3.2, RFC 8579 4, RFC 9042 4.
DESTINATION_TAGS = (
    FLAGS,
    Tag("create", needs="mailbox"),
    Tag("specialuse", takes="string", needs="special-use"),
    Tag("mailboxid", takes="string", needs="mailboxid"),
)
_MAX_FOLDER = 1024


def destination(
    checker: Checker, call: Call, said: Strings, flags: Callable[[Machine], tuple[str, ...]]
) -> Callable[[Machine], FileInto]:
    """The folder that is named, by name and otherwise. Raises Mistake."""
    folder = checker.text(said)
    if isinstance(folder, str):
        _check_folder(folder, lambda why: Mistake(said.at, why))
    create = "create" in call.tags
    uses, ids = call.tag_strings("specialuse"), call.tag_strings("mailboxid")
    if uses is not None and ids is not None:  # RFC 9042 4.2
        raise Mistake(ids.at, "“:mailboxid” does not stand beside “:specialuse”.")
    use = special_uses(checker, uses)[0] if uses else None
    known = checker.text(ids) if ids else None

    def found(machine: Machine) -> FileInto:
        name = machine.text(folder)
        _check_folder(name, ScriptFailed)
        return FileInto(
            folder=name,
            flags=flags(machine),
            create=create,
            special_use=None if use is None else machine.text(use),
            mailbox_id=None if known is None else machine.text(known),
        )

    return found


def _check_folder(name: str, error: Callable[[str], Exception]) -> None:
    """A name that a folder can have: UTF-8, not empty, no control characters."""
    bad = not name or len(name) > _MAX_FOLDER or any(char < " " or char == "\x7f" for char in name)
    if bad or any("\ud800" <= char <= "\udfff" for char in name):
        raise error(f"“{shown(name)}” is no name of a folder.")
