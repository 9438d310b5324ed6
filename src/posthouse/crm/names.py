"""What contacts, companies and members are called, for references to them."""

from collections.abc import Iterable
from uuid import UUID

from posthouse.crm.views import Ref
from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.crm", "names.sql")


class Names:
    """Names by id. Deleted companies and unknown ids have none."""

    def __init__(self, names: dict[UUID, str]) -> None:
        self._names = names

    def ref(self, named: UUID | None) -> Ref | None:
        """A reference, or None when there is nothing to refer to."""
        name = self._names.get(named) if named is not None else None
        return None if named is None or name is None else Ref(named, name)

    def refs(self, named: Iterable[UUID]) -> list[Ref]:
        """References to those that have names, in the order given."""
        return [Ref(one, self._names[one]) for one in named if one in self._names]


async def read_names(
    tx: Tx,
    *,
    contacts: Iterable[UUID | None] = (),
    companies: Iterable[UUID | None] = (),
    members: Iterable[UUID | None] = (),
) -> Names:
    """The names of all these, in one look-up per kind of table."""
    keys = await keyring(tx)
    found: dict[UUID, str] = {}
    contact_ids = {c for c in contacts if c is not None}
    company_ids = {c for c in companies if c is not None}
    member_ids = {m for m in members if m is not None}
    if contact_ids or company_ids:
        for row in await tx.rows(
            SQL["read_names"],
            workspace_id=tx.workspace,
            contact_ids=list(contact_ids),
            company_ids=list(company_ids),
        ):
            name = keys.decrypt(row["kind"], "name", row["id"], row["name"])
            found[row["id"]] = name.decode()
    if member_ids:
        for row in await tx.rows(
            SQL["read_member_names"], workspace_id=tx.workspace, member_ids=list(member_ids)
        ):
            found[row["id"]] = row["name"]
    return Names(found)
