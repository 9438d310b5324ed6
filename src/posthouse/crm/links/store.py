"""One typed function per statement in queries.sql."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.crm.links.model import CONFIDENCE
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.crm.links")

LinkRow = tuple[UUID, str, UUID | None, str | None, int | None, UUID | None, UUID | None]


async def insert_addresses(tx: Tx, rows: Sequence[tuple[UUID, bytes, bytes]]) -> None:
    """(id, encrypted address, domain key) rows; those that exist stay."""
    await tx.execute(
        SQL["insert_addresses"],
        workspace_id=tx.workspace,
        ids=[row[0] for row in rows],
        addresses=[row[1] for row in rows],
        domain_keys=[row[2] for row in rows],
    )


async def write_links(tx: Tx, rows: Sequence[LinkRow]) -> None:
    """(address, kind, contact, evidence, confidence, domain, seen in) rows."""
    await tx.execute(
        SQL["write_links"],
        workspace_id=tx.workspace,
        address_ids=[row[0] for row in rows],
        kinds=[row[1] for row in rows],
        contact_ids=[row[2] for row in rows],
        evidences=[row[3] for row in rows],
        confidences=[row[4] for row in rows],
        domain_ids=[row[5] for row in rows],
        seen_ins=[row[6] for row in rows],
    )


async def resolve_companies(
    tx: Tx, *, address_ids: Sequence[UUID], domain_ids: Sequence[UUID]
) -> list[UUID]:
    """Set the company of these addresses and of those at these domains; the ones that changed."""
    rows = await tx.rows(
        SQL["resolve_companies"],
        workspace_id=tx.workspace,
        address_ids=list(address_ids),
        domain_ids=list(domain_ids),
        by_domain=CONFIDENCE["domain"],
        by_contact=CONFIDENCE["contact"],
    )
    return [row["address_id"] for row in rows]


async def unlink_addresses(tx: Tx, address_ids: Sequence[UUID]) -> None:
    """No contact and no evidence for these."""
    await tx.execute(
        SQL["unlink_addresses"], workspace_id=tx.workspace, address_ids=list(address_ids)
    )


async def move_addresses(tx: Tx, from_contact: UUID, into_contact: UUID) -> list[UUID]:
    """The addresses that moved."""
    rows = await tx.rows(
        SQL["move_addresses"],
        workspace_id=tx.workspace,
        from_contact=from_contact,
        into_contact=into_contact,
    )
    return [row["id"] for row in rows]


async def stop_logging(tx: Tx, contact_id: UUID, stopped: bool) -> list[UUID]:
    """The addresses for which this is new."""
    rows = await tx.rows(
        SQL["stop_logging"], workspace_id=tx.workspace, contact_id=contact_id, stopped=stopped
    )
    return [row["address_id"] for row in rows]


async def address_ids_of(tx: Tx, contact_ids: Sequence[UUID]) -> list[UUID]:
    """All addresses of these contacts."""
    rows = await tx.rows(
        SQL["address_ids_of"], workspace_id=tx.workspace, contact_ids=list(contact_ids)
    )
    return [row["id"] for row in rows]


async def read_addresses(tx: Tx, contact_ids: Sequence[UUID]) -> list[Row]:
    """Addresses of contacts with their evidence."""
    return await tx.rows(
        SQL["read_addresses"], workspace_id=tx.workspace, contact_ids=list(contact_ids)
    )
