"""Whose rules somebody may change: those of mailboxes that he reads and writes in full."""

from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Denied, NotFound
from posthouse.security.access import Level, MailboxAccess, mailboxes_of
from posthouse.security.members import Actor, Scope


async def own_mailbox(tx: Tx, actor: Actor) -> UUID:
    """The member's own. Raises NotFound for who has none."""
    for mailbox in await _ruled(tx, actor):
        if mailbox.kind == "personal" and mailbox.address == actor.address:
            return mailbox.id
    raise NotFound("You have no mailbox of your own here.")


async def check_reach(tx: Tx, actor: Actor, mailbox_id: UUID, *, writing: bool) -> None:
    """Raises NotFound for a mailbox out of reach, Denied for one that may only be read.

    A rule sees and moves everything that comes: it takes full sight and the right to write.
    """
    actor.require(Scope.MAIL_READ)
    for mailbox in await mailboxes_of(tx, actor):
        if mailbox.id == mailbox_id and mailbox.level == Level.FULL:
            if not mailbox.may_write:
                raise Denied("You may read this mailbox, not change it.")
            if writing:
                actor.require(Scope.MAIL_WRITE)
            return
    raise NotFound("There is no such mailbox.")


async def ruled_mailboxes(tx: Tx, actor: Actor) -> list[UUID]:
    """All whose rules the actor may see."""
    actor.require(Scope.MAIL_READ)
    return [mailbox.id for mailbox in await _ruled(tx, actor)]


async def _ruled(tx: Tx, actor: Actor) -> list[MailboxAccess]:
    found = await mailboxes_of(tx, actor)
    return [box for box in found if box.level == Level.FULL and box.may_write]
