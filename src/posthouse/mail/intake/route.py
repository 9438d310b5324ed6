"""Which mailbox an address means. Asked at RCPT, so that an unknown one is refused at once."""

from collections.abc import Awaitable, Callable

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.intake.model import Recipient
from posthouse.mail.mailboxes.folders import find_mailbox
from posthouse.protocols.mime import canonical

ExtraRoute = Callable[[Tx, str], Awaitable[Recipient | None]]


async def find_recipient(
    database: Database, address: str, extra: tuple[ExtraRoute, ...] = ()
) -> Recipient:
    """The mailbox of `address`, in any spelling of case and domain. Raises NotFound.

    `extra` routes are asked for addresses that no mailbox has: return paths of the outbox.
    """
    wanted = canonical(address)
    async with database.system() as tx:
        try:
            workspace_id, mailbox_id = await find_mailbox(tx, wanted)
        except NotFound:
            for route in extra:
                found = await route(tx, wanted)
                if found is not None:
                    return found
            raise
    return Recipient(workspace_id=workspace_id, mailbox_id=mailbox_id, address=wanted)
