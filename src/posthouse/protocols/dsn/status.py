"""What an enhanced status code says of the reason, or its description (`registry.txt`)."""

from __future__ import annotations

import re
from importlib import resources

from posthouse.protocols.dsn.model import Reason
from posthouse.protocols.dsn.phrases import normal_text

_BY_DETAIL: dict[str, Reason] = {
    "1.0": Reason.USER_UNKNOWN,
    "1.1": Reason.USER_UNKNOWN,
    "1.2": Reason.HOST_UNKNOWN,
    "1.3": Reason.USER_UNKNOWN,
    "1.4": Reason.USER_UNKNOWN,
    "1.5": Reason.UNKNOWN,
    "1.6": Reason.MAILBOX_MOVED,
    "1.7": Reason.SENDER_REFUSED,
    "1.8": Reason.SENDER_REFUSED,
    "1.9": Reason.SYSTEM,
    "1.10": Reason.NO_MAIL_HOST,  # RFC 7505
    "2.0": Reason.RECIPIENT_REFUSED,
    "2.1": Reason.MAILBOX_INACTIVE,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "2.4": Reason.RECIPIENT_REFUSED,
    "3.0": Reason.SYSTEM,
    "3.1": Reason.SYSTEM,
    "3.2": Reason.NO_MAIL_HOST,
    "3.3": Reason.SYSTEM,
    "3.4": Reason.TOO_LARGE,
    "3.5": Reason.SYSTEM,
    "4.0": Reason.NETWORK,
    "4.1": Reason.EXPIRED,
    "4.2": Reason.NETWORK,
    "4.3": Reason.NETWORK,
    "4.4": Reason.HOST_UNKNOWN,
    "4.5": Reason.NETWORK,
    "4.6": Reason.NETWORK,
    "4.7": Reason.EXPIRED,
    "5.1": Reason.SYSTEM,
    "5.2": Reason.SYSTEM,
    "5.3": Reason.RATE_LIMITED,
    "5.4": Reason.SYSTEM,
    "6.0": Reason.CONTENT,
    "6.1": Reason.CONTENT,
    "6.2": Reason.CONTENT,
    "6.3": Reason.CONTENT,
    "6.6": Reason.CONTENT,
    "6.7": Reason.CONTENT,  # RFC 6531: no SMTPUTF8
    "7.2": Reason.RECIPIENT_REFUSED,
    "7.3": Reason.POLICY,
    "7.4": Reason.POLICY,
    "7.5": Reason.POLICY,
    "7.6": Reason.POLICY,
    "7.7": Reason.POLICY,
    "7.8": Reason.POLICY,
    "7.10": Reason.POLICY,
    "7.11": Reason.POLICY,
    "7.13": Reason.MAILBOX_INACTIVE,
    "7.17": Reason.USER_UNKNOWN,  # RFC 7293: the mailbox has another owner now
    "7.18": Reason.HOST_UNKNOWN,
    "7.20": Reason.AUTHENTICATION,  # RFC 7372
    "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.24": Reason.AUTHENTICATION,
    "7.25": Reason.BLOCKED,
    "7.26": Reason.AUTHENTICATION,
    "7.27": Reason.SENDER_REFUSED,  # RFC 7505: the sender's domain takes no mail
    "7.28": Reason.RATE_LIMITED,
    "7.29": Reason.AUTHENTICATION,  # RFC 8617: the ARC chain fails
    "7.30": Reason.POLICY,  # RFC 8689
    # Of Exchange Online alone (learn.microsoft.com: "NDR error codes").
    "1.90": Reason.RATE_LIMITED,
    "2.121": Reason.RATE_LIMITED,
    "2.122": Reason.RATE_LIMITED,
    "4.14": Reason.NETWORK,
    "4.310": Reason.HOST_UNKNOWN,
    "4.312": Reason.NETWORK,
    "4.316": Reason.EXPIRED,
    "4.317": Reason.POLICY,
    "6.11": Reason.CONTENT,
    "7.12": Reason.SENDER_REFUSED,
    "7.124": Reason.SENDER_REFUSED,
    "7.133": Reason.SENDER_REFUSED,
    "7.134": Reason.SENDER_REFUSED,
    "7.135": Reason.SENDER_REFUSED,
    "7.136": Reason.SENDER_REFUSED,
    "7.501": Reason.SPAM,
    "7.502": Reason.SENDER_REFUSED,
    "7.503": Reason.SENDER_REFUSED,
    "7.505": Reason.SENDER_REFUSED,
    "7.508": Reason.RATE_LIMITED,
    "7.509": Reason.AUTHENTICATION,
    "7.512": Reason.CONTENT,
    "7.515": Reason.AUTHENTICATION,
    "7.705": Reason.RATE_LIMITED,
    "7.708": Reason.BLOCKED,
    "7.750": Reason.SENDER_REFUSED,
}
# Its other numbers there are those of senders that it keeps out.
_EXCHANGE_BLOCKS = re.compile(r"7\.(?:[56]\d\d|8[5-9]\d)")
_BY_SUBJECT: dict[str, Reason] = {
    "1": Reason.USER_UNKNOWN,
    "3": Reason.SYSTEM,
    "4": Reason.NETWORK,
    "6": Reason.CONTENT,
    "7": Reason.POLICY,
}
_BY_REPLY: dict[int, Reason] = {
    421: Reason.SYSTEM,
    452: Reason.SYSTEM,
    500: Reason.SYSTEM,
    501: Reason.SYSTEM,
    502: Reason.SYSTEM,
    503: Reason.SYSTEM,
    504: Reason.SYSTEM,
    521: Reason.NO_MAIL_HOST,  # RFC 7504
    530: Reason.POLICY,
    534: Reason.POLICY,
    535: Reason.POLICY,
    551: Reason.MAILBOX_MOVED,  # RFC 5321 3.4
    552: Reason.MAILBOX_FULL,
    556: Reason.NO_MAIL_HOST,
}


def reason_of_status(status: str) -> Reason | None:
    """What the code alone says; None for one that says nothing, such as 5.0.0."""
    kind, _, detail = status.partition(".")
    known = _BY_DETAIL.get(detail)
    if known is Reason.NO_MAIL_HOST and kind == "4":
        return Reason.SYSTEM  # not at the moment
    if known is None and _EXCHANGE_BLOCKS.fullmatch(detail):
        return Reason.BLOCKED
    return known or _BY_SUBJECT.get(detail.partition(".")[0])


def reason_of_reply(code: int) -> Reason | None:
    """What a reply code alone says (RFC 5321 4.2.3); None for those of many meanings."""
    return _BY_REPLY.get(code)


def reason_of_description(text: str) -> Reason | None:
    """What the registry's description of a code says; None without one. 2,000 characters count."""
    said = normal_text(text)
    detail = next((detail for detail, words in _DESCRIPTIONS if words in said), None)
    return reason_of_status(f"5.{detail}") if detail else None


def _descriptions() -> list[tuple[str, str]]:
    lines = resources.files(__package__).joinpath("registry.txt").read_text("utf-8").split("\n")
    parted = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(detail, normal_text(words)) for detail, _, words in parted]


_DESCRIPTIONS = _descriptions()
