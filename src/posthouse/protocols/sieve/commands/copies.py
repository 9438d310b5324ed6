"""`:fcc`: a copy of what a script sends, into a folder of its own (RFC 8580)."""

from collections.abc import Callable

from posthouse.protocols.sieve.checker import Call, Checker, Mistake, Tag
from posthouse.protocols.sieve.commands.actions import CREATE, SPECIAL_USE, check_folder
from posthouse.protocols.sieve.commands.flags import FLAGS, flags_given, special_uses
from posthouse.protocols.sieve.errors import ScriptFailed
from posthouse.protocols.sieve.machine import Machine
from posthouse.protocols.sieve.model import FileInto

FCC_TAGS = (Tag("fcc", takes="string", needs="fcc"), FLAGS, CREATE, SPECIAL_USE)


def copy_asked(checker: Checker, call: Call) -> Callable[[Machine], FileInto | None]:
    """Where the copy goes; None without `:fcc`. Raises Mistake."""
    said = call.tag_strings("fcc")
    if said is None:
        for tag in ("flags", "create", "specialuse"):  # 3.2: options of `:fcc`
            if tag in call.tags:
                raise Mistake(call.node.at, f"“:{tag}” stands beside “:fcc”.")
        return lambda machine: None
    folder = checker.text(said)
    if isinstance(folder, str):
        check_folder(folder, lambda why: Mistake(said.at, why))
    flags, create = flags_given(checker, call), "create" in call.tags
    named = call.tag_strings("specialuse")
    use = special_uses(checker, named)[0] if named else None

    def copy(machine: Machine) -> FileInto:
        name = machine.text(folder)
        check_folder(name, ScriptFailed)
        return FileInto(
            folder=name,
            # 3.1.1: those that are said; what setflag left belongs to the message itself.
            flags=flags(machine),
            create=create,
            special_use=None if use is None else machine.text(use),
        )

    return copy
