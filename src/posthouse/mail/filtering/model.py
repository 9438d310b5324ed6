"""What is said of a mail: how likely it is junk, and why."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

# The logarithm of the odds from which a mail goes to Junk. Nothing known is 0: that is good mail.
# Chosen by cross-validation without the third that is held out (docs/decisions/filtering.md).
JUNK_FROM = 1.2
_CAUTION = 20.0


def junk_from(taught: int) -> float:
    """The same in a house that has been taught so many mails of junk: what few have taught must be
    clearer.
    """
    return JUNK_FROM + _CAUTION / max(taught, 1)


class Group(IntEnum):
    """Kinds of traits. Each has the same say, however many there are of one kind."""

    WORDS = 0
    SUBJECT = 1
    FORM = 2
    LINKS = 3
    SENDER = 4
    MARKUP = 5
    LISTS = 6
    PATH = 7


@dataclass(frozen=True, slots=True)
class Reason:
    """One kind of traits that speaks for junk, and what of it speaks loudest.

    `kind` is a word the page translates; `examples` are the mail's own words, so content.
    """

    kind: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """`score` is the logarithm of the odds that it is junk; junk has reasons."""

    score: float
    junk: bool = False
    reasons: tuple[Reason, ...] = ()

    def facts(self) -> dict[str, Any]:
        """As it is kept with the mailbox message, encrypted."""
        return {
            "junk": self.junk,
            "score": round(self.score, 2),
            "reasons": [{"kind": r.kind, "examples": list(r.examples)} for r in self.reasons],
        }
