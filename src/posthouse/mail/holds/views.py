"""What the doors of this room take and give."""

from datetime import datetime
from uuid import UUID

import msgspec

from posthouse.mail.holds.model import Hold


class NewHold(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox by its own address, and why."""

    mailbox: str
    reason: str


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """A hold. `kept` messages would be erased otherwise; no name is the operator's."""

    id: UUID
    mailbox: str
    reason: str
    set_by: str | None
    set_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    kept: int
    exports: int
    exported_at: datetime | None


class HoldList(msgspec.Struct, frozen=True, kw_only=True):
    """All there are and were, those that hold first."""

    items: list[HoldView]


def hold_view(hold: Hold) -> HoldView:
    """As the page and programs get it."""
    return HoldView(
        id=hold.id,
        mailbox=hold.address,
        reason=hold.reason,
        set_by=hold.set_by,
        set_at=hold.set_at,
        lifted_by=hold.lifted_by,
        lifted_at=hold.lifted_at,
        kept=hold.kept,
        exports=hold.exports,
        exported_at=hold.exported_at,
    )
