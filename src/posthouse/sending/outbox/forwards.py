"""What aliases and groups send on to addresses elsewhere. Each letter is queued once."""

import logging
from collections.abc import Sequence

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.events import Listener
from posthouse.mail.forwarding.actions import take_letters
from posthouse.mail.forwarding.events import MailSentOn
from posthouse.sending.outbox import store
from posthouse.sending.outbox.actions import enqueue
from posthouse.sending.outbox.sealing import sealed

# A letter may be as large as a mail may be.
_AT_ONCE = 8

log = logging.getLogger(__name__)


async def send_on(tx: Tx, events: Sequence[MailSentOn]) -> None:
    """Take the letters, seal and queue them, in the transaction that moves the cursor."""
    ids = [letter_id for event in events for letter_id in event.letter_ids]
    for start in range(0, len(ids), _AT_ONCE):
        for letter in await take_letters(tx, ids[start : start + _AT_ONCE]):
            if await store.count_recipients(tx, letter.id):
                continue  # it was delivered to us again after it had left
            try:
                async with tx.savepoint():
                    await enqueue(
                        tx,
                        raw=await sealed(tx, letter.content, letter.forwarded_by),
                        mail_from=letter.mail_from,
                        recipients=letter.recipients,
                        submitted_by=None,
                        door="forward",
                        id=letter.id,
                        forwarded_by=letter.forwarded_by,
                    )
            except Invalid as refusal:
                log.error("outbox: a mail could not be sent on: %s", refusal.field)


LISTENERS = (Listener(name="outbox.forwards", kinds=(MailSentOn,), handle=send_on, batch=50),)
