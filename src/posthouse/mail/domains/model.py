"""What is looked at, and what can be found."""

from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """A thing that has to be right, in the order in which to mend it."""

    MX = "mx"
    HOST = "host"
    REVERSE = "reverse"
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"


class Finding(StrEnum):
    """What is the matter. The page and the command have a sentence of advice for each."""

    RIGHT = "right"
    UNKNOWN = "unknown"  # DNS did not answer
    MISSING = "missing"
    SEVERAL = "several"  # records of which only one may be, so that none counts
    BROKEN = "broken"  # cannot be read
    ELSEWHERE = "elsewhere"  # names others, not us
    OTHER_KEY = "other-key"
    NOT_COVERED = "not-covered"  # SPF does not name the address we send from
    OPEN = "open"  # SPF lets everybody send
    WATCHING = "watching"  # DMARC asks for nothing yet
    SILENT = "silent"  # DMARC asks for no reports


class State(StrEnum):
    """How bad it is."""

    GOOD = "good"
    ADVICE = "advice"  # works, and could be better
    BAD = "bad"  # mail is lost or distrusted
    UNKNOWN = "unknown"


_ADVICE = frozenset({Finding.WATCHING, Finding.SILENT})
_OFTEN_FINE = frozenset({(Subject.DMARC, Finding.MISSING), (Subject.MX, Finding.ELSEWHERE)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One record: what it should be (empty when that is the machine's own), and what is there."""

    subject: Subject
    name: str
    type: str
    wanted: str
    found: tuple[str, ...]
    finding: Finding

    @property
    def state(self) -> State:
        """An MX elsewhere may be a filter in front, or a move that is under way."""
        if self.finding is Finding.RIGHT:
            return State.GOOD
        if self.finding is Finding.UNKNOWN:
            return State.UNKNOWN
        if self.finding in _ADVICE or (self.subject, self.finding) in _OFTEN_FINE:
            return State.ADVICE
        return State.BAD
