"""IMAP flags (RFC 5232, and the draft before): setflag, addflag, removeflag, hasflag, `:flags`."""

import re
from collections.abc import Callable, Iterable, Sequence

from posthouse.protocols.sieve.checker import COMPARE_TAGS, Call, Checker, Mistake, Spec, Tag
from posthouse.protocols.sieve.errors import shown
from posthouse.protocols.sieve.machine import Machine, Run, Test
from posthouse.protocols.sieve.syntax import Strings
from posthouse.protocols.sieve.values import Text

FLAGS = Tag("flags", takes="strings", needs="imap4flags")
_SYSTEM = frozenset(("\\answered", "\\flagged", "\\deleted", "\\seen", "\\draft"))
_ATOM = r"[^\x00-\x20\x7f-\U0010ffff(){%*\"\\\]]{1,100}"  # RFC 9051 9
_KEYWORD = re.compile(_ATOM)
_USE = re.compile(rf"\\{_ATOM}")
_MOST_FLAGS = 64
_NEEDS = frozenset({"imap4flags", "imapflags"})


def known_flags(texts: Iterable[str]) -> list[str]:
    """Flags in a list of strings with spaces between: each once, no flag IMAP could not have."""
    found: dict[str, str] = {}
    for flag in (word for text in texts for word in text.split(" ") if word):
        if flag.lower() in _SYSTEM or _KEYWORD.fullmatch(flag):
            found.setdefault(flag.lower(), flag)
    return list(found.values())[:_MOST_FLAGS]


def special_uses(checker: Checker, said: Strings) -> tuple[Text, ...]:
    """What folders are for: written as flags are (RFC 8579 3). Raises Mistake."""
    uses = checker.texts(said)
    for use, at in zip(uses, said.places, strict=True):
        if isinstance(use, str) and not _USE.fullmatch(use):
            raise Mistake(at, f"“{shown(use)}” is no special use: those begin with “\\”.")
    return uses


def flags_of(checker: Checker, call: Call) -> Callable[[Machine], tuple[str, ...]]:
    """`:flags`, or what setflag and addflag left (RFC 5232 5)."""
    if "flags" in call.tags:
        return flags_given(checker, call)
    return lambda machine: tuple(machine.flags)


def flags_given(checker: Checker, call: Call) -> Callable[[Machine], tuple[str, ...]]:
    """`:flags`, or none."""
    said = call.tag_strings("flags")
    texts = checker.texts(said) if said else ()
    return lambda machine: tuple(known_flags(machine.texts(texts)))


def _changing(change: Callable[[list[str], list[str]], list[str]]) -> Spec:
    def build(checker: Checker, call: Call) -> Run:
        variable = _changed(checker, call)
        texts = checker.texts(call.strings(len(call.given) - 1))

        def run(machine: Machine) -> None:
            given = known_flags(machine.texts(texts))
            if variable is None:
                machine.flags = change(machine.flags, given)
            else:
                old = known_flags([machine.variable(variable)])
                machine.set_variable(variable, " ".join(change(old, given)))

        return run

    return Spec(build=build, needs=_NEEDS, takes=("strings", "strings"), first_optional=True)


def _marking(change: Callable[[list[str], list[str]], list[str]]) -> Spec:
    """mark and unmark, of the draft that RFC 5232 replaced: the message is important, or not."""

    def run(machine: Machine) -> None:
        machine.flags = change(machine.flags, ["\\Flagged"])

    return Spec(build=lambda checker, call: run, needs=frozenset({"imapflags"}))


def _named(checker: Checker, call: Call) -> Strings | None:
    """Where variables that hold flags are named, if any are (RFC 5232 3)."""
    if len(call.given) < 2:
        return None
    said = call.strings(0)
    if "variables" not in checker.extensions:
        raise Mistake(said.at, 'A variable for flags needs: require "variables";')
    return said


def _changed(checker: Checker, call: Call) -> str | None:
    said = _named(checker, call)
    if said is None:
        return None
    if len(said.values) != 1:
        raise Mistake(said.at, f"“{call.node.name}” changes one variable.")
    return checker.names(said, checker.variables.set)[0]


def _asked(checker: Checker, call: Call) -> Sequence[str] | None:
    said = _named(checker, call)
    return None if said is None else checker.names(said, checker.variables.key_of)


def _with(old: list[str], given: list[str]) -> list[str]:
    return known_flags([*old, *given])


def _without(old: list[str], given: list[str]) -> list[str]:
    gone = {flag.lower() for flag in given}
    return [flag for flag in old if flag.lower() not in gone]


def _hasflag(checker: Checker, call: Call) -> Test:
    names = _asked(checker, call)
    keys = checker.texts(call.strings(len(call.given) - 1))
    matching = checker.matching(call, keys)

    def test(machine: Machine) -> bool:
        if names is None:
            values = machine.flags
        else:
            values = [flag for name in names for flag in known_flags([machine.variable(name)])]
        if matching.type in ("count", "value"):
            return machine.compare(matching, values, keys)
        # A list of keys may be one string with spaces between, as flags themselves.
        wanted = [word for key in machine.texts(keys) for word in key.split(" ") if word]
        return machine.compare(matching, values, wanted)

    return test


COMMANDS: dict[str, Spec] = {
    "setflag": _changing(lambda old, given: given),
    "addflag": _changing(_with),
    "removeflag": _changing(_without),
    "mark": _marking(_with),
    "unmark": _marking(_without),
    "hasflag": Spec(
        build=_hasflag,
        test=True,
        needs=frozenset({"imap4flags"}),
        tags=COMPARE_TAGS,
        takes=("strings", "strings"),
        first_optional=True,
    ),
}
