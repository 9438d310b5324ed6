"""Facts and rules of the outbox: states, pauses between attempts, when to give up."""

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from posthouse.protocols.dsn.model import Reason
from posthouse.protocols.smtp.envelope import Fate, Stage
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox.requests import USUAL, Request
from posthouse.sending.outbox.verdicts import Verdict, verdict_of

# Page and API hold for this long, so that a person can change her mind.
UNDO_HOLD = timedelta(seconds=10)
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 4.5.4.1: at least four to five days
# Nobody comes a day late unless the house was down, the mail was held, or the clock has jumped.
LONGEST_ABSENCE = timedelta(days=1)
MOST_RECIPIENTS = 500
TOPIC = "outbox"

_PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 10, 15, 30, 60, 120, 240))
# Lists are grey for about five minutes (RFC 6647 2.5); who comes soon after is through.
_GREY_PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 6, 10, 15, 30, 60, 120, 240))
_JITTER = 0.2
_LOOKED_AT = 1000
_ASKED = re.compile(r"\b(?:again|retry|wait)\b\D{0,24}?(\d{1,5})\s*(s|m|h)", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}

EXPIRED = Reply(554, "It could not be delivered for too long", "5.4.7")


class State(StrEnum):
    """How far a recipient got."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Share(StrEnum):
    """Who waits apart from whom: no newsletter and no flood of bounces delays a person's mail."""

    PEOPLE = "people"
    BULK = "bulk"
    NOTICES = "notices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A message taken for sending. Without a mailbox of its sender here there is no copy."""

    id: UUID
    held_until: datetime
    mailbox_id: UUID | None
    mailbox_message_id: UUID | None
    thread_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A recipient that this worker is to try. `interrupted`: another try ended unrecorded.

    `unattended`: for how many days nobody came, which do not count as its age. `relay_id`
    is the relay of its sender; with `tls_optional` it may go without TLS. `elsewhere` is the
    sender's mailbox when it is that of a linked account.
    """

    workspace_id: UUID
    recipient_id: UUID
    outbox_message_id: UUID
    share: Share
    domain: str
    size: int
    attempts: int
    interrupted: bool
    unattended: timedelta = timedelta(0)
    relay_id: UUID | None = None
    tls_optional: bool = False
    elsewhere: UUID | None = None


class Trouble(StrEnum):
    """What is wrong with the relay, so that nobody looks for it at the recipient."""

    SIGN_IN = "relay-sign-in"
    TLS = "relay-tls"
    AWAY = "relay-away"
    REFUSED = "relay-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What leaves, opened. `mail_from` is "" for the null return path.

    `forwarded_by` is our domain that sends on what `mail_from` wrote.
    """

    id: UUID
    mailbox_id: UUID | None
    mailbox_message_id: UUID | None
    submitted_by: UUID | None
    mail_from: str
    content: bytes
    header_size: int
    smtputf8: bool
    created_at: datetime
    held_until: datetime
    give_up_at: datetime
    forwarded_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message for one recipient. `return_path` leads back to this very recipient.

    `delay_told`: the sender knows that it is late; `request`: what the sender wants to hear.
    """

    leased: Leased
    message: Message
    address: str
    return_path: str
    delay_told: bool = False
    request: Request = USUAL

    @property
    def give_up_at(self) -> datetime:
        """Five days of trying: when nobody came, none of them passed."""
        return self.message.give_up_at + self.leased.unattended


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one attempt brought. `host` is the server that said `reply`, at `stage` of SMTP.

    `once`: done twice it has the effect of once, as into mailboxes here. `reports`: the next
    server says whatever the sender wants to hear from here on. `again_at`: there was no attempt,
    since the site wants no mail before that. `trouble` is with the relay it was to go by.
    """

    parcel: Parcel
    fate: Fate
    reply: Reply
    host: str = ""
    once: bool = False
    reports: bool = False
    stage: Stage | None = None
    site: str | None = None
    again_at: datetime | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientState:
    """One recipient as the sender is shown it. `reply` is what the last server said.

    `reason` says why it failed or waits, as far as that can be told.
    """

    id: UUID
    address: str
    state: State
    attempts: int
    unclear: bool
    status: str
    reply: str
    host: str
    reason: Reason | None
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """A message on its way out, as its sender is shown it."""

    id: UUID
    mailbox_id: UUID | None
    mailbox_message_id: UUID | None
    submitted_by: UUID | None
    created_at: datetime
    held_until: datetime
    recipients: tuple[RecipientState, ...]


def pause_after(attempts: int, reply: Reply, chance: random.Random | None = None) -> timedelta:
    """How long to wait after so many attempts: what the server asked for, else growing pauses.

    Jitter of a fifth keeps what failed together from coming back together.
    """
    asked = _ASKED.search(reply.text[:_LOOKED_AT]) if reply.temporary else None
    if asked is not None:
        pause = timedelta(**{_UNITS[asked[2].lower()]: int(asked[1])})
        pause = min(max(pause, _PAUSES[0]), _PAUSES[-1])
        return pause * (1 + (chance or random).uniform(0, _JITTER))
    pauses = _GREY_PAUSES if verdict_of(reply) is Verdict.GREYLISTED else _PAUSES
    pause = pauses[min(max(attempts, 1), len(pauses)) - 1]
    return pause * (1 + (chance or random).uniform(-_JITTER, _JITTER))
