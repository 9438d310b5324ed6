"""The parts of a message (RFC 5703): foreverypart, break, extracttext, `:mime` in other tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from posthouse.protocols import mime
from posthouse.protocols.sieve.checker import Call, Checker, Mistake, Spec, Tag
from posthouse.protocols.sieve.commands.content import reader_text
from posthouse.protocols.sieve.commands.variables import MODIFIER_TAGS, modified
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.letter import Field
from posthouse.protocols.sieve.machine import Loop, Machine, Run

MIME_TAGS = (Tag("mime", needs="mime"), Tag("anychild", needs="mime"))
OPTION_TAGS = (
    Tag("type", group="option", needs="mime"),
    Tag("subtype", group="option", needs="mime"),
    Tag("contenttype", group="option", needs="mime"),
    Tag("param", takes="strings", group="option", needs="mime"),
)
_MOST_LOOPS = 4  # inside each other
_MOST_PARTS = 500
_COST = 50  # per part or loop
_READING = 20  # per octet of a header that was not read yet


class Left(Exception):
    """`break` was reached; `depth` is that of the loop it leaves."""

    def __init__(self, depth: int) -> None:
        super().__init__(depth)
        self.depth = depth


def fields_asked(call: Call) -> Callable[[Machine, str], list[Field]]:
    """The fields of a name that a test is about (RFC 5703 4). Raises Mistake.

    Those of the message; with `:mime` of the part a loop is at, with `:anychild` of all below too.
    """
    if "mime" not in call.tags:
        for tag in ("anychild", "option"):
            if tag in call.tags:
                raise Mistake(call.node.at, f"“:{call.tag(tag)}” stands beside “:mime”.")
        return lambda machine, name: machine.letter.fields(name)
    below = "anychild" in call.tags

    def found(machine: Machine, name: str) -> list[Field]:
        part = machine.part or machine.letter.scan.root
        parts = [part, *_below(machine, part)] if below else [part]
        machine.budget.pay(_COST * len(parts))
        fields: list[Field] = []
        for each in parts:
            if not machine.letter.has_read_part(each):
                machine.budget.pay(_READING * (each.body_start - each.header_start))
            fields += machine.letter.fields_of(each, name)
        return fields

    return found


def values_asked(checker: Checker, call: Call) -> Callable[[Machine, Field], list[str]]:
    """What of a field is compared: all of it, or what `:type`, `:param` … say (RFC 5703 4.1)."""
    option = call.tag("option")
    if option is None:
        return lambda machine, field: [machine.letter.text(field.value)]
    said = call.tag_strings("option")
    names = checker.texts(said) if said else ()

    def values(machine: Machine, field: Field) -> list[str]:
        machine.budget.pay(_READING * len(field.value))
        read = mime.content_type if field.name == "content-type" else mime.disposition
        value, params = read(field.value)
        if option == "param":
            asked = [name.lower() for name in machine.texts(names)]
            return [params[name] for name in asked if name in params]
        main, _, sub = value.partition("/")
        return [{"type": main, "subtype": sub, "contenttype": value}[option]]

    return values


def _below(machine: Machine, part: mime.Part) -> list[mime.Part]:
    """All parts inside a part, in the order they begin; attached messages' too."""
    return machine.letter.subtree(part, _MOST_PARTS)[1:]


@contextmanager
def _inside(checker: Checker, call: Call) -> Iterator[None]:
    """While the block of a loop is read: which loops `break` can leave there."""
    said = call.tag_strings("name")
    if len(checker.loops) >= _MOST_LOOPS:
        raise Mistake(call.node.at, f"Loops are nested more than {_MOST_LOOPS} deep.")
    checker.loops.append(checker.constant(said, "The name of a loop") if said else None)
    try:
        yield
    finally:
        checker.loops.pop()


def _foreverypart(checker: Checker, call: Call) -> Run:
    depth, block = len(checker.loops), call.block
    if block is None:
        raise Mistake(call.node.at, "“foreverypart” has a block: { … }.")

    def run(machine: Machine) -> None:
        if len(machine.loops) >= _MOST_LOOPS:  # with those of scripts that included this one
            raise ScriptFailed(f"Loops are nested more than {_MOST_LOOPS} deep.")
        around, root = machine.part, machine.letter.scan.root
        parts = [root, *_below(machine, root)] if around is None else _below(machine, around)
        # Numbers and not the parts themselves: `replace` makes all of them anew.
        loop = Loop([part.index for part in reversed(parts)])
        machine.loops.append(loop)
        try:
            while loop.left:
                machine.budget.pay(_COST)
                loop.at = loop.left.pop()
                block(machine)
        except Left as left:
            if left.depth != depth:
                raise
        finally:
            machine.loops.pop()

    return run


def _break(checker: Checker, call: Call) -> Run:
    said = call.tag_strings("name")
    if not checker.loops:
        raise Mistake(call.node.at, "“break” stands inside a loop.")
    depth = len(checker.loops) - 1
    if said is not None:
        name = checker.constant(said, "The name of a loop")
        if name not in checker.loops:
            raise Mistake(said.at, f"There is no loop “{shown(name)}” around this.")
        depth -= checker.loops[::-1].index(name)

    def run(machine: Machine) -> None:
        raise Left(depth)

    return run


def _extracttext(checker: Checker, call: Call) -> Run:
    """RFC 5703 7: what a reader would see of the part, in a variable."""
    if not checker.loops:
        raise Mistake(call.node.at, "“extracttext” stands inside a loop.")
    (name,) = checker.names(call.strings(0), checker.variables.set)
    change, first = modified(call), call.tag_number("first")

    def run(machine: Machine) -> None:
        text = "" if machine.part is None else reader_text(machine, machine.part) or ""
        machine.set_variable(name, change(machine, text[:first]))

    return run


COMMANDS: dict[str, Spec] = {
    "foreverypart": Spec(
        build=_foreverypart,
        needs=frozenset({"foreverypart"}),
        tags=(Tag("name", takes="string"),),
        block=True,
        inside=_inside,
    ),
    "break": Spec(
        build=_break, needs=frozenset({"foreverypart"}), tags=(Tag("name", takes="string"),)
    ),
    "extracttext": Spec(
        build=_extracttext,
        needs=frozenset({"extracttext"}),
        tags=(*MODIFIER_TAGS, Tag("first", takes="number")),
        takes=("string",),
    ),
}
