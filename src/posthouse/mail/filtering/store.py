"""The table of weights in PostgreSQL, and the mail that lessons are made of."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.filtering")


class Learned(NamedTuple):
    """A packed table and how many mails of each kind have taught it, as far as they differ."""

    weights: bytes
    junk: int
    good: int


class FolderUse(NamedTuple):
    """A folder of a mailbox; `use` is "" for one of the member's own."""

    mailbox_id: UUID
    use: str


async def read_table(tx: Tx) -> Learned | None:
    """None before the first lesson."""
    row = await tx.row(SQL["read_table"], workspace_id=tx.workspace)
    if row is None:
        return None
    keys = await keyring(tx)
    weights = keys.decrypt("filter_tables", "weights", tx.workspace, row["weights"])
    return Learned(weights, row["junk_count"], row["good_count"])


async def write_table(tx: Tx, weights: bytes, *, junk: int, good: int) -> None:
    """After a lesson of so many mails."""
    keys = await keyring(tx)
    await tx.execute(
        SQL["write_table"],
        workspace_id=tx.workspace,
        weights=keys.encrypt("filter_tables", "weights", tx.workspace, weights),
        junk_count=junk,
        good_count=good,
    )


async def folder_uses(tx: Tx, folder_ids: Sequence[UUID]) -> dict[UUID, FolderUse]:
    """Of folders that are still there."""
    rows = await tx.rows(SQL["folder_uses"], workspace_id=tx.workspace, folder_ids=list(folder_ids))
    return {row["id"]: FolderUse(row["mailbox_id"], row["special_use"]) for row in rows}


async def good_mail(tx: Tx, mailbox_id: UUID, limit: int) -> list[UUID]:
    """Mail that nobody has moved to Junk."""
    rows = await tx.rows(
        SQL["good_mail"], workspace_id=tx.workspace, mailbox_id=mailbox_id, limit=limit
    )
    return [row["mailbox_message_id"] for row in rows]


async def verdicts_of(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """What was found out about mail when it came."""
    keys = await keyring(tx)
    rows = await tx.rows(
        SQL["verdicts_of"], workspace_id=tx.workspace, mailbox_message_ids=list(ids)
    )
    return {
        row["id"]: msgspec.json.decode(
            keys.decrypt("mailbox_messages", "verdict", row["id"], row["verdict"])
        )
        for row in rows
    }
