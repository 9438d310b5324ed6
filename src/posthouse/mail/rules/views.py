"""JSON shapes of scripts. Times RFC 3339 in UTC."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from posthouse.mail.listing.views import ThreadActs
from posthouse.mail.rules.builder import Away, Rule


class ScriptView(msgspec.Struct, frozen=True, kw_only=True):
    """A script without its text. `failure` is what went wrong when it last ran, if anything did."""

    name: str
    size: int
    active: bool
    changed_at: datetime
    failure: str | None
    failed_at: datetime | None


class ScriptList(msgspec.Struct, frozen=True, kw_only=True):
    """All scripts of a mailbox, and how many and how large they may be."""

    items: list[ScriptView]
    most_scripts: int
    largest_script: int


class ScriptText(msgspec.Struct, frozen=True, kw_only=True):
    """Sieve, in UTF-8."""

    content: str


class NamedScript(msgspec.Struct, frozen=True, kw_only=True):
    """One script, whole."""

    name: str
    active: bool
    content: str


class ActiveScript(msgspec.Struct, frozen=True, kw_only=True):
    """The script that is in force; null for none."""

    name: str | None


class ScriptProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A mistake; line and column count from 1."""

    line: int
    column: int
    text: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a script; nothing when it can be saved."""

    problems: list[ScriptProblem]


class RulesView(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of the page, and what is in force.

    `by` says whose work is in force: the page's rules, a script written by hand (`active` is its
    name and `text` what it says), or nobody's. `revision` goes back with what is saved.
    """

    rules: list[Rule]
    away: Away | None
    by: Literal["nobody", "page", "hand"]
    active: str | None
    text: str | None
    revision: str
    failure: str | None
    failed_at: datetime | None


class RulesChange(msgspec.Struct, frozen=True, kw_only=True):
    """All rules in order. `replace` takes a script that was written by hand out of force."""

    rules: list[Rule]
    away: Away | None = None
    revision: str
    replace: bool = False


class RulesTried(msgspec.Struct, frozen=True, kw_only=True):
    """Rules to try, in force or not."""

    rules: list[Rule]


class RuleRun(msgspec.Struct, frozen=True, kw_only=True):
    """A rule to run over a folder; `before` is the `next` of the step before."""

    rule: Rule
    folder: UUID
    before: int | None = None


class RuleStep(msgspec.Struct, frozen=True, kw_only=True):
    """How many mails were looked at and changed. Each of `undo`, in their order, is for the door of
    thread acts; of several steps the last one is undone first. Without `next` the run is over.
    """

    looked: int
    changed: int
    undo: list[ThreadActs]
    next: int | None


class FittingMail(msgspec.Struct, frozen=True, kw_only=True):
    """One of the mails that a rule fits."""

    id: UUID
    thread_id: UUID
    sender: str
    subject: str
    at: datetime


class RuleFits(msgspec.Struct, frozen=True, kw_only=True):
    """How many mails a rule fits, and the newest of them."""

    count: int
    newest: list[FittingMail]


class TrialView(msgspec.Struct, frozen=True, kw_only=True):
    """How many mails were looked at; one entry for each rule that was tried."""

    looked: int
    rules: list[RuleFits]


class AwayView(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox that answers by itself today, until the end of `last`."""

    mailbox_id: UUID
    last: date | None


class AwayList(msgspec.Struct, frozen=True, kw_only=True):
    """Of the mailboxes whose rules one may change."""

    items: list[AwayView]
