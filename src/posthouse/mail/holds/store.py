"""The statements of this room as functions."""

from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.holds.model import Hold
from posthouse.security.vault import Keyring, keyring

SQL = load_queries("posthouse.mail.holds")


async def hold_mailbox(tx: Tx, address: str) -> UUID | None:
    """The mailbox, held from the end of this transaction on; None when there is none."""
    found: UUID | None = await tx.value(
        SQL["hold_mailbox"], workspace_id=tx.workspace, address=address
    )
    return found


async def insert_hold(
    tx: Tx, mailbox_id: UUID, reason: str, set_by: UUID | None, now: datetime
) -> UUID:
    """The new hold's id."""
    hold_id = new_id()
    keys = await keyring(tx)
    await tx.execute(
        SQL["insert_hold"],
        workspace_id=tx.workspace,
        id=hold_id,
        mailbox_id=mailbox_id,
        reason=keys.encrypt("legal_holds", "reason", hold_id, reason.encode()),
        set_by=set_by,
        set_at=now,
    )
    return hold_id


async def lift_hold(tx: Tx, hold_id: UUID, lifted_by: UUID | None, now: datetime) -> UUID | None:
    """Its mailbox; None when it was lifted before, or never was."""
    if await tx.row(SQL["lock_mailbox"], workspace_id=tx.workspace, hold_id=hold_id) is None:
        return None
    mailbox_id: UUID | None = await tx.value(
        SQL["lift_hold"],
        workspace_id=tx.workspace,
        hold_id=hold_id,
        lifted_by=lifted_by,
        lifted_at=now,
    )
    return mailbox_id


async def release_mailbox(tx: Tx, mailbox_id: UUID, now: datetime) -> bool:
    """Unless another hold is on it: what was kept for this one is due."""
    here = {"workspace_id": tx.workspace, "mailbox_id": mailbox_id}
    if await tx.row(SQL["release_mailbox"], **here) is None:
        return False
    await tx.execute(SQL["release_erasures"], **here, now=now)
    return True


async def list_holds(tx: Tx, hold_id: UUID | None = None) -> list[Hold]:
    """All, or one; those that hold first."""
    rows = await tx.rows(SQL["list_holds"], workspace_id=tx.workspace, hold_id=hold_id)
    keys = await keyring(tx)
    return [_hold(row, keys) for row in rows]


async def deleted_messages(tx: Tx, mailbox_id: UUID, after: UUID, limit: int) -> list[Row]:
    """The next (id, received_at, size) of what is in no folder any more."""
    return await tx.rows(
        SQL["deleted_messages"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        after=after,
        limit=limit,
    )


async def note_export(
    tx: Tx, hold_id: UUID, exported_by: UUID | None, count: int, now: datetime
) -> None:
    """That the mail was taken out."""
    await tx.execute(
        SQL["note_export"],
        workspace_id=tx.workspace,
        id=new_id(),
        hold_id=hold_id,
        exported_by=exported_by,
        exported_at=now,
        message_count=count,
    )


def _hold(row: Row, keys: Keyring) -> Hold:
    return Hold(
        id=row["id"],
        mailbox_id=row["mailbox_id"],
        address=row["address"],
        reason=keys.decrypt("legal_holds", "reason", row["id"], row["reason"]).decode(),
        set_by=row["set_by"],
        set_at=row["set_at"],
        lifted_by=row["lifted_by"],
        lifted_at=row["lifted_at"],
        kept=row["kept"],
        exports=row["exports"],
        exported_at=row["exported_at"],
    )
