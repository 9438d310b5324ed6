"""What is refused at the door, and what goes to Junk."""

import re
from typing import Literal

from posthouse.foundation.errors import Denied
from posthouse.mail.intake.verify import Verified

# RFC 5321 6.3: a loop is detected by counting Received fields; at least 100 must be let through.
_MOST_HOPS = 100
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


def refuse_loops(raw: bytes) -> None:
    """Raises Denied for a message that has passed more than a hundred servers."""
    end = _HEADER_END.search(raw, 0, 1 << 20)
    header = raw[: end.start()] if end else raw[: 1 << 20]
    if header.count(b":") > _MOST_HOPS and len(_RECEIVED.findall(header)) > _MOST_HOPS:
        raise Denied("The message goes round in circles: it has passed too many servers.")


def folder_for(verified: Verified) -> Literal["inbox", "junk"]:
    """Junk when the sender's domain asks to quarantine or reject what fails DMARC (RFC 7489 6.3).

    A message that fails is never refused for it: mailing lists and forwarders break signatures
    every day, and what was refused cannot be looked for.
    """
    return "junk" if verified.disposition in ("quarantine", "reject") else "inbox"
