"""What is refused at the door, and what goes to Junk."""

import re
from typing import Any, Literal

from posthouse.foundation.errors import Denied
from posthouse.mail.filtering import Judgement, Screened
from posthouse.mail.intake.verify import SPAM_FIELD, Verified
from posthouse.protocols.mailauth.message import header_end

# RFC 5321 6.3: a loop is detected by counting Received fields; at least 100 must be let through.
_MOST_HOPS = 100
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_LARGEST_HEADER = 1 << 20


def refuse_loops(raw: bytes) -> None:
    """Raises Denied for a message that has passed more than a hundred servers."""
    header = raw[: min(header_end(raw), _LARGEST_HEADER)]
    # Counting what may be such a field takes a tenth of the time.
    if header.lower().count(b"received") > _MOST_HOPS < len(_RECEIVED.findall(header)):
        raise Denied("The message goes round in circles: it has passed too many servers.")


def folder_for(
    verified: Verified, screened: Screened, judged: Judgement | None
) -> Literal["inbox", "junk"]:
    """Junk when the house has learned that it is, when a filter beside us says so, or when the
    sender's domain asks to quarantine or reject what fails DMARC (RFC 7489 6.3).

    A message that fails is never refused for it: mailing lists and forwarders break signatures
    every day, and what was refused cannot be looked for.
    """
    if screened.junk or (judged is not None and judged.junk):
        return "junk"
    return "junk" if verified.disposition in ("quarantine", "reject") else "inbox"


def verdict_of(verified: Verified, screened: Screened, judged: Judgement | None) -> dict[str, Any]:
    """What is kept, encrypted: what verification found, and why it is junk."""
    learned = {} if judged is None else {"filter": judged.facts()}
    return {**verified.verdict, **screened.facts, **learned}


def spam_field(judged: Judgement | None) -> bytes:
    """What was judged, for mail programs and rules: yes or no, and how clearly."""
    if judged is None:
        return b""
    said = b"yes" if judged.junk else b"no"
    return b"%b: %b; score=%.1f\r\n" % (SPAM_FIELD, said, judged.score)
