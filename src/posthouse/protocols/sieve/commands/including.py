"""Scripts that include others (RFC 6609): include, return, global."""

from posthouse.protocols.sieve.checker import Call, Checker, Mistake, Spec, Tag
from posthouse.protocols.sieve.errors import shown
from posthouse.protocols.sieve.including import BadInclude, Location, Name, Returned
from posthouse.protocols.sieve.machine import Machine, Run

_NEEDS = frozenset({"include"})


def _include(checker: Checker, call: Call) -> Run:
    said = call.strings(0)
    location: Location = "global" if call.tag("location") == "global" else "personal"
    name = Name(location, checker.constant(said, "The name of a script"))
    once, shelf = call.tag("once") is not None, checker.shelf
    if shelf is None:  # a script that is only checked
        return lambda machine: None
    try:
        is_there = shelf.prepare(name, once=once)
    except BadInclude as error:
        raise Mistake(said.at, str(error)) from None
    if not is_there:
        if call.tag("optional") is None:
            raise Mistake(said.at, f"There is no script “{shown(name.text)}” to include.")
        return lambda machine: None

    def run(machine: Machine) -> None:
        if once and name in machine.included:
            return
        machine.included.add(name)
        shelf.run(name, machine)

    return run


def _return(checker: Checker, call: Call) -> Run:
    def run(machine: Machine) -> None:
        raise Returned

    return run


def _global(checker: Checker, call: Call) -> Run:
    said = call.strings(0)
    if "variables" not in checker.extensions:
        raise Mistake(said.at, '“global” needs: require "variables";')
    checker.names(said, checker.variables.share)
    return lambda machine: None


COMMANDS: dict[str, Spec] = {
    "include": Spec(
        build=_include,
        needs=_NEEDS,
        tags=(
            Tag("personal", group="location"),
            Tag("global", group="location"),
            Tag("once"),
            Tag("optional"),
        ),
        takes=("string",),
    ),
    "return": Spec(build=_return, needs=_NEEDS),
    "global": Spec(build=_global, needs=_NEEDS, takes=("strings",)),
}
