"""What members' rules send: mail sent on, answers, refusals. Each is queued once."""

import logging
from collections.abc import Sequence

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.events import Listener
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import folders_by_use, read_mailbox
from posthouse.mail.mailboxes.model import Filing
from posthouse.mail.rules.effects import take_letters
from posthouse.mail.rules.events import RuleLettersWritten
from posthouse.mail.rules.model import RuleLetter
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
            content, forwarded_by = letter.content, None
            if letter.kind == "redirect":
                own = (await read_mailbox(tx, letter.mailbox_id)).address
                forwarded_by = own.rpartition("@")[2]
                content = await sealed(tx, content, forwarded_by)
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
                        forwarded_by=forwarded_by,
                    )
            except Invalid as refusal:
                # A rule took the author away, say. What was not sent on is in no mailbox yet.
                log.warning("outbox: a %s could not be queued: %s", letter.kind, refusal.field)
                if letter.kind == "redirect":
                    await _keep(tx, letter)


async def _keep(tx: Tx, letter: RuleLetter) -> None:
    """Into the Inbox of the mailbox whose rule it was."""
    inboxes = await folders_by_use(tx, [letter.mailbox_id], "inbox")
    kept = Filing(
        mailbox_id=letter.mailbox_id,
        folder_id=inboxes[letter.mailbox_id],
        raw=letter.content,
        received_at=clock.now(),
        direction="in",
        door="hosted",
    )
    await file_messages(tx, [kept])


LISTENERS = (
    Listener(
        name="outbox.rule-letters", kinds=(RuleLettersWritten,), handle=send_letters, batch=50
    ),
)
