"""What is said of a mail: how likely it is junk, and why."""

from dataclasses import dataclass
from enum import IntEnum
from math import log
from typing import Any

# From what score on a mail goes to Junk; chosen by cross-validation without the third that is held
# out (docs/decisions/filtering.md). What is known of nothing has a score of 0: that is good mail.
_LEAST = 0.7
_FIRST, _LATER = 1.5, 0.6
_FEW_GOOD, _MUCH_GOOD = 500, 2000
_CAUTIOUS, _SURE = 3.0, 2.0


def junk_from(junk: int, good: int) -> float:
    """The logarithm of the odds from which a mail is junk, after lessons of so many mails each.

    Scores lean to what was taught more of, so that is added. The more junk was taught, the louder
    they are; and the less good mail has been seen, the more of it looks like junk.
    """
    learned = min(max((good - _FEW_GOOD) / (_MUCH_GOOD - _FEW_GOOD), 0.0), 1.0)
    most = _CAUTIOUS + (_SURE - _CAUTIOUS) * learned
    caution = min(_FIRST + _LATER * log(max(junk, 1)), most)
    return max(log(max(junk, 1) / max(good, 20)) + caution, _LEAST)


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
    HABITS = 8
    WAY = 9


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


def much(count: int) -> str:
    """In powers of four: once, some, many."""
    return str((count.bit_length() + 1) // 2)
