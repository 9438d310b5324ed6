"""What arrives, and for whom."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posthouse.mail.mailboxes.model import Door
from posthouse.mail.quotas.model import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A hosted address and the mailbox behind it; a group has others besides.

    Mail goes `onward` to addresses elsewhere, too; then there may be no mailbox. `door` replaces
    the arrival's, for reports. `usage` is of a mailbox with limits, and was so a moment ago.
    """

    workspace_id: UUID
    mailbox_id: UUID | None
    address: str
    door: Door | None = None
    others: tuple[UUID, ...] = ()
    usage: Usage | None = None
    onward: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message at the door. All recipients are of one workspace.

    `raw` begins with our Received field. `mail_from` is "" for a bounce. `peer_ip` is None when
    the message never crossed a network: our own outbox delivers hosted domains so. `source_key`
    makes that repeatable: a mailbox gets the same key once.
    """

    raw: bytes
    mail_from: str
    recipients: tuple[Recipient, ...]
    received_at: datetime
    door: Door = "smtp"
    peer_ip: str | None = None
    helo: str = ""
    submitted_by: UUID | None = None
    source_key: bytes | None = None
