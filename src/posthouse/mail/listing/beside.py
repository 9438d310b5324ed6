"""What stands beside mail but is known on higher floors: whose customer a sender is, and how far a
message we sent has got. The edge hands the real ones in; without them nothing is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.mail.listing.views import CompanyRef, Delivery, RecipientState


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Whom an address belongs to."""

    contact_id: UUID | None
    company: CompanyRef | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """How far a message that we sent has got."""

    delivery: Delivery
    recipients: list[RecipientState] = field(default_factory=list)
    send_at: datetime | None = None
    undo_until: datetime | None = None


class Beside(Protocol):
    """What the lists ask of higher floors, each for a whole page at once."""

    async def customers(self, tx: Tx, address_ids: Sequence[UUID]) -> Mapping[UUID, Customer]:
        """Address → customer; addresses of nobody are left out."""
        ...

    async def dispatches(
        self, tx: Tx, mailbox_message_ids: Sequence[UUID]
    ) -> Mapping[UUID, Dispatch]:
        """Mailbox message (the copy in Sent) → how far it got; others are left out."""
        ...


class NothingBeside:
    """Mail alone."""

    async def customers(self, tx: Tx, address_ids: Sequence[UUID]) -> Mapping[UUID, Customer]:
        """Nobody's."""
        return {}

    async def dispatches(
        self, tx: Tx, mailbox_message_ids: Sequence[UUID]
    ) -> Mapping[UUID, Dispatch]:
        """Nothing known."""
        return {}


NOTHING_BESIDE = NothingBeside()
