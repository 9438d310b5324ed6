"""Which mailboxes an address means. Asked at RCPT, so that an unknown one is refused at once."""

from collections.abc import Awaitable, Callable

from posthouse.foundation.db import Database, Tx
from posthouse.mail.addressing.actions import find_destination
from posthouse.mail.intake.model import Recipient
from posthouse.protocols.mime import canonical

ExtraRoute = Callable[[Tx, str], Awaitable[Recipient | None]]
"""Answers None for addresses that are not of its kind; raises NotFound for void ones of its own."""


async def find_recipient(
    database: Database, address: str, extra: tuple[ExtraRoute, ...] = ()
) -> Recipient:
    """The mailboxes of `address`, in any spelling of case and domain. Raises NotFound.

    `extra` routes know addresses that nobody was given: return paths of the outbox. They are asked
    first, for a catch-all would take these too; that costs nothing where the form does not fit.
    They are given the address as it was said: others' return paths may depend on case.
    """
    wanted = canonical(address)
    async with database.system() as tx:
        for route in extra:
            recipient = await route(tx, address)
            if recipient is not None:
                return recipient
        found = await find_destination(tx, wanted)
    return Recipient(
        workspace_id=found.workspace_id,
        mailbox_id=found.mailbox_ids[0] if found.mailbox_ids else None,
        address=wanted,
        others=found.mailbox_ids[1:],
        usage=found.usage,
        onward=found.onward,
    )
