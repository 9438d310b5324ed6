"""What the outbox hears of the mail room: reports that came back, copies that clients made."""

from collections.abc import Sequence

from posthouse.foundation.db import Tx
from posthouse.foundation.events import Listener
from posthouse.mail.accounts.sent_copies import expect_copies
from posthouse.mail.mailboxes.events import MessagesFiled
from posthouse.mail.mailboxes.places import places_of, places_of_message, take_out
from posthouse.sending.outbox.bounces import note_account_bounces, note_bounces
from posthouse.sending.outbox.events import Delivered


async def yield_to_clients(tx: Tx, events: Sequence[MessagesFiled]) -> None:
    """A mail client that puts its own copy into Sent is believed: ours leaves the folder.

    APPEND always makes a new folder message, whose uid the client was told; ours it never saw.
    """
    copies = [copy for e in events if e.door == "append" for copy in e.mailbox_message_ids]
    for place in await places_of(tx, copies):
        if place.special_use != "sent":
            continue
        beside = await places_of_message(tx, place.mailbox_id, place.message_id)
        ours = [p for p in beside if p.folder_id == place.folder_id and p.door == "submission"]
        await take_out(tx, ours)


async def keep_copies(tx: Tx, events: Sequence[Delivered]) -> None:
    """What has left by the server of a linked account is to be in Sent there, too."""
    await expect_copies(tx, sorted({copy for e in events for copy in e.mailbox_message_ids}))


# Nearly all mail is none of these: where much of it comes, it is looked through once a second.
LISTENERS = (
    Listener(name="outbox.bounces", kinds=(MessagesFiled,), handle=note_bounces, gather=1.0),
    Listener(
        name="outbox.account-bounces",
        kinds=(MessagesFiled,),
        handle=note_account_bounces,
        gather=1.0,
    ),
    Listener(
        name="outbox.sent-copies", kinds=(MessagesFiled,), handle=yield_to_clients, gather=1.0
    ),
    Listener(name="outbox.account-copies", kinds=(Delivered,), handle=keep_copies, gather=1.0),
)
