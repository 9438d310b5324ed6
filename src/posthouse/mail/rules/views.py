"""JSON shapes of scripts. Times RFC 3339 in UTC."""

from datetime import datetime

import msgspec


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
