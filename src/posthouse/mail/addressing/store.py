"""The statements of this room as functions."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.addressing.model import Destination, HostedAddress, kind_of
from posthouse.mail.quotas.macros import ROOM_MACROS
from posthouse.mail.quotas.store import usage_in
from posthouse.security.vault import Keyring, Vault, keyring

SQL = load_queries("posthouse.mail.addressing", macros=ROOM_MACROS)
_TARGET = "forward_targets", "target"


async def find_destination(tx: Tx, spellings: Sequence[str]) -> Destination | None:
    """What the first hosted spelling means."""
    rows = await tx.rows(SQL["find_destination"], spellings=list(spellings))
    onward: tuple[str, ...] = ()
    if rows and rows[0]["forward_ids"]:
        keys = await tx.database.service(Vault).keyring_of(tx, rows[0]["workspace_id"])
        onward = _opened(keys, rows[0])
    return _destination(rows, onward)


async def find_first_administrator(tx: Tx, domain: str) -> Destination | None:
    """Where mail goes that every domain must receive."""
    return _destination(await tx.rows(SQL["find_first_administrator"], domain=domain))


async def lock_domain(tx: Tx, domain: str) -> bool:
    """False when the workspace does not host it."""
    found = await tx.row(SQL["lock_domain"], workspace_id=tx.workspace, domain=domain)
    return found is not None


async def find_own(tx: Tx, addresses: Sequence[str]) -> dict[str, UUID]:
    """Mailboxes by the addresses they were made with."""
    rows = await tx.rows(SQL["find_own"], workspace_id=tx.workspace, addresses=list(addresses))
    return {row["address"]: row["id"] for row in rows}


async def find_hosted(tx: Tx, domains: Sequence[str]) -> set[str]:
    """Which of these domains the workspace hosts."""
    rows = await tx.rows(SQL["find_hosted"], workspace_id=tx.workspace, domains=list(domains))
    return {row["name"] for row in rows}


async def put_address(
    tx: Tx, address: str, mailbox_ids: Sequence[UUID], forward_to: Sequence[str]
) -> None:
    """The address means these from now on, whatever it meant before."""
    alone = mailbox_ids[0] if len(mailbox_ids) == 1 else None
    here = {"workspace_id": tx.workspace, "address": address}
    await tx.execute(SQL["put_address"], **here, mailbox_id=alone)
    await tx.execute(SQL["empty_group"], **here)
    if alone is None:
        await tx.execute(SQL["fill_group"], **here, mailbox_ids=list(mailbox_ids))
    await tx.execute(SQL["forget_targets"], **here)
    if forward_to:
        keys = await keyring(tx)
        ids = [new_id() for _ in forward_to]
        sealed = [
            keys.encrypt(*_TARGET, target_id, target.encode())
            for target_id, target in zip(ids, forward_to, strict=True)
        ]
        await tx.execute(SQL["put_targets"], **here, ids=ids, targets=sealed)


async def delete_address(tx: Tx, address: str) -> bool:
    """False when there is none, or a mailbox was made with it."""
    return bool(await tx.execute(SQL["delete_address"], workspace_id=tx.workspace, address=address))


async def list_addresses(tx: Tx, domain: str | None) -> list[HostedAddress]:
    """By domain, then by name."""
    rows = await tx.rows(SQL["list_addresses"], workspace_id=tx.workspace, domain=domain)
    keys = await keyring(tx)
    return [
        HostedAddress(
            address=row["address"],
            kind=kind_of(
                row["address"],
                own=row["own"],
                group=len(row["mailboxes"] or ()) + len(row["forward_ids"] or ()) > 1,
            ),
            mailboxes=tuple(row["mailboxes"] or ()),
            forward_to=_opened(keys, row),
        )
        for row in rows
    ]


def _opened(keys: Keyring, row: Row) -> tuple[str, ...]:
    sealed = zip(row["forward_ids"] or (), row["forward_targets"] or (), strict=True)
    return tuple(keys.decrypt(*_TARGET, each, target).decode() for each, target in sealed)


def _destination(rows: Sequence[Row], onward: tuple[str, ...] = ()) -> Destination | None:
    if not rows:
        return None
    # A group is never full: one colleague's full mailbox must not keep the others from their mail.
    limited = len(rows) == 1 and rows[0]["most_octets"] is not None
    return Destination(
        rows[0]["workspace_id"],
        tuple(row["mailbox_id"] for row in rows if row["mailbox_id"] is not None),
        usage_in(rows[0]) if limited else None,
        onward,
    )
