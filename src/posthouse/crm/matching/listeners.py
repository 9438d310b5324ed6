"""Every mail that is filed is matched, a batch at a time; again when it leaves junk or drafts."""

from collections.abc import Sequence

from posthouse.crm.matching.actions import match_mail, match_moved_mail
from posthouse.foundation.db import Tx
from posthouse.foundation.events import Event, Listener
from posthouse.mail.mailboxes.events import MessagesExpunged, MessagesFiled


async def match(tx: Tx, events: Sequence[Event]) -> None:
    """All messages of these events together. A move is an expunge from the old folder."""
    filed = {i for e in events if isinstance(e, MessagesFiled) for i in e.mailbox_message_ids}
    await match_mail(tx, sorted(filed))
    left = {i for e in events if isinstance(e, MessagesExpunged) for i in e.mailbox_message_ids}
    await match_moved_mail(tx, sorted(left - filed))


LISTENERS: tuple[Listener, ...] = (
    Listener(name="crm.matching", kinds=(MessagesFiled, MessagesExpunged), handle=match),
)
