"""`:fcc`: a copy of what a script sends, into a folder of its own (RFC 8580)."""

from collections.abc import Callable

from posthouse.protocols.sieve.checker import Call, Checker, Mistake, Tag
from posthouse.protocols.sieve.commands.destinations import DESTINATION_TAGS, destination
from posthouse.protocols.sieve.commands.flags import flags_given
from posthouse.protocols.sieve.machine import Machine
from posthouse.protocols.sieve.model import FileInto

FCC_TAGS = (Tag("fcc", takes="string", needs="fcc"), *DESTINATION_TAGS)


def copy_asked(checker: Checker, call: Call) -> Callable[[Machine], FileInto | None]:
    """Where the copy goes; None without `:fcc`. Raises Mistake."""
    said = call.tag_strings("fcc")
    if said is None:
        for tag in DESTINATION_TAGS:  # 3.2: options of `:fcc`
            if tag.name in call.tags:
                raise Mistake(call.node.at, f"“:{tag.name}” stands beside “:fcc”.")
        return lambda machine: None
    # 3.1.1: flags that are said; what setflag left belongs to the message itself.
    return destination(checker, call, said, flags_given(checker, call))
