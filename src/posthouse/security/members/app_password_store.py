"""App passwords in PostgreSQL: one typed function per statement in app_passwords.sql."""

from datetime import datetime
from typing import Any
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.security.members", "app_passwords.sql")


async def read_salt(tx: Tx, member_id: UUID) -> Row | None:
    """scram_salt, scram_iterations, app_passwords (how many); None when there is no such member."""
    return await tx.row(SQL["read_salt"], workspace_id=tx.workspace, member_id=member_id)


async def insert(tx: Tx, password_id: UUID, **columns: Any) -> None:
    """The columns of app_passwords up to `created_at`."""
    await tx.execute(
        SQL["insert_app_password"], workspace_id=tx.workspace, password_id=password_id, **columns
    )


async def list_of(tx: Tx, member_id: UUID) -> list[Row]:
    """Newest first; `name` is encrypted."""
    return await tx.rows(SQL["list_app_passwords"], workspace_id=tx.workspace, member_id=member_id)


async def delete(tx: Tx, member_id: UUID, password_id: UUID) -> bool:
    """False when the member has no such app password."""
    return bool(
        await tx.execute(
            SQL["delete_app_password"],
            workspace_id=tx.workspace,
            member_id=member_id,
            password_id=password_id,
        )
    )


async def find_by_word(tx: Tx, workspace_id: UUID, member_id: UUID, lookup: bytes) -> Row | None:
    """id, protocols and last use."""
    return await tx.row(
        SQL["find_by_word"], workspace_id=workspace_id, member_id=member_id, lookup=lookup
    )


async def find_by_id(tx: Tx, workspace_id: UUID, member_id: UUID, password_id: UUID) -> Row | None:
    """Like `find_by_word`."""
    return await tx.row(
        SQL["find_by_id"], workspace_id=workspace_id, member_id=member_id, password_id=password_id
    )


async def list_scram_keys(tx: Tx, workspace_id: UUID, member_id: UUID) -> list[Row]:
    """id, scram_stored_key, scram_server_key (encrypted)."""
    return await tx.rows(SQL["list_scram_keys"], workspace_id=workspace_id, member_id=member_id)


async def touch(
    tx: Tx, workspace_id: UUID, password_id: UUID, *, now: datetime, protocol: str, source: str
) -> None:
    """It was just used."""
    await tx.execute(
        SQL["touch_app_password"],
        workspace_id=workspace_id,
        password_id=password_id,
        now=now,
        protocol=protocol,
        source=source,
    )


async def holds(tx: Tx, member_id: UUID, password_id: UUID) -> bool:
    """Whether it is still there, and its member may sign in."""
    return (
        await tx.value(
            SQL["holds_app_password"],
            workspace_id=tx.workspace,
            member_id=member_id,
            password_id=password_id,
        )
        is True
    )


async def read_required(tx: Tx) -> bool:
    """Whether the workspace's mail programs sign in with app passwords only."""
    found = await tx.value(SQL["read_app_passwords_required"], workspace_id=tx.workspace)
    return found is True


async def write_required(tx: Tx, required: bool) -> None:
    await tx.execute(SQL["require_app_passwords"], workspace_id=tx.workspace, required=required)
