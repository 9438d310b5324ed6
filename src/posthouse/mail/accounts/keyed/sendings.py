"""What a service sends for an account, from when it was begun until its copy was found there."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.accounts.keyed", "sending.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """`is_again`: an attempt before was begun, and nobody heard its end; `key` is what it had."""

    is_again: bool
    key: bytes | None


async def begin_sending(tx: Tx, account_id: UUID, copy_id: UUID) -> Begun:
    """On record before the service is asked."""
    row = await tx.row(
        SQL["begin_sending"],
        workspace_id=tx.workspace,
        mailbox_message_id=copy_id,
        account_id=account_id,
        now=clock.now(),
    )
    assert row is not None
    key = None
    if row["key"] is not None:
        place = UUID(bytes=row["key"])
        keys = await keyring(tx)
        key = keys.decrypt("remote_sendings", "remote_id", place, row["remote_id"])
    return Begun(is_again=row["is_again"], key=key)


async def keep_key(tx: Tx, copy_id: UUID, remote_id: bytes) -> None:
    """What the service knows the message by."""
    keys = await keyring(tx)
    key = keys.hash("remote item", remote_id)
    await tx.execute(
        SQL["keep_key"],
        workspace_id=tx.workspace,
        mailbox_message_id=copy_id,
        key=key,
        remote_id=keys.encrypt("remote_sendings", "remote_id", UUID(bytes=key), remote_id),
    )


async def sent_folder(tx: Tx, account_id: UUID) -> bytes | None:
    """What the service calls its folder of sent mail."""
    row = await tx.row(SQL["sent_folder"], workspace_id=tx.workspace, account_id=account_id)
    if row is None:
        return None
    return (await keyring(tx)).decrypt("remote_folders", "name", row["id"], row["name"])


async def sent_among(tx: Tx, account_id: UUID, keys: Sequence[bytes]) -> dict[bytes, UUID]:
    """Hashed key → the copy in Sent here, of what we have sent and no item is yet."""
    rows = await tx.rows(
        SQL["sent_among"], workspace_id=tx.workspace, account_id=account_id, keys=list(keys)
    )
    return {row["key"]: row["mailbox_message_id"] for row in rows}


async def forget_sendings(tx: Tx, copies: Sequence[UUID]) -> None:
    """Their copies were found in Sent there."""
    await tx.execute(
        SQL["forget_sending"], workspace_id=tx.workspace, mailbox_message_ids=list(copies)
    )
