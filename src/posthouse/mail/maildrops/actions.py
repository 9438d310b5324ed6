"""Entering a maildrop, keeping it, taking messages out of it, leaving it."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict, NotFound
from posthouse.foundation.ids import new_id
from posthouse.mail.mailboxes.changing import move_messages
from posthouse.mail.mailboxes.folders import folder_by_use
from posthouse.mail.maildrops import store
from posthouse.mail.maildrops.model import LEASE, Maildrop
from posthouse.security.access import MailboxAccess, mailboxes_of
from posthouse.security.members import Actor

# Rows in memory at once: about 10 ms of decoding.
_SLICE = 2_000


async def enter(tx: Tx, actor: Actor) -> Maildrop:
    """The Inbox of the member's own mailbox as it is now, for this caller alone.

    Raises Conflict while another session has it, NotFound for a member without a mailbox.
    """
    mailbox = await _own_mailbox(tx, actor)
    holder, now = new_id(), clock.now()
    if not await store.take_lease(tx, mailbox.id, holder, now=now, until=now + LEASE):
        raise Conflict("Another program is reading this mailbox.")
    folder_id = await folder_by_use(tx, mailbox.id, "inbox")
    drop = Maildrop(mailbox_id=mailbox.id, folder_id=folder_id, holder=holder)
    rows = await store.list_messages(tx, folder_id, after=0, limit=_SLICE)
    while rows:
        drop.uids.extend(row["uid"] for row in rows)
        drop.sizes.extend(row["size"] for row in rows)
        drop.ids += b"".join(row["mailbox_message_id"].bytes for row in rows)
        if len(rows) < _SLICE:
            break
        rows = await store.list_messages(tx, folder_id, after=drop.uids[-1], limit=_SLICE)
    return drop


async def keep(tx: Tx, drop: Maildrop) -> None:
    """Have it for another while. Raises Conflict when another session has taken it."""
    if not await store.renew_lease(tx, drop, clock.now() + LEASE):
        raise Conflict("Another program has taken over this mailbox.")


async def remove(tx: Tx, drop: Maildrop, mailbox_message_ids: Sequence[UUID]) -> None:
    """Move messages into Trash, as deleting does everywhere in this house. Those that are not in
    the Inbox any more stay where they are. Raises Conflict as `keep` does.
    """
    await keep(tx, drop)
    uids = await store.places_of(tx, drop.folder_id, mailbox_message_ids)
    if uids:
        trash_id = await folder_by_use(tx, drop.mailbox_id, "trash")
        await move_messages(tx, drop.folder_id, uids, trash_id)


async def leave(tx: Tx, drop: Maildrop) -> None:
    """Let the next one in."""
    await store.end_lease(tx, drop)


async def _own_mailbox(tx: Tx, actor: Actor) -> MailboxAccess:
    for mailbox in await mailboxes_of(tx, actor):
        own = mailbox.kind == "personal" and mailbox.address == actor.address
        if own and mailbox.level == "full" and mailbox.may_write:
            return mailbox
    raise NotFound("You have no mailbox of your own here.")
