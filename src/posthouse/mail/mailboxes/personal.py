"""What comes with a member: a mailbox of one's own."""

from posthouse.foundation.db import Tx
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.security.members import Actor


async def give_mailbox(tx: Tx, actor: Actor) -> None:
    """A new member's personal mailbox, in the transaction that makes the member."""
    await make_mailbox(
        tx,
        kind="personal",
        address=actor.address,
        name=actor.name,
        owner_member_id=actor.member_id,
    )
