"""Changing the header (RFC 5293): addheader and deleteheader."""

import re
from collections.abc import Callable

from posthouse.protocols.sieve.checker import (
    COMPARE_TAGS,
    INDEX_TAGS,
    Call,
    Checker,
    Mistake,
    Spec,
    Tag,
    one_of,
)
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.machine import Machine, Run
from posthouse.protocols.sieve.values import Text

_NEEDS = frozenset({"editheader"})
_NAME = re.compile(r"[!-9;-~]{1,76}")
_MAX_VALUE = 2048  # RFC 5293 4 asks for 998 at least
_COST = 60  # per field: all of them are put together and found by name again
# RFC 5293 6: who handled the mail and whether a machine wrote it stays as it was.
_KEPT = frozenset(("received", "auto-submitted"))


def checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ScriptFailed(f"“{shown(name)}” is no name of a header field: it is invalid.")
    return name


def _checked_value(value: str) -> str:
    """RFC 5293 4: what is too long is an error; nothing is left out silently."""
    if len(value) > _MAX_VALUE:
        raise ScriptFailed(f"The value “{shown(value)}…” is longer than {_MAX_VALUE} characters.")
    if "\0" in value:
        raise ScriptFailed(f"The value “{shown(value)}” is invalid: it has a NUL character.")
    return value


def _early(checker: Checker, call: Call, place: int, checked: Callable[[str], str]) -> Text:
    """A name or a value, checked now if it is known now."""
    text = checker.text(call.strings(place))
    if isinstance(text, str):
        try:
            checked(text)
        except ScriptFailed as error:
            raise Mistake(call.given[place].at, str(error)) from None
    return text


def _addheader(checker: Checker, call: Call) -> Run:
    name, value = _early(checker, call, 0, checked_name), _early(checker, call, 1, _checked_value)
    last = call.tag("last") is not None

    def run(machine: Machine) -> None:
        field = checked_name(machine.text(name))
        if field.lower() not in _KEPT:
            machine.budget.pay(_COST * machine.letter.field_count)
            machine.letter.add(field, _checked_value(machine.text(value)), last=last)

    return run


def _deleteheader(checker: Checker, call: Call) -> Run:
    name = _early(checker, call, 0, checked_name)
    patterns = checker.texts(call.strings(1)) if len(call.given) > 1 else None
    matching, number = checker.matching(call, patterns or ()), call.tag_number("index")
    checker.index(call)  # for what it says of wrong ones
    from_end = call.tag("last") is not None

    def run(machine: Machine) -> None:
        field = checked_name(machine.text(name))
        if field.lower() in _KEPT:
            return
        letter = machine.letter
        chosen = [each for each in letter.own(field) if not letter.is_locked(each)]
        if number is not None:
            chosen = list(one_of(chosen, number, from_end=from_end))
        if patterns is not None:
            if matching.type == "count":
                values = [letter.text(each.value) for each in chosen]
                chosen = chosen if machine.match(matching, values, patterns) is not None else []
            else:
                chosen = [
                    each
                    for each in chosen
                    if machine.match(matching, [letter.text(each.value)], patterns) is not None
                ]
        if chosen:
            machine.budget.pay(_COST * letter.field_count)
            letter.remove(chosen)

    return run


COMMANDS: dict[str, Spec] = {
    "addheader": Spec(
        build=_addheader, needs=_NEEDS, tags=(Tag("last"),), takes=("string", "string")
    ),
    "deleteheader": Spec(
        build=_deleteheader,
        needs=_NEEDS,
        # RFC 5293 5: `:index` comes with this extension, whether "index" is required or not.
        tags=(*COMPARE_TAGS, *(Tag(tag.name, takes=tag.takes) for tag in INDEX_TAGS)),
        takes=("string", "strings"),
        last_optional=True,
    ),
}
