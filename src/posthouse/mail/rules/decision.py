"""What rules are asked about one message, and what they want of it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from posthouse.mail.rules.book import ReadScript
from posthouse.mail.rules.letters import Draft
from posthouse.protocols import sieve


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message on its way into one mailbox. `trace` is what will stand on top of it there.

    `junk` goes to Junk unless a rule says otherwise; `spam` and `virus` are what RFC 5235 calls so.
    """

    mailbox_id: UUID
    address: str
    raw: bytes
    trace: bytes
    mail_from: str
    received_at: datetime
    source_key: bytes | None = None
    peer_ip: str | None = None
    junk: bool = False
    spam: int | None = None
    virus: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One folder to file into; None is where mail goes without rules."""

    folder_id: UUID | None = None
    flags: int = 0
    keywords: tuple[str, ...] = ()
    edited: bytes | None = None


@dataclass(slots=True, kw_only=True)
class Decision:
    """What is to be done. `refusal` is what the sender is told when the message is rejected."""

    incoming: Incoming
    script: ReadScript
    places: list[Place] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    remembered: list[sieve.Remembered] = field(default_factory=list)
    refusal: Draft | None = None
    refused_with: str = ""
    failures: list[str] = field(default_factory=list)
    notified: set[str] = field(default_factory=set)
