"""The log follows the mail that matching has looked at, links that change, threads that merge, and
messages that were taken back before they left."""

from collections.abc import Sequence

from posthouse.crm.links.events import LinksChanged, MailMatched
from posthouse.crm.timeline.actions import follow_threads, log_history, log_mail
from posthouse.crm.timeline.events import HistoryPending
from posthouse.foundation.db import Tx
from posthouse.foundation.events import Event, Listener
from posthouse.mail.mailboxes.events import ThreadsMerged
from posthouse.sending.outbox.events import SendingUndone


async def write_log(tx: Tx, events: Sequence[Event]) -> None:
    """Everything a batch of events touches, each mailbox message once."""
    told = [e for e in events if isinstance(e, MailMatched | SendingUndone)]
    mails = {i for e in told for i in e.mailbox_message_ids}
    if mails:
        await log_mail(tx, sorted(mails))
    linked = {i for e in events if isinstance(e, LinksChanged) for i in e.address_ids}
    if linked:
        await log_history(tx, sorted(linked))
    for event in events:
        if isinstance(event, HistoryPending):
            await log_history(tx, event.address_ids, event.before)
    merged = {i for e in events if isinstance(e, ThreadsMerged) for i in e.from_ids}
    if merged:
        await follow_threads(tx, sorted(merged))


LISTENERS: tuple[Listener, ...] = (
    Listener(
        name="crm.timeline",
        kinds=(MailMatched, LinksChanged, HistoryPending, ThreadsMerged, SendingUndone),
        handle=write_log,
    ),
)
