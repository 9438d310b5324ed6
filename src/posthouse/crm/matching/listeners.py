"""Every mail that is filed is matched, a batch at a time."""

from collections.abc import Sequence

from posthouse.crm.matching.actions import match_mail
from posthouse.foundation.db import Tx
from posthouse.foundation.events import Listener
from posthouse.mail.mailboxes.events import MessagesFiled


async def match_filed_mail(tx: Tx, events: Sequence[MessagesFiled]) -> None:
    """All messages of these events together."""
    await match_mail(tx, sorted({i for event in events for i in event.mailbox_message_ids}))


LISTENERS: tuple[Listener, ...] = (
    Listener(name="crm.matching", kinds=(MessagesFiled,), handle=match_filed_mail, batch=200),
)
