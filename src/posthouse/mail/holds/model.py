"""Legal holds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Who keeps a mailbox from being erased, why, and since when.

    Names are of members as they are called now; None for the operator, and where nobody did it.
    `kept` are messages that are in no folder any more and would be erased otherwise.
    """

    id: UUID
    mailbox_id: UUID
    address: str
    reason: str
    set_by: str | None
    set_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    kept: int = 0
    exports: int = 0
    exported_at: datetime | None = None
