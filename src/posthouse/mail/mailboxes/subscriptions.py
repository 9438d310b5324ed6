"""Subscriptions to folders that are gone: RFC 3501 6.3.6 lets only the client take them away.

Those to folders that exist stand with the folder; where both are, the folder's counts.
"""

from collections.abc import Iterable
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.folders import canonical_name
from posthouse.security.vault import Keyring, keyring

SQL = load_queries("posthouse.mail.mailboxes", "subscriptions.sql")

_MOST = 1_000  # of a mailbox: whoever deletes more folders has no use for their names


async def keep_subscription(tx: Tx, mailbox_id: UUID, name: str) -> None:
    """Remember that the folder `name`, which is deleted, was subscribed to."""
    keys = await keyring(tx)
    await tx.execute(
        SQL["keep_subscription"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        name_key=_key(keys, name),
        name=keys.encrypt("kept_subscriptions", "name", mailbox_id, name.encode()),
        limit=_MOST,
    )


async def drop_subscription(tx: Tx, mailbox_id: UUID, name: str) -> bool:
    """Forget it; whether there was one."""
    keys = await keyring(tx)
    dropped = await tx.value(
        SQL["drop_subscription"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        name_key=_key(keys, canonical_name(name)),
    )
    return bool(dropped)


async def kept_subscriptions(tx: Tx, mailbox_ids: Iterable[UUID]) -> list[tuple[UUID, str]]:
    """(mailbox, name), whether a folder of that name is there again or not."""
    keys = await keyring(tx)
    rows = await tx.rows(
        SQL["kept_subscriptions"], workspace_id=tx.workspace, mailbox_ids=list(mailbox_ids)
    )
    return [
        (
            row["mailbox_id"],
            keys.decrypt("kept_subscriptions", "name", row["mailbox_id"], row["name"]).decode(),
        )
        for row in rows
    ]


def _key(keys: Keyring, name: str) -> bytes:
    return keys.hash("folder", name.encode())
