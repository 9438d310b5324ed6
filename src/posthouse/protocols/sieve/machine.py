"""A script that runs: what it knows, what it has decided, how much work is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from posthouse.protocols import mime
from posthouse.protocols.sieve.budget import WORK, WORK_PER_OCTET, Budget
from posthouse.protocols.sieve.errors import ScriptFailed
from posthouse.protocols.sieve.expressions import BadExpression
from posthouse.protocols.sieve.letter import Letter
from posthouse.protocols.sieve.lists import first_listed
from posthouse.protocols.sieve.matching import Matching
from posthouse.protocols.sieve.model import (
    Action,
    FileInto,
    Keep,
    Notify,
    Outcome,
    Redirect,
    Reject,
    Remembered,
    Surroundings,
    Vacation,
)
from posthouse.protocols.sieve.values import MAX_MATCHED, Text, cut

if TYPE_CHECKING:
    from posthouse.protocols.sieve.including import Name

MOST_ACTIONS = 32
MOST_REDIRECTS = 4
MOST_NOTIFICATIONS = 8
_MOST_WARNINGS = 5
_READING_PART = 2_000
_AROUND = 3  # the multipart, the text, and the part that holds the message
_KEEPING = (Keep, FileInto, Redirect, Reject)

Run = Callable[["Machine"], None]
Test = Callable[["Machine"], bool]


class Stopped(Exception):
    """`stop` was reached."""


@dataclass(slots=True)
class Loop:
    """One over parts (RFC 5703 3), by number: those `left`, the next one last, and where it is."""

    left: list[int]
    at: int = 0


class Machine:
    """One run over one message."""

    __slots__ = (
        "_before",
        "actions",
        "budget",
        "depth",
        "enclosed",
        "flags",
        "found",
        "implicit_keep",
        "included",
        "letter",
        "loops",
        "matched",
        "remembered",
        "shared",
        "surroundings",
        "variables",
        "warnings",
    )

    def __init__(self, letter: Letter, surroundings: Surroundings) -> None:
        self.letter = letter
        self.surroundings = surroundings
        self.budget = Budget(WORK + WORK_PER_OCTET * letter.size)
        self.variables: dict[str, str] = {}
        self.shared: dict[str, str] = {}  # between included scripts (RFC 6609 3.4)
        self.included: set[Name] = set()
        self.found: frozenset[str] = frozenset()  # extensions, by `ihave` (RFC 5463 4)
        self.depth = 0
        self.loops: list[Loop] = []
        self.enclosed = 0
        self._before: tuple[bytes | None] | None = None
        self.matched: Sequence[str] = ()
        self.flags: list[str] = []
        self.actions: list[Action] = []
        self.remembered: list[Remembered] = []
        self.implicit_keep = True
        self.warnings: list[str] = []

    def text(self, text: Text) -> str:
        return text if isinstance(text, str) else text.fill(self)

    def texts(self, texts: Iterable[Text]) -> list[str]:
        return [self.text(each) for each in texts]

    def variable(self, key: str) -> str:
        """RFC 5229 3: empty when it was not set."""
        return (self.shared if "." in key else self.variables).get(key, "")

    def set_variable(self, key: str, value: str) -> None:
        (self.shared if "." in key else self.variables)[key] = cut(value)

    def edited(self) -> bytes | None:
        """The message as it is now, if it was changed."""
        if self.letter.is_unwritten:
            self.budget.pay(self.letter.size)
        return self.letter.edited

    @property
    def part(self) -> mime.Part | None:
        """The one that the innermost loop is at."""
        return self.letter.scan.parts[self.loops[-1].at] if self.loops else None

    def unenclosed(self) -> bytes | None:
        """As `edited`, for who is sent it on: RFC 5703 6 does not enclose that."""
        return self._before[0] if self._before else self.edited()

    def check_found(self, needs: Iterable[frozenset[str]]) -> None:
        """RFC 5463 4: what no test has found yet cannot be used."""
        for needed in needs:
            if not needed & self.found:
                raise ScriptFailed(f"“{min(needed)}” is used where no test has found it.")

    def pay_for_rewriting(self, length: int) -> None:
        """All of the message is written and read again, with so much that is new."""
        letter = self.letter
        self.budget.pay(letter.size + 20 * letter.header_length() + length)
        self.budget.pay(_READING_PART * len(letter.scan.parts))

    def replace_part(self, part: mime.Part, made: bytes) -> None:
        """RFC 5703 5: loops go on behind it, and into nothing that is no longer there."""
        before = len(self.letter.scan.parts)
        end = part.index + len(self.letter.subtree(part))
        self.letter.rewrite(made)
        moved = len(self.letter.scan.parts) - before
        for loop in self.loops:
            still = (number for number in loop.left if not part.index < number < end)
            loop.left = [number + moved if number >= end else number for number in still]

    def enclose(self, made: bytes) -> None:
        """RFC 5703 6: the message is another one now; loops go on where they are, inside it."""
        if self._before is None:
            self._before = (self.edited(),)
        before = len(self.letter.scan.parts)
        self.letter.rewrite(made)
        moved = len(self.letter.scan.parts) - before
        is_inside = moved == _AROUND
        for loop in self.loops:
            loop.at = loop.at + moved if is_inside else 0
            loop.left = [number + moved for number in loop.left] if is_inside else []

    def match(
        self, matching: Matching, values: Iterable[str], keys: Sequence[Text]
    ) -> Sequence[str] | None:
        """The match variables, as `Matching.any` has them; None when nothing matches."""
        written = self.texts(keys)
        if matching.type == "regex":
            written = [key for key in written if self._is_expression(matching, key)]
        if matching.type == "list":
            return first_listed(values, written, self.surroundings, self.budget)
        return matching.any(values, written, self.budget)

    def _is_expression(self, matching: Matching, key: str) -> bool:
        """One that variables have spoilt matches nothing, and the owner is told."""
        try:
            matching.check(key, self.budget)
        except BadExpression as error:
            if str(error) not in self.warnings and len(self.warnings) < _MOST_WARNINGS:
                self.warnings.append(str(error))
            return False
        return True

    def compare(self, matching: Matching, values: Iterable[str], keys: Sequence[Text]) -> bool:
        found = self.match(matching, values, keys)
        if found:  # only a match that has variables replaces those there were
            self.matched = [cut(each) for each in found[: MAX_MATCHED + 1]]
        return found is not None

    def do(self, action: Action) -> None:
        """Decide on an action. Raises ScriptFailed for those that cannot be together."""
        same = _same(action, self.actions)
        if same is None:
            self._check_beside(action)
            self.actions.append(action)
        elif isinstance(action, Keep | FileInto):
            # The same folder twice is one copy (RFC 5228 2.10.3), with the flags asked for last
            # (RFC 5232 4).
            first = self.actions[same]
            assert isinstance(first, Keep | FileInto)
            self.actions[same] = replace(first, flags=action.flags)
        if len(self.actions) > MOST_ACTIONS:
            raise ScriptFailed(f"The script has more than {MOST_ACTIONS} actions.")
        if sum(isinstance(each, Redirect) for each in self.actions) > MOST_REDIRECTS:
            raise ScriptFailed(f"A message is redirected to at most {MOST_REDIRECTS} addresses.")
        if sum(isinstance(each, Notify) for each in self.actions) > MOST_NOTIFICATIONS:
            raise ScriptFailed(f"A script notifies at most {MOST_NOTIFICATIONS} times.")

    def _check_beside(self, action: Action) -> None:
        """RFC 5429 2.1, RFC 5230 4.7: what contradicts what."""
        kinds = {type(each) for each in (*self.actions, action)}
        if Reject in kinds and kinds & {Keep, FileInto, Redirect, Vacation}:
            raise ScriptFailed(
                "A message cannot be rejected and kept, sent on or answered as well."
            )
        if isinstance(action, Vacation | Reject) and any(
            isinstance(each, type(action)) for each in self.actions
        ):
            raise ScriptFailed("A script answers or rejects a message once.")

    def finish(self) -> Outcome:
        """The outcome, with the implicit keep if nothing cancelled it (RFC 5228 2.10.2)."""
        # What a test said that went wrong does not lose the mail: `not` may have made it true.
        lost = not any(isinstance(each, _KEEPING) for each in self.actions)
        if self.implicit_keep or (self.warnings and lost):
            kept = Keep(flags=tuple(self.flags), edited=self.edited(), implicit=True)
            if _same(kept, self.actions) is None:
                self.actions.append(kept)
        return Outcome(self.actions, self.remembered, warnings=tuple(self.warnings))


def _same(action: Action, actions: Sequence[Action]) -> int | None:
    """Where an action stands already that does the same."""
    target = _target(action)
    if target is None:
        return None
    return next((n for n, each in enumerate(actions) if _target(each) == target), None)


def _target(action: Action) -> tuple[str, ...] | None:
    if isinstance(action, Keep):
        return ("folder", "INBOX", "", "")
    if isinstance(action, FileInto):
        name = "INBOX" if action.folder.upper() == "INBOX" else action.folder
        return ("folder", name, action.special_use or "", action.mailbox_id or "")
    if isinstance(action, Redirect):
        return ("redirect", action.address.lower())
    return None
