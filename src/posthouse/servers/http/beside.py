"""What lists of mail show of higher floors: CRM says whose an address is, the outbox how far a
message got."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from posthouse.crm.whose import customers_of
from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.mail.listing.beside import Customer, Dispatch
from posthouse.mail.listing.views import CompanyRef, Delivery, RecipientState
from posthouse.sending.outbox.actions import states_of_copies
from posthouse.sending.outbox.model import UNDO_HOLD, MessageState, State
from posthouse.sending.outbox.model import RecipientState as Recipient

# The worst of a message's recipients is what its sender must know first.
_WORST_FIRST: tuple[Delivery, ...] = (
    "failed",
    "deferred",
    "scheduled",
    "held",
    "queued",
    "cancelled",
    "sent",
)


class FromHigherFloors:
    """Asked once for a whole page."""

    async def customers(self, tx: Tx, address_ids: Sequence[UUID]) -> Mapping[UUID, Customer]:
        """Address → customer."""
        return {
            address_id: Customer(
                contact_id=whose.contact_id,
                company=CompanyRef(whose.company.id, whose.company.name) if whose.company else None,
            )
            for address_id, whose in (await customers_of(tx, address_ids)).items()
        }

    async def dispatches(
        self, tx: Tx, mailbox_message_ids: Sequence[UUID]
    ) -> Mapping[UUID, Dispatch]:
        """Copy in Sent → how far the message got."""
        states = await states_of_copies(tx, mailbox_message_ids)
        return {copy_id: _dispatch(state) for copy_id, state in states.items()}


def _dispatch(message: MessageState) -> Dispatch:
    recipients = [
        RecipientState(
            address=recipient.address,
            state=_delivery(message, recipient),
            reply=recipient.reply,
            next_try_at=recipient.next_attempt_at,
        )
        for recipient in message.recipients
    ]
    reached = {recipient.state for recipient in recipients}
    held = message.held_until > clock.now()
    return Dispatch(
        delivery=next((each for each in _WORST_FIRST if each in reached), "sent"),
        recipients=recipients,
        send_at=message.held_until if _is_scheduled(message) else None,
        undo_until=message.held_until if held and reached & {"held", "scheduled"} else None,
    )


def _delivery(message: MessageState, recipient: Recipient) -> Delivery:
    if recipient.state is State.DELIVERED:
        return "sent"
    if recipient.state is State.FAILED:
        return "failed"
    if recipient.state is State.CANCELLED:
        return "cancelled"
    if message.held_until > clock.now():
        return "scheduled" if _is_scheduled(message) else "held"
    return "deferred" if recipient.attempts else "queued"


def _is_scheduled(message: MessageState) -> bool:
    return message.held_until > message.created_at + UNDO_HOLD
