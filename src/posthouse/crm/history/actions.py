"""Recording changes in the transaction that makes them, and reading them back."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from posthouse.crm.history import store
from posthouse.crm.history.model import Field, RecordedChange
from posthouse.foundation.db import Tx
from posthouse.foundation.ids import new_id
from posthouse.security.vault import keyring

_decoder = msgspec.msgpack.Decoder(tuple[Field, ...])


async def record_changes(
    tx: Tx, action: str, changes: Sequence[tuple[UUID, Sequence[Field]]], by: UUID | None
) -> None:
    """Say that member `by` (None: mail itself) did `action` to these (record, fields)."""
    keys = await keyring(tx)
    rows: list[tuple[UUID, UUID, bytes]] = []
    for record_id, fields in changes:
        change_id = new_id()
        content = msgspec.msgpack.encode(tuple(fields))
        sealed = keys.encrypt("record_changes", "fields", change_id, content)
        rows.append((change_id, record_id, sealed))
    if rows:
        await store.insert_changes(tx, action, by, rows)


async def list_changes(
    tx: Tx, record_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> list[RecordedChange]:
    """Changes of one record, newest first; those older than the change `before`."""
    keys = await keyring(tx)
    return [
        RecordedChange(
            id=row["id"],
            record_id=record_id,
            action=row["action"],
            member_id=row["member_id"],
            member_name=row["member_name"],
            changed_at=row["changed_at"],
            fields=_decoder.decode(
                keys.decrypt("record_changes", "fields", row["id"], row["fields"])
            ),
        )
        for row in await store.read_changes(tx, record_id, before, limit)
    ]
