"""What lists of mail show of higher floors: CRM says whose an address is, the outbox how far a
message got."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from posthouse.crm.whose import customers_of
from posthouse.foundation.db import Tx
from posthouse.mail.listing.beside import Customer, Dispatch
from posthouse.mail.listing.views import CompanyRef, RecipientState
from posthouse.sending.composer.presenting import delivery_view
from posthouse.sending.composer.views import MessageDelivery
from posthouse.sending.outbox.actions import states_of_copies


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
        return {copy_id: _dispatch(delivery_view(state)) for copy_id, state in states.items()}


def _dispatch(sent: MessageDelivery) -> Dispatch:
    return Dispatch(
        delivery=sent.delivery,
        recipients=[
            RecipientState(
                address=recipient.address,
                state=recipient.delivery,
                reply=recipient.reply,
                reason=recipient.reason,
                next_try_at=recipient.next_attempt_at,
            )
            for recipient in sent.recipients
        ],
        send_at=sent.send_at,
        undo_until=sent.undo_until,
    )
