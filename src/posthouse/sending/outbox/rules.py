"""What members' rules send: mail sent on, answers, refusals. Each is queued once."""

import logging
from collections.abc import Sequence

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.events import Listener
from posthouse.mail.rules.effects import take_letters
from posthouse.mail.rules.events import RuleLettersWritten
from posthouse.sending.outbox.actions import enqueue
from posthouse.sending.outbox.sealing import sealed

# A letter may be as large as a mail may be.
_AT_ONCE = 8

log = logging.getLogger(__name__)


async def send_letters(tx: Tx, events: Sequence[RuleLettersWritten]) -> None:
    """Take the letters and queue them, in the transaction that moves the cursor."""
    ids = [letter_id for event in events for letter_id in event.letter_ids]
    for start in range(0, len(ids), _AT_ONCE):
        for letter in await take_letters(tx, ids[start : start + _AT_ONCE]):
            content = letter.content
            if letter.kind == "redirect":
                content = await sealed(tx, content, letter.mail_from.rpartition("@")[2])
            try:
                async with tx.savepoint():
                    await enqueue(
                        tx,
                        raw=content,
                        mail_from=letter.mail_from,
                        recipients=[letter.recipient],
                        submitted_by=None,
                        door="rule",
                        of_mailbox=letter.mailbox_id,
                    )
            except Invalid as refusal:
                # A return path that is no address of ours to write to, say: nobody can be told.
                log.warning("outbox: a %s could not be queued: %s", letter.kind, refusal.field)


LISTENERS = (
    Listener(
        name="outbox.rule-letters", kinds=(RuleLettersWritten,), handle=send_letters, batch=50
    ),
)
