"""What the composer hears of the outbox."""

from collections.abc import Sequence

from posthouse.foundation.db import Tx
from posthouse.foundation.events import Listener
from posthouse.sending.composer import store
from posthouse.sending.composer.originals import mark_answered
from posthouse.sending.outbox.events import Delivered, DeliveryFailed


async def let_drafts_go(tx: Tx, events: Sequence[Delivered | DeliveryFailed]) -> None:
    """What has reached somebody, or failed everybody, needs no draft any more.

    Only now the message it answers is answered: until here it could have been taken back.
    """
    delivered = {i for e in events if isinstance(e, Delivered) for i in e.outbox_message_ids}
    failed = {i for e in events if isinstance(e, DeliveryFailed) for i in e.outbox_message_ids}
    answered = await store.delete_sent(tx, delivered=sorted(delivered), failed=sorted(failed))
    await mark_answered(tx, answered)


LISTENERS = (
    # Somebody looks at that draft: an import does not come before it.
    Listener(
        name="composer.drafts",
        kinds=(Delivered, DeliveryFailed),
        handle=let_drafts_go,
        gives_way=False,
    ),
)
