"""Scripts run over small messages; what came out in short words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from posthouse.protocols import sieve

MESSAGE = b"""\
From: "Ada Lovelace" <ada@maths.example>
To: bob+orders@shop.example, Carol <carol@shop.example>
Cc: team@shop.example
Subject: =?utf-8?q?Invoice_42?= for you
Date: Mon, 20 Jul 2009 21:44:43 +0300
X-Count: 7
X-Tag: one
X-Tag: two
Message-ID: <one@maths.example>

Dear Bob,
please pay 100.
"""

ALL = ", ".join(f'"{name}"' for name in sorted(sieve.EXTENSIONS))


@dataclass
class Around:
    mail_from: str = "ada@maths.example"
    rcpt_to: str = "bob+orders@shop.example"
    now: datetime = datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    environment: Mapping[str, str] = field(
        default_factory=lambda: {"name": "Posthouse", "version": "1", "location": "MS"}
    )
    folders: tuple[str, ...] = ("INBOX", "Work")
    seen: set[str] = field(default_factory=set)
    spam: int | None = None
    virus: int | None = None
    known: tuple[str, ...] = ("ada@maths.example",)
    annotations: Mapping[tuple[str | None, str], str] = field(default_factory=dict)

    def has_folder(self, name: str) -> bool:
        return name in self.folders

    def has_special_use(self, folder: str | None, use: str) -> bool:
        return use.lower() == "\\junk" and folder in (None, "Junk")

    def has_mailbox_id(self, id: str) -> bool:
        return id == "Fwork"

    def annotation(self, folder: str | None, entry: str) -> str | None:
        return self.annotations.get((folder, entry))

    def first_listed(self, values: Sequence[str]) -> str | None:
        return next((low for value in values if (low := value.lower()) in self.known), None)

    def was_seen(self, key: str, pause: timedelta, *, last: bool) -> bool:
        return key in self.seen


def outcome(
    script: str, message: bytes = MESSAGE, around: Around | None = None, require: str = ALL
) -> sieve.Outcome:
    compiled = sieve.compile_script(f"require [{require}];\n{script}".encode())
    return compiled.run(sieve.Letter(message.replace(b"\n", b"\r\n")), around or Around())


def actions(script: str, message: bytes = MESSAGE, around: Around | None = None) -> list[str]:
    """`keep!` is the implicit one. A script that fails answers with its error first."""
    result = outcome(script, message, around)
    words = in_words(result)
    return [f"error: {result.error}", *words] if result.error else words


def in_words(result: sieve.Outcome) -> list[str]:
    return [_in_words(action) for action in result.actions]


def holds(test: str, message: bytes = MESSAGE, around: Around | None = None) -> bool:
    """Is the test true?"""
    return actions(f"if {test} {{ discard; }}", message, around) == []


def mistakes(script: str) -> list[str]:
    try:
        sieve.compile_script(script.encode())
    except sieve.ScriptError as error:
        return [str(problem) for problem in error.problems]
    return []


def _in_words(action: sieve.Action) -> str:
    flags = "".join(f" {flag}" for flag in getattr(action, "flags", ()))
    match action:
        case sieve.Keep():
            return ("keep!" if action.implicit else "keep") + flags
        case sieve.FileInto():
            use = f" for {action.special_use}" if action.special_use else ""
            use += f" id {action.mailbox_id}" if action.mailbox_id else ""
            return f"file {action.folder}{use}{' create' if action.create else ''}{flags}"
        case sieve.Redirect():
            return f"redirect {action.address}"
        case sieve.Reject():
            return f"reject {action.reason}"
        case sieve.Vacation():
            return f"vacation {action.reason}{_copied(action.copy)}"
        case sieve.Notify():
            people = " ".join(each.address for each in (*action.to.to, *action.to.cc))
            return f"notify {people}{_copied(action.copy)}"


def _copied(copy: sieve.FileInto | None) -> str:
    return "" if copy is None else f", {_in_words(copy)}"
