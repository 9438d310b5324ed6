"""Our places in what a server tells: a token for each feed, kept with what was told up to it."""

from collections.abc import Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts.errors import Unreachable
from posthouse.security.vault import Keyring, keyring

SQL = load_queries("posthouse.mail.accounts.keyed", "feeds.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Of one folder, or with None of the whole account. Without a token it begins; `complete`:
    everything was told once. `compared_at` None: it is to be compared with what is there.
    """

    id: UUID
    remote_folder_id: UUID | None
    token: bytes | None = field(repr=False)
    version: int
    complete: bool
    compared_at: datetime | None


async def open_feeds(
    tx: Tx, account_id: UUID, folders: Set[UUID | None]
) -> dict[UUID | None, Feed]:
    """Those of these folders; new ones are at their beginning."""
    keys = await keyring(tx)
    rows = await _rows(tx, account_id)
    for folder in folders - {row["remote_folder_id"] for row in rows}:
        await tx.execute(
            SQL["insert_feed"],
            workspace_id=tx.workspace,
            id=new_id(),
            account_id=account_id,
            remote_folder_id=folder,
        )
        rows = []
    found = (_feed(row, keys) for row in rows or await _rows(tx, account_id))
    return {feed.remote_folder_id: feed for feed in found if feed.remote_folder_id in folders}


async def keep_place(tx: Tx, feed: Feed, changed: Feed) -> Feed:
    """In the transaction of what was told up to there. Raises Unreachable when somebody else has
    gone on: our lease was lost, and nothing of ours is written.
    """
    keys = await keyring(tx)
    token = changed.token
    version = await tx.value(
        SQL["keep_place"],
        workspace_id=tx.workspace,
        id=feed.id,
        version=feed.version,
        token=None if token is None else keys.encrypt("remote_feeds", "token", feed.id, token),
        complete=changed.complete,
        compared_at=changed.compared_at,
    )
    return replace(changed, version=_ours(version))


async def hold_place(tx: Tx, feed: Feed) -> None:
    """For what is written without a new place. Raises as `keep_place` does."""
    _ours(
        await tx.value(
            SQL["hold_place"], workspace_id=tx.workspace, id=feed.id, version=feed.version
        )
    )


def _ours(version: int | None) -> int:
    if version is None:
        raise Unreachable("Another process keeps this account in step.")
    return version


async def _rows(tx: Tx, account_id: UUID) -> list[Row]:
    return await tx.rows(SQL["list_feeds"], workspace_id=tx.workspace, account_id=account_id)


def _feed(row: Row, keys: Keyring) -> Feed:
    token = row["token"]
    if token is not None:
        token = keys.decrypt("remote_feeds", "token", row["id"], token)
    return Feed(
        id=row["id"],
        remote_folder_id=row["remote_folder_id"],
        token=token,
        version=row["version"],
        complete=row["complete"],
        compared_at=row["compared_at"],
    )
