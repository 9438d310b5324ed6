"""What arrives, and for whom."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posthouse.mail.mailboxes.model import Door


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A hosted address and the mailbox behind it."""

    workspace_id: UUID
    mailbox_id: UUID
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message at the door. All recipients are of one workspace.

    `raw` begins with our Received field. `mail_from` is "" for a bounce. `peer_ip` is None when
    the message never crossed a network: our own outbox delivers hosted domains so, and says in
    `signed_by` which of our workspaces' domains vouches for it.
    """

    raw: bytes
    mail_from: str
    recipients: tuple[Recipient, ...]
    received_at: datetime
    door: Door = "smtp"
    peer_ip: str | None = None
    helo: str = ""
    submitted_by: UUID | None = None
