"""Why a delivery failed: which of the signs in a server's answer go before which."""

from __future__ import annotations

import re
from enum import Enum

from posthouse.protocols.dsn.families import reason_by_family
from posthouse.protocols.dsn.model import Reason
from posthouse.protocols.dsn.phrases import reason_in_general_words, reason_in_words
from posthouse.protocols.dsn.provider_codes import reason_of_provider
from posthouse.protocols.dsn.status import (
    reason_of_description,
    reason_of_reply,
    reason_of_status,
)

_MOST = 2000
# Details that say more than the words beside them, and those that servers give for anything.
_PARTICULAR = frozenset(("1.6", "1.7", "1.8", "2.2", "3.4", "6.0", "6.1", "7.13")) | {
    f"7.{number}" for number in (*range(20, 24), 25, 26, 124, *range(133, 137))
}
# Details that say more than kinds of words, but not than known phrases.
_FIRM = frozenset(("1.2", "1.3", "1.4", "3.2"))
_VAGUE = frozenset(("1.0", "2.0", "3.0", "4.0", "5.0", "5.1", "5.2", "5.4", "6.0", "7.0", "7.1"))
# Where the remote server's own words begin, after what the reporting one says around them.
_REPLY = re.compile(r"(?<![\w.:/\[(-])[245]\d\d(?=[ -]|$)")
_MOST_SENTENCES = 6
_SENTENCE_ENDS = re.compile(r"(?<=[.;!])\s+|(?<=[。；！])|\n")
# Said of MAIL FROM, these are about the sender.
_OF_AN_ADDRESS = (Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.NO_MAIL_HOST)
_OF_NOBODY = re.compile(r"\b55\d[ :]{1,4}user unknown", re.IGNORECASE)


class Phase(Enum):
    """How far the session with the remote server had come when it refused."""

    CONNECT = "connect"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"


# As Postfix, Exim, sendmail, DragonFly, 1&1, m-FILTER and Yahoo tell it.
_PHASE = re.compile(
    r"(?:in reply to (?:the )?(?:end of )?|after (?:end of )?|>>> ?|did not like our "
    r"|(?-i:following(?= [A-Z]{4}))"
    r"|smtp command[\s:]{1,9}|remote server after |for text |\[)[ \t]{0,9}"
    r"(?P<command>connect|initial connection|[he]{2}lo|lhlo|mail\b|rcpt|data\b|text\b)"
    r"|\[(?P<yahoo>mail_from)"
    r"|(?P<qmail>like (?:recipient|sender)|but (?:recipient|sender)(?= was rejected))"
    r"|(?P<dot>after sending the message|end of data)",
    re.IGNORECASE,
)
_COMMANDS = {
    "connect": Phase.CONNECT,
    "initial connection": Phase.CONNECT,
    "helo": Phase.CONNECT,
    "ehlo": Phase.CONNECT,
    "lhlo": Phase.CONNECT,
    "mail": Phase.SENDER,
    "rcpt": Phase.RECIPIENT,
    "data": Phase.DATA,
    "text": Phase.DATA,
}


def reason_of(
    diagnostic: str,
    status: str = "",
    reply_code: int = 0,
    phase: Phase | None = None,
    *,
    framed: bool = False,
) -> Reason:
    """The reason of one recipient's failure. Linear in the text; 2,000 characters count.

    `framed` is a whole report or its title: what its program says of every failure would be taken
    for a cause, so only known phrases count there.
    """
    coded = reason_of_status(status)
    detail = status.partition(".")[2]
    if coded is not None and detail in _PARTICULAR:
        return coded
    own = reason_of_provider(diagnostic)
    if own is not None:
        return own
    said = reason_in_words(diagnostic) or reason_of_description(diagnostic)
    if said is not None:
        return _corrected(said, diagnostic, status, phase)
    if coded is not None and detail in _FIRM:
        return coded
    family = None if framed else _family(diagnostic)
    if family is not None:
        return _corrected(family, diagnostic, status, phase)
    if detail == "4.7":
        return Reason.EXPIRED
    if coded is not None and detail not in _VAGUE:
        return coded
    if phase is Phase.CONNECT:
        return Reason.BLOCKED
    if phase is Phase.SENDER:
        return Reason.SENDER_REFUSED
    general = reason_in_general_words(diagnostic)
    return general or coded or reason_of_reply(reply_code) or Reason.UNKNOWN


def tells(text: str) -> bool:
    """Whether what a server said of one recipient says why."""
    return any(
        find(text) is not None
        for find in (reason_in_words, reason_of_provider, reason_of_description, reason_by_family)
    )


def phase_of(text: str) -> Phase | None:
    """The first command that a report shows to have been answered badly."""
    match = _PHASE.search(text[:_MOST])
    if match is None:
        return None
    if match["command"]:
        return _COMMANDS.get(match["command"].lower())
    if match["qmail"]:
        return Phase.SENDER if match["qmail"].lower().endswith("sender") else Phase.RECIPIENT
    return Phase.SENDER if match["yahoo"] else Phase.DATA


def _family(diagnostic: str) -> Reason | None:
    """By the first sentence that says something: what follows a reason is advice."""
    text = diagnostic[:_MOST]
    reply = _REPLY.search(text)
    text = text[reply.start() :] if reply else text
    found = (
        reason_by_family(sentence)
        for sentence in (*_SENTENCE_ENDS.split(text, _MOST_SENTENCES), text)
    )
    return next((reason for reason in found if reason is not None), None)


def _corrected(said: Reason, diagnostic: str, status: str, phase: Phase | None) -> Reason:
    """What the words say, seen with the code and the moment."""
    if phase is Phase.SENDER and said in _OF_AN_ADDRESS:
        return Reason.SENDER_REFUSED
    if said is Reason.USER_UNKNOWN and _was_accepted(diagnostic, status, phase):
        return Reason.RECIPIENT_REFUSED
    if said is Reason.HOST_UNKNOWN and status.startswith("4"):
        return Reason.NETWORK
    if said is Reason.NETWORK and status.endswith(".4.7"):
        return Reason.EXPIRED
    return said


def _was_accepted(diagnostic: str, status: str, phase: Phase | None) -> bool:
    """Whether "user unknown" came for an address that RCPT had taken: a filter says so."""
    detail = status.partition(".")[2]
    if phase is Phase.DATA:
        return detail in ("", "0.0", "2.0", "2.1", "7.1")
    # Who names nobody (KDDI, DOCOMO) speaks of the whole message.
    return phase is None and _OF_NOBODY.search(diagnostic) is not None
