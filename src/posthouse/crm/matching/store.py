"""One typed function per statement in queries.sql."""

from collections.abc import Collection, Sequence
from uuid import UUID

from posthouse.crm.matching.model import Exchanged, Known
from posthouse.crm.timeline.exchanged import EXCHANGED_MACROS
from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.reading import people_of
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.crm.matching", macros=EXCHANGED_MACROS)


async def exchanged_mail(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> list[Exchanged]:
    """Those that are neither drafts nor junk; people without their names."""
    rows = await tx.rows(
        SQL["exchanged_mail"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    people = await people_of(tx, [row["id"] for row in rows])
    return [
        Exchanged(
            mailbox_message_id=row["id"],
            variant_id=row["variant_id"],
            direction=row["direction"],
            automatic=row["is_automatic"],
            people=people.get(row["id"], []),
        )
        for row in rows
    ]


async def misplaced_mail(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> list[UUID]:
    """Those whose folder says otherwise than the log."""
    rows = await tx.rows(
        SQL["misplaced_mail"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    return [row["id"] for row in rows]


async def read_known(tx: Tx, address_ids: Sequence[UUID]) -> dict[UUID, Known]:
    """What is known about these addresses."""
    rows = await tx.rows(
        SQL["read_known"], workspace_id=tx.workspace, address_ids=list(address_ids)
    )
    return {row["address_id"]: Known(**row) for row in rows}


async def members_among(tx: Tx, addresses: Collection[str]) -> frozenset[str]:
    """Which of these addresses are members' own."""
    rows = await tx.rows(SQL["members_among"], workspace_id=tx.workspace, addresses=list(addresses))
    return frozenset(row["address"] for row in rows)


async def companies_of(tx: Tx, domain_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Domain → company."""
    rows = await tx.rows(
        SQL["companies_of"], workspace_id=tx.workspace, domain_ids=list(domain_ids)
    )
    return {row["id"]: row["company_id"] for row in rows}


async def lock_free_addresses(tx: Tx, address_ids: Sequence[UUID]) -> set[UUID]:
    """Those that belong to no contact, held until the end of the transaction."""
    rows = await tx.rows(
        SQL["lock_free_addresses"], workspace_id=tx.workspace, address_ids=list(address_ids)
    )
    return {row["id"] for row in rows}


async def read_headers(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Variant → its header, decrypted."""
    if not variant_ids:
        return {}
    keys = await keyring(tx)
    headers: dict[UUID, bytes] = {}
    for row in await tx.rows(
        SQL["read_headers"], workspace_id=tx.workspace, variant_ids=list(variant_ids)
    ):
        key = keys.open_data_key(row["id"], row["wrapped"], row["generation"])
        headers[row["id"]] = key.decrypt("variants", "header", row["id"], row["header"])
    return headers
