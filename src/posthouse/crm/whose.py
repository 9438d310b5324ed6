"""Whose customer an address is: what lists of mail show beside a sender."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from posthouse.crm.names import read_names
from posthouse.crm.views import Ref
from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.crm", "whose.sql")


class Whose(NamedTuple):
    """A contact, a company, or both."""

    contact_id: UUID | None
    company: Ref | None


async def customers_of(tx: Tx, address_ids: Sequence[UUID]) -> dict[UUID, Whose]:
    """Address → whose it is; nobody's addresses are left out."""
    rows = await tx.rows(
        SQL["customers_of_addresses"], workspace_id=tx.workspace, address_ids=list(address_ids)
    )
    names = await read_names(tx, companies=[row["company_id"] for row in rows])
    return {row["id"]: Whose(row["contact_id"], names.ref(row["company_id"])) for row in rows}
