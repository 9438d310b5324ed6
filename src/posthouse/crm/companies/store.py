"""One typed function per statement in queries.sql."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.crm.cursors import NEVER, Place
from posthouse.crm.lookup import LOOKUP_MACROS
from posthouse.crm.timeline.model import NO_MAILBOX
from posthouse.crm.timeline.visibility import VISIBLE_MACROS
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.security.access import Level, Reach

SQL = load_queries("posthouse.crm.companies", macros={**LOOKUP_MACROS, **VISIBLE_MACROS})


async def insert_company(
    tx: Tx,
    company_id: UUID,
    source: str,
    owner_id: UUID | None,
    sealed: tuple[bytes, bytes],
) -> None:
    """`sealed` is (name, details)."""
    await tx.execute(
        SQL["insert_company"],
        workspace_id=tx.workspace,
        id=company_id,
        name=sealed[0],
        details=sealed[1],
        owner_member_id=owner_id,
        source=source,
    )


async def update_company(
    tx: Tx, company_id: UUID, version: int, owner_id: UUID | None, sealed: tuple[bytes, bytes]
) -> bool:
    """Whether `version` was still the newest."""
    return bool(
        await tx.execute(
            SQL["update_company"],
            workspace_id=tx.workspace,
            id=company_id,
            version=version,
            name=sealed[0],
            details=sealed[1],
            owner_member_id=owner_id,
        )
    )


async def delete_company(tx: Tx, company_id: UUID, *, deleted: bool) -> bool:
    """Whether that changed anything."""
    return bool(
        await tx.execute(
            SQL["delete_company"], workspace_id=tx.workspace, id=company_id, deleted=deleted
        )
    )


async def read_companies(tx: Tx, ids: Sequence[UUID]) -> list[Row]:
    """Whole rows of those that are not deleted."""
    return await tx.rows(SQL["read_companies"], workspace_id=tx.workspace, ids=list(ids))


async def read_domains(tx: Tx, company_ids: Sequence[UUID]) -> list[Row]:
    """id, company_id, domain (encrypted)."""
    return await tx.rows(
        SQL["read_domains"], workspace_id=tx.workspace, company_ids=list(company_ids)
    )


async def insert_domains(tx: Tx, company_id: UUID, rows: Sequence[tuple[UUID, bytes]]) -> set[UUID]:
    """(id, encrypted domain) rows; the ids the company has got. Deleted companies give way."""
    got = await tx.rows(
        SQL["insert_domains"],
        workspace_id=tx.workspace,
        company_id=company_id,
        ids=[row[0] for row in rows],
        domains=[row[1] for row in rows],
    )
    return {row["id"] for row in got}


async def delete_domains(tx: Tx, company_id: UUID, ids: Sequence[UUID]) -> None:
    """The company is not named by these any more."""
    await tx.execute(
        SQL["delete_domains"], workspace_id=tx.workspace, company_id=company_id, ids=list(ids)
    )


async def contacts_of(tx: Tx, company_id: UUID) -> list[UUID]:
    """Its contacts, deleted ones too."""
    rows = await tx.rows(SQL["contacts_of"], workspace_id=tx.workspace, company_id=company_id)
    return [row["id"] for row in rows]


async def list_companies(
    tx: Tx, reach: Reach, found: dict[str, object], before: Place, limit: int
) -> list[Place]:
    """Ids in the order of the last moment the reader may know of; `found` is of crm.lookup."""
    rows = await tx.rows(
        SQL["list_companies"],
        workspace_id=tx.workspace,
        mailboxes=[*reach.mailbox_ids(Level.METADATA), NO_MAILBOX],
        never=NEVER,
        before_at=before.at,
        before_id=before.id,
        limit=limit,
        **found,
    )
    return [Place(row["at"], row["id"]) for row in rows]


async def count_contacts(tx: Tx, reach: Reach, company_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many contacts of each company the reader may know of."""
    rows = await tx.rows(
        SQL["count_contacts"],
        workspace_id=tx.workspace,
        company_ids=list(company_ids),
        **reach.parameters(Level.METADATA),
    )
    return {row["company_id"]: row["contacts"] for row in rows}
