"""One typed function per statement in queries.sql."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from posthouse.crm.cursors import NEVER, Place
from posthouse.crm.lookup import LOOKUP_MACROS
from posthouse.crm.timeline.model import NO_MAILBOX
from posthouse.crm.timeline.visibility import VISIBLE_MACROS
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.security.access import Level, Reach

SQL = load_queries("posthouse.crm.contacts", macros={**LOOKUP_MACROS, **VISIBLE_MACROS})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """The columns members write; name and details are encrypted."""

    id: UUID
    name: bytes
    details: bytes
    company_id: UUID | None
    owner_member_id: UUID | None


async def insert_contacts(
    tx: Tx, by: UUID | None, source: str, state: str, rows: Sequence[ContactRow]
) -> None:
    """New contacts, version 1."""
    await tx.execute(
        SQL["insert_contacts"],
        workspace_id=tx.workspace,
        decided_by=by,
        source=source,
        state=state,
        ids=[row.id for row in rows],
        names=[row.name for row in rows],
        details=[row.details for row in rows],
        company_ids=[row.company_id for row in rows],
        owner_ids=[row.owner_member_id for row in rows],
    )


async def update_contact(tx: Tx, version: int, row: ContactRow) -> bool:
    """Whether `version` was still the newest."""
    return bool(
        await tx.execute(
            SQL["update_contact"],
            workspace_id=tx.workspace,
            id=row.id,
            version=version,
            name=row.name,
            details=row.details,
            company_id=row.company_id,
            owner_member_id=row.owner_member_id,
        )
    )


async def set_state(tx: Tx, by: UUID, contact_id: UUID, state: str) -> None:
    """verified or ignored."""
    await tx.execute(
        SQL["set_state"], workspace_id=tx.workspace, id=contact_id, state=state, decided_by=by
    )


async def delete_contact(tx: Tx, contact_id: UUID, *, deleted: bool) -> bool:
    """Whether that changed anything; a merged contact does not come back."""
    return bool(
        await tx.execute(
            SQL["delete_contact"], workspace_id=tx.workspace, id=contact_id, deleted=deleted
        )
    )


async def mark_merged(tx: Tx, from_ids: Sequence[UUID], into_id: UUID) -> None:
    """They are gone; the row says where to."""
    await tx.execute(
        SQL["mark_merged"], workspace_id=tx.workspace, from_ids=list(from_ids), into_id=into_id
    )


async def read_contacts(tx: Tx, ids: Sequence[UUID]) -> list[Row]:
    """Whole rows of those that are not deleted."""
    return await tx.rows(SQL["read_contacts"], workspace_id=tx.workspace, ids=list(ids))


async def lock_holders(tx: Tx, address_ids: Sequence[UUID]) -> list[Row]:
    """address_id, contact_id, state of the living contacts these addresses belong to.

    Nobody else can give these addresses away before the transaction ends.
    """
    values = {"workspace_id": tx.workspace, "address_ids": list(address_ids)}
    await tx.execute(SQL["lock_addresses"], **values)
    return await tx.rows(SQL["holders"], **values)


async def empty_contacts(tx: Tx, contact_ids: Sequence[UUID]) -> list[UUID]:
    """Those of these, unverified or ignored, that have no address left."""
    rows = await tx.rows(
        SQL["empty_contacts"], workspace_id=tx.workspace, contact_ids=list(contact_ids)
    )
    return [row["id"] for row in rows]


async def adopt_contacts(tx: Tx, company_id: UUID, domain_ids: Sequence[UUID]) -> list[UUID]:
    """The contacts that got the company."""
    rows = await tx.rows(
        SQL["adopt_contacts"],
        workspace_id=tx.workspace,
        company_id=company_id,
        domain_ids=list(domain_ids),
    )
    return [row["id"] for row in rows]


async def is_visible(tx: Tx, reach: Reach, contact_id: UUID) -> bool:
    """Whether the reader may know of this contact."""
    found = await tx.value(
        SQL["is_visible"],
        workspace_id=tx.workspace,
        id=contact_id,
        **reach.parameters(Level.METADATA),
    )
    return found is not None


async def list_contacts(
    tx: Tx,
    reach: Reach,
    found: dict[str, object],
    before: Place,
    limit: int,
    *,
    states: Sequence[str],
    company_id: UUID | None = None,
    address_ids: Sequence[UUID] | None = None,
) -> list[Place]:
    """Ids in the order of the last moment the reader may know of; `found` is of crm.lookup."""
    rows = await tx.rows(
        SQL["list_contacts"],
        workspace_id=tx.workspace,
        mailboxes=[*reach.mailbox_ids(Level.METADATA), NO_MAILBOX],
        no_mailbox=NO_MAILBOX,
        never=NEVER,
        states=list(states),
        company_id=company_id,
        address_ids=None if address_ids is None else list(address_ids),
        before_at=before.at,
        before_id=before.id,
        limit=limit,
        **found,
        **reach.parameters(Level.METADATA),
    )
    return [Place(row["at"], row["id"]) for row in rows]
