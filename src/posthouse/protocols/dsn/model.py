"""What a notification says: its kind, and for each recipient what happened and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a notification is about. The first five are the actions of RFC 3464 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    COMPLAINT = "complaint"  # a feedback report (RFC 5965)
    AUTOMATIC = "automatic"  # an automatic reply (RFC 3834)


class Severity(StrEnum):
    """What a failure means for writing to the address again."""

    HARD = "hard"  # the address will not work
    SOFT = "soft"  # it may work later
    BLOCKED = "blocked"  # it works, but not for us or not for this message
    NONE = "none"  # nothing failed


class Reason(StrEnum):
    """Why a message was not delivered. GLOSSARY lists them with their Chinese names."""

    USER_UNKNOWN = "user_unknown"
    MAILBOX_MOVED = "mailbox_moved"
    MAILBOX_INACTIVE = "mailbox_inactive"
    MAILBOX_FULL = "mailbox_full"
    RECIPIENT_REFUSED = "recipient_refused"  # the recipient, or his filter, wants none of it
    SENDER_REFUSED = "sender_refused"  # the sender's address or domain
    HOST_UNKNOWN = "host_unknown"
    NO_MAIL_HOST = "no_mail_host"  # the domain exists and takes no mail
    NETWORK = "network"
    EXPIRED = "expired"
    RATE_LIMITED = "rate_limited"  # too many messages, recipients or connections
    BLOCKED = "blocked"  # the sending host: listed, of bad reputation, without reverse DNS
    AUTHENTICATION = "authentication"  # SPF, DKIM, DMARC
    POLICY = "policy"  # of the receiving side; signing in, TLS and relaying among it
    SPAM = "spam"
    VIRUS = "virus"
    CONTENT = "content"  # or form: what breaks RFC 5322
    TOO_LARGE = "too_large"
    SYSTEM = "system"  # the receiving system, its programs and disks
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One recipient of a notification. Everything in it was written by a stranger.

    `action` is in lower case; `status` is an enhanced code or ""; `reply_code` is 0 when none was
    given. `recipient` is the final address, `original` the one it was sent to when that is said;
    both, and `diagnostic`, are without their type. `reason` is None where nothing failed.
    """

    action: str
    recipient: str
    original: str = ""
    status: str = ""
    reply_code: int = 0
    diagnostic: str = ""
    remote_host: str = ""
    reason: Reason | None = None

    @property
    def severity(self) -> Severity:
        if self.reason is None:
            return Severity.NONE
        return severity_of(self.reason, temporary=self.status.startswith("4"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notification. `feedback_type` is that of RFC 5965 3.1, of complaints only.

    The recipients of a complaint are those who complained; of an automatic reply, who wrote it.
    """

    kind: Kind
    recipients: tuple[Reported, ...]
    feedback_type: str = ""


_HARD = frozenset(
    (Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.MAILBOX_MOVED, Reason.NO_MAIL_HOST)
)
_SOFT = frozenset(
    (
        Reason.MAILBOX_FULL,
        Reason.MAILBOX_INACTIVE,
        Reason.NETWORK,
        Reason.EXPIRED,
        Reason.RATE_LIMITED,
        Reason.SYSTEM,
        Reason.UNKNOWN,
    )
)


def severity_of(reason: Reason, *, temporary: bool = False) -> Severity:
    """`temporary`: the server itself said that it may pass (4xx), which makes nothing hard."""
    if reason in _HARD:
        return Severity.SOFT if temporary else Severity.HARD
    return Severity.SOFT if reason in _SOFT else Severity.BLOCKED
