"""What a reply says beyond its code: slow down, blocked, come again soon. Known by replies.toml."""

import functools
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from posthouse.protocols.smtp.envelope import Fate, fate_of
from posthouse.protocols.smtp.reply import Reply

# No server needs more to say it; what follows is links and poetry.
_LOOKED_AT = 1000


class Verdict(StrEnum):
    """What a site wants of us."""

    GREYLISTED = "greylisted"
    SLOW = "slow"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Known:
    """One entry. `retry`: a 5xx that is about our rate, so that the message is taken later."""

    verdict: Verdict
    codes: frozenset[int]
    status: str
    text: re.Pattern[str] | None
    retry: bool

    def fits(self, reply: Reply) -> bool:
        """Whether the entry is about this reply."""
        return (
            reply.code in self.codes
            and reply.enhanced.startswith(self.status)
            and (self.text is None or self.text.search(reply.text[:_LOOKED_AT]) is not None)
        )


def verdict_of(reply: Reply) -> Verdict | None:
    """None for what is only about the message or the recipient."""
    known = _known(reply)
    return known.verdict if known else None


def fate_by(reply: Reply) -> Fate:
    """By the first digit (RFC 5321 4.2.1), save for a rate that is said with a 5xx."""
    fate = fate_of(reply)
    if fate is Fate.PERMANENT and (known := _known(reply)) and known.retry:
        return Fate.TEMPORARY
    return fate


def _known(reply: Reply) -> Known | None:
    return next((known for known in all_known() if known.fits(reply)), None)


@functools.cache
def all_known() -> tuple[Known, ...]:
    """The entries of replies.toml in their order."""
    file = resources.files("posthouse.sending.outbox") / "replies.toml"
    return tuple(
        Known(
            verdict=Verdict(entry["verdict"]),
            codes=frozenset(entry["codes"]),
            status=entry.get("status", ""),
            text=re.compile(entry["text"], re.IGNORECASE) if "text" in entry else None,
            retry=entry.get("retry", False),
        )
        for entry in tomllib.loads(file.read_text("utf-8"))["reply"]
    )
