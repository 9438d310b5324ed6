"""Notifications as scripts before RFC 5435 have them (draft-martin-sieve-notify-01).

`notify :method "mailto" :options ["a@x", "b@y"] :message "$subject$"` writes a mail to each, which
leaves as any other notification does (`notification.py`). `denotify` takes back.
"""

import re
from typing import cast

from posthouse.protocols import mime
from posthouse.protocols.sieve.checker import Call, Checker, Mistake, Spec, Tag
from posthouse.protocols.sieve.commands.content import reader_text
from posthouse.protocols.sieve.commands.mail_addresses import mail_address
from posthouse.protocols.sieve.comparators import CASEMAP
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.machine import Machine, Run
from posthouse.protocols.sieve.mailto import Mailto
from posthouse.protocols.sieve.matching import Matching, MatchType
from posthouse.protocols.sieve.model import Importance, Notify
from posthouse.protocols.sieve.values import Text, cut

DRAFT_NEEDS = frozenset({"notify"})
_DRAFT = "notify"
_LEVELS: dict[str, Importance] = {"high": 1, "normal": 2, "low": 3}
_LEVEL_TAGS = tuple(Tag(name, group="level", needs=_DRAFT) for name in _LEVELS)
DRAFT_TAGS = (
    Tag("method", takes="string", needs=_DRAFT),
    Tag("id", takes="string", needs=_DRAFT),
    *_LEVEL_TAGS,
)
_MESSAGE = "$from$: $subject$"
_PLACES = re.compile(r"\$(from|env-from|subject|text(?:\[(\d{1,6})\])?)\$")


def drafted(checker: Checker, call: Call) -> Run:
    """`notify` of the draft: nobody named in the options, nobody is told."""
    if call.given:
        raise Mistake(call.given[0].at, "“notify” of the old draft takes tags alone.")
    method = _said(checker, call, "method", "mailto")
    if isinstance(method, str):
        _check_method(method, call)
    id, message = _said(checker, call, "id", ""), _said(checker, call, "message", _MESSAGE)
    people = _people(checker, call)
    level = _LEVELS[call.tag("level") or "normal"]

    def run(machine: Machine) -> None:
        if machine.text(method).lower() != "mailto":
            raise ScriptFailed("Notifications go by mailto alone.")
        body = _filled(machine, machine.text(message))
        for each in machine.texts(people):
            to = mime.Address("", mail_address(each))
            notify = Notify(to=Mailto((to,), body=body), importance=level, id=machine.text(id))
            machine.do(notify)

    return run


def _said(checker: Checker, call: Call, tag: str, default: str) -> Text:
    said = call.tag_strings(tag)
    return checker.text(said) if said else default


def _check_method(method: str, call: Call) -> None:
    if method.lower() != "mailto":
        raise Mistake(call.node.at, f"“{shown(method)}” cannot be notified here: use mailto.")


def _people(checker: Checker, call: Call) -> tuple[Text, ...]:
    said = call.tag_strings("options")
    if said is None:
        return ()
    people = checker.texts(said)
    for each, at in zip(people, said.places, strict=True):
        if isinstance(each, str):
            try:
                mail_address(each)
            except ScriptFailed as error:
                checker.mistake(at, str(error))
    return people


def _filled(machine: Machine, message: str) -> str:
    """3.5 of the draft; the text is that of the first part that a reader would see."""

    def value(match: re.Match[str]) -> str:
        name, most = match[1], match[2]
        if name == "env-from":
            return machine.surroundings.mail_from
        if not name.startswith("text"):
            return next(iter(machine.letter.texts(name)), "")
        text = _text(machine)
        return text if most is None else text[: int(most)]

    filled = cut(_PLACES.sub(value, message))
    machine.budget.pay(len(filled))
    return filled


def _text(machine: Machine) -> str:
    texts = (reader_text(machine, part) for part in machine.letter.scan.parts)
    return cut(next((text for text in texts if text is not None), ""))


def _denotify(checker: Checker, call: Call) -> Run:
    """4: those whose id fits, of that importance; without tags all of them."""
    kind, level = call.tag("match"), call.tag("level")
    key = checker.tag_text(call, "match")
    matching = Matching(cast(MatchType, kind or "is"), CASEMAP, "eq")

    def run(machine: Machine) -> None:
        def fits(action: Notify) -> bool:
            if action.id is None or (level and action.importance != _LEVELS[level]):
                return False
            return key is None or machine.match(matching, [action.id], [key]) is not None

        machine.actions = [
            each for each in machine.actions if not (isinstance(each, Notify) and fits(each))
        ]

    return run


COMMANDS: dict[str, Spec] = {
    "denotify": Spec(
        build=_denotify,
        needs=DRAFT_NEEDS,
        tags=(
            *(Tag(name, takes="string", group="match") for name in ("is", "contains", "matches")),
            *_LEVEL_TAGS,
        ),
    ),
}
