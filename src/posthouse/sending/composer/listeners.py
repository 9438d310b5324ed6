"""What the composer hears of the outbox."""

from collections.abc import Sequence

from posthouse.foundation.db import Tx
from posthouse.foundation.events import Listener
from posthouse.sending.composer import store
from posthouse.sending.outbox.events import Delivered, DeliveryFailed


async def let_drafts_go(tx: Tx, events: Sequence[Delivered | DeliveryFailed]) -> None:
    """What has reached or failed anybody cannot be undone: its draft is not needed any more."""
    await store.delete_sent(tx, [each for e in events for each in e.outbox_message_ids])


LISTENERS = (
    Listener(name="composer.drafts", kinds=(Delivered, DeliveryFailed), handle=let_drafts_go),
)
