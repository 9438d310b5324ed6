"""Scripts, memories and letters as rows: one function per named statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.rules.model import Kind

SQL = load_queries("posthouse.mail.rules", "queries.sql")


async def list_scripts(tx: Tx, mailbox_id: UUID) -> list[Row]:
    return await tx.rows(SQL["list_scripts"], workspace_id=tx.workspace, mailbox_id=mailbox_id)


async def find_script(tx: Tx, mailbox_id: UUID, name_key: bytes) -> Row | None:
    return await tx.row(
        SQL["find_script"], workspace_id=tx.workspace, mailbox_id=mailbox_id, name_key=name_key
    )


async def read_active(tx: Tx, mailbox_id: UUID) -> Row | None:
    return await tx.row(SQL["read_active"], workspace_id=tx.workspace, mailbox_id=mailbox_id)


async def read_texts(tx: Tx, mailbox_id: UUID) -> list[Row]:
    return await tx.rows(SQL["read_texts"], workspace_id=tx.workspace, mailbox_id=mailbox_id)


async def list_active(tx: Tx) -> dict[UUID, UUID]:
    """Mailbox → revision of its active script, of all workspaces: in a system transaction."""
    return {row["mailbox_id"]: row["revision"] for row in await tx.rows(SQL["list_active"])}


async def read_active_of(tx: Tx, mailbox_ids: Sequence[UUID]) -> list[Row]:
    return await tx.rows(
        SQL["read_active_of"], workspace_id=tx.workspace, mailbox_ids=list(mailbox_ids)
    )


async def list_recent(tx: Tx, mailbox_id: UUID, limit: int) -> list[Row]:
    return await tx.rows(
        SQL["list_recent"], workspace_id=tx.workspace, mailbox_id=mailbox_id, limit=limit
    )


async def list_in_folder(tx: Tx, folder_id: UUID, before: int | None, limit: int) -> list[Row]:
    return await tx.rows(
        SQL["list_in_folder"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        before=before,
        limit=limit,
    )


async def lock_mailbox(tx: Tx, mailbox_id: UUID) -> bool:
    """Whether there is such a mailbox."""
    found = await tx.value(SQL["lock_mailbox"], workspace_id=tx.workspace, mailbox_id=mailbox_id)
    return found is not None


async def save_script(
    tx: Tx,
    mailbox_id: UUID,
    *,
    id: UUID,
    name: bytes,
    name_key: bytes,
    content: bytes,
    size: int,
    revision: UUID,
    now: datetime,
) -> None:
    await tx.execute(
        SQL["save_script"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        id=id,
        name=name,
        name_key=name_key,
        content=content,
        size=size,
        revision=revision,
        now=now,
    )


async def deactivate(tx: Tx, mailbox_id: UUID) -> None:
    await tx.execute(SQL["deactivate"], workspace_id=tx.workspace, mailbox_id=mailbox_id)


async def activate(tx: Tx, script_id: UUID, revision: UUID) -> None:
    await tx.execute(SQL["activate"], workspace_id=tx.workspace, id=script_id, revision=revision)


async def rename_script(tx: Tx, script_id: UUID, name: bytes, name_key: bytes) -> None:
    await tx.execute(
        SQL["rename_script"],
        workspace_id=tx.workspace,
        id=script_id,
        name=name,
        name_key=name_key,
    )


async def delete_script(tx: Tx, script_id: UUID) -> None:
    await tx.execute(SQL["delete_script"], workspace_id=tx.workspace, id=script_id)


async def note_failure(
    tx: Tx, script_id: UUID, revision: UUID, failure: bytes, now: datetime
) -> None:
    await tx.execute(
        SQL["note_failure"],
        workspace_id=tx.workspace,
        id=script_id,
        revision=revision,
        failure=failure,
        now=now,
    )


async def is_remembered(tx: Tx, mailbox_id: UUID, key: bytes, now: datetime) -> bool:
    found: bool = await tx.value(
        SQL["is_remembered"], workspace_id=tx.workspace, mailbox_id=mailbox_id, key=key, now=now
    )
    return found


async def remember(tx: Tx, mailbox_id: UUID, key: bytes, *, now: datetime, until: datetime) -> bool:
    """False when it was remembered already."""
    return bool(
        await tx.execute(
            SQL["remember"],
            workspace_id=tx.workspace,
            mailbox_id=mailbox_id,
            key=key,
            now=now,
            until=until,
        )
    )


async def remember_anew(tx: Tx, mailbox_id: UUID, key: bytes, until: datetime) -> None:
    await tx.execute(
        SQL["remember_anew"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        key=key,
        until=until,
    )


async def remember_one(
    tx: Tx, mailbox_id: UUID, keys: Sequence[bytes], *, now: datetime, until: datetime
) -> bool:
    """False when all of them are remembered already."""
    return bool(
        await tx.execute(
            SQL["remember_one"],
            workspace_id=tx.workspace,
            mailbox_id=mailbox_id,
            keys=list(keys),
            now=now,
            until=until,
        )
    )


async def forget_memories(tx: Tx, now: datetime, limit: int) -> int:
    return await tx.execute(SQL["forget_memories"], now=now, limit=limit)


async def insert_letter(
    tx: Tx,
    mailbox_id: UUID,
    *,
    id: UUID,
    kind: Kind,
    mail_from: bytes,
    recipient: bytes,
    content: bytes,
    now: datetime,
) -> None:
    await tx.execute(
        SQL["insert_letter"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        id=id,
        kind=kind,
        mail_from=mail_from,
        recipient=recipient,
        content=content,
        now=now,
    )


async def take_letters(tx: Tx, ids: Sequence[UUID]) -> list[Row]:
    return await tx.rows(SQL["take_letters"], workspace_id=tx.workspace, ids=list(ids))
