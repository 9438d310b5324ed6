"""Notifications (RFC 5435) by mail (RFC 5436): notify, and tests of what can be notified."""

import re
from collections.abc import Iterable

from posthouse.protocols.sieve.checker import (
    COMPARE_TAGS,
    Call,
    Checker,
    Missing,
    Mistake,
    Spec,
    Tag,
)
from posthouse.protocols.sieve.commands.copies import FCC_TAGS, copy_asked
from posthouse.protocols.sieve.commands.mail_addresses import mail_address, sender_of
from posthouse.protocols.sieve.commands.old_notify import DRAFT_NEEDS, DRAFT_TAGS, drafted
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.machine import Machine, Run, Test
from posthouse.protocols.sieve.mailto import BadMethod, UnknownMethod, read_method
from posthouse.protocols.sieve.model import Importance, Notify
from posthouse.protocols.sieve.syntax import Strings
from posthouse.protocols.sieve.values import Text

METHODS = ("mailto",)
_NEEDS = frozenset({"enotify"})
_NEW = "enotify"  # what has these tags; the draft before it has others
_IMPORTANCE: dict[str, Importance] = {"1": 1, "2": 2, "3": 3}
_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*+=[^\x00\n\r]*+")  # RFC 5435 3.5
_COST = 50  # reading a URI, per character


def _notify(checker: Checker, call: Call) -> Run:
    if "notify" in checker.extensions:
        return drafted(checker, call)
    if not call.given:
        raise Missing(call.node.at, "“notify” needs a string more.")
    method = checker.text(call.strings(0))
    if isinstance(method, str):
        _check_method(method, call.strings(0))
    sender, message = sender_of(checker, call), checker.tag_text(call, "message")
    importance = _importance(checker, call)
    _check_options(checker, call)
    copy = copy_asked(checker, call)

    def run(machine: Machine) -> None:
        uri = machine.text(method)
        machine.budget.pay(_COST * len(uri))
        try:
            to = read_method(uri)
        except BadMethod as error:
            raise ScriptFailed(str(error)) from None
        author = None if sender is None else machine.text(sender)
        if author is not None:
            mail_address(author)
        machine.do(
            Notify(
                to=to,
                from_address=author,
                message=None if message is None else machine.text(message),
                importance=_level(machine.text(importance)),
                copy=copy(machine),
            )
        )

    return run


def _check_method(uri: str, said: Strings) -> None:
    """RFC 5435 3.2: what no server knows is an error when it is reached, for a test may have asked
    before; what cannot be a URI of its kind is one now.
    """
    try:
        read_method(uri)
    except UnknownMethod:
        return
    except BadMethod as error:
        raise Mistake(said.at, str(error)) from None


def _importance(checker: Checker, call: Call) -> Text:
    said = call.tag_strings("importance")
    if said is None:
        return "2"  # RFC 5435 3.4
    text = checker.text(said)
    if isinstance(text, str) and text not in _IMPORTANCE:
        raise Mistake(said.at, f"“{shown(text)}” is none of {', '.join(_IMPORTANCE)}.")
    return text


def _level(text: str) -> Importance:
    if text not in _IMPORTANCE:
        raise ScriptFailed(f"The importance “{shown(text)}” is none of {', '.join(_IMPORTANCE)}.")
    return _IMPORTANCE[text]


def _check_options(checker: Checker, call: Call) -> None:
    """RFC 5436 2.5: mailto has none, so that only their form is looked at."""
    said = call.tag_strings("options")
    if said is None:
        return
    for text, at in zip(checker.texts(said), said.places, strict=True):
        if isinstance(text, str) and not _OPTION.fullmatch(text):
            raise Mistake(at, f"“{shown(text)}” is no option: those are written name=value.")


def _valid_notify_method(checker: Checker, call: Call) -> Test:
    uris = checker.texts(call.strings(0))
    return lambda machine: all(_is_valid(machine, uri) for uri in machine.texts(uris))


def _is_valid(machine: Machine, uri: str) -> bool:
    machine.budget.pay(_COST * len(uri))
    try:
        read_method(uri)
    except BadMethod:
        return False
    return True


def _notify_method_capability(checker: Checker, call: Call) -> Test:
    uri, name = checker.text(call.strings(0)), checker.text(call.strings(1))
    keys = checker.texts(call.strings(2))
    matching = checker.matching(call, keys)

    def test(machine: Machine) -> bool:
        values = _capability(machine, machine.text(uri), machine.text(name).lower())
        return values is not None and machine.compare(matching, values, keys)

    return test


def _capability(machine: Machine, uri: str, name: str) -> Iterable[str] | None:
    if name == "fcc":  # RFC 8580 6.1: the scheme is enough
        return ["yes"] if uri.partition(":")[0].lower() in METHODS else None
    if name == "online" and _is_valid(machine, uri):
        return ["maybe"]  # RFC 5436 2.2: nobody knows who reads his mail now
    return None


COMMANDS: dict[str, Spec] = {
    "notify": Spec(
        build=_notify,
        needs=_NEEDS | DRAFT_NEEDS,
        tags=(
            *FCC_TAGS,
            Tag("from", takes="string", needs=_NEW),
            Tag("importance", takes="string", needs=_NEW),
            Tag("options", takes="strings"),
            Tag("message", takes="string"),
            *DRAFT_TAGS,
        ),
        takes=("string",),
        first_optional=True,
    ),
    "valid_notify_method": Spec(
        build=_valid_notify_method, test=True, needs=_NEEDS, takes=("strings",)
    ),
    "notify_method_capability": Spec(
        build=_notify_method_capability,
        test=True,
        needs=_NEEDS,
        tags=COMPARE_TAGS,
        takes=("string", "string", "strings"),
    ),
}
