"""What can be done with companies, in the caller's transaction. `by` is the member; None: mail."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from posthouse.crm.companies import store
from posthouse.crm.companies.events import CompanyDomainsChanged
from posthouse.crm.companies.model import Company, CompanyFields, Details, checked
from posthouse.crm.history import differences, record_changes
from posthouse.crm.links import company_domain_id, resolve_companies
from posthouse.crm.lookup import index_records
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.foundation.events import announce
from posthouse.foundation.ids import new_id
from posthouse.security.vault import Keyring, keyring

Source = Literal["manual", "mail", "import"]
_details = msgspec.msgpack.Decoder(Details)


async def create_company(
    tx: Tx, by: UUID | None, fields: CompanyFields, *, source: Source = "manual"
) -> Company:
    """Make a company. Raises Invalid, Conflict when a domain belongs to another company."""
    fields = checked(fields)
    company_id = new_id()
    try:
        await store.insert_company(
            tx, company_id, source, fields.owner_id, await _sealed(tx, company_id, fields)
        )
    except asyncpg.ForeignKeyViolationError:
        raise Invalid("There is no such member.", field="owner_id") from None
    await _write_domains(tx, company_id, (), fields.domains)
    await _index(tx, company_id, fields)
    changed = differences({}, fields.as_mapping())
    await record_changes(tx, "created", [(company_id, changed)], by)
    return await read_company(tx, company_id)


async def read_company(tx: Tx, company_id: UUID) -> Company:
    """Raises NotFound."""
    found = await read_companies(tx, [company_id])
    if not found:
        raise NotFound("There is no such company.")
    return found[0]


async def read_companies(tx: Tx, company_ids: Sequence[UUID]) -> list[Company]:
    """In the order given; deleted and unknown ones are left out."""
    keys = await keyring(tx)
    rows = await store.read_companies(tx, company_ids)
    domains = await store.read_domains(tx, company_ids)
    names: dict[UUID, list[str]] = {}
    for row in domains:
        domain = keys.decrypt("company_domains", "domain", row["id"], row["domain"]).decode()
        names.setdefault(row["company_id"], []).append(domain)
    found = {row["id"]: _company(keys, row, names.get(row["id"], [])) for row in rows}
    return [found[company_id] for company_id in company_ids if company_id in found]


async def change_company(
    tx: Tx, by: UUID, company_id: UUID, version: int, changes: Mapping[str, Any]
) -> Company:
    """Change the fields named. Raises NotFound, Invalid, Conflict (also when `version` is old)."""
    before = await read_company(tx, company_id)
    fields = checked(replace(before.fields, **changes))
    changed = differences(before.fields.as_mapping(), fields.as_mapping())
    if not changed and version == before.version:
        return before
    try:
        written = await store.update_company(
            tx, company_id, version, fields.owner_id, await _sealed(tx, company_id, fields)
        )
    except asyncpg.ForeignKeyViolationError:
        raise Invalid("There is no such member.", field="owner_id") from None
    if not written:
        raise Conflict("Somebody has changed this company since you read it.")
    await _write_domains(tx, company_id, before.fields.domains, fields.domains)
    await _index(tx, company_id, fields)
    await record_changes(tx, "changed", [(company_id, changed)], by)
    return await read_company(tx, company_id)


async def delete_company(tx: Tx, by: UUID, company_id: UUID) -> None:
    """Take it away; `restore_company` brings it back. Its contacts stay. Raises NotFound."""
    await read_company(tx, company_id)
    await store.delete_company(tx, company_id, deleted=True)
    await record_changes(tx, "deleted", [(company_id, ())], by)
    await _resolve_all(tx, company_id)


async def restore_company(tx: Tx, by: UUID, company_id: UUID) -> Company:
    """Bring a deleted company back, with the domains nobody took meanwhile. Raises NotFound."""
    if not await store.delete_company(tx, company_id, deleted=False):
        raise NotFound("There is no such company.")
    await record_changes(tx, "restored", [(company_id, ())], by)
    await _resolve_all(tx, company_id)
    return await read_company(tx, company_id)


async def _sealed(tx: Tx, company_id: UUID, fields: CompanyFields) -> tuple[bytes, bytes]:
    keys = await keyring(tx)
    details = msgspec.msgpack.encode(fields.details)
    return (
        keys.encrypt("companies", "name", company_id, fields.name.encode()),
        keys.encrypt("companies", "details", company_id, details),
    )


async def _write_domains(
    tx: Tx, company_id: UUID, before: Sequence[str], after: Sequence[str]
) -> None:
    keys = await keyring(tx)
    ids = {name: company_domain_id(keys, name) for name in {*before, *after}}
    added = [(i, name) for name in after if name not in before and (i := ids[name])]
    removed = [i for name in before if name not in after and (i := ids[name])]
    if removed:
        await store.delete_domains(tx, company_id, removed)
    if added:
        rows = [(i, keys.encrypt("company_domains", "domain", i, n.encode())) for i, n in added]
        taken = {i for i, _ in added} - await store.insert_domains(tx, company_id, rows)
        for domain_id, name in added:
            if domain_id in taken:
                raise Conflict(f"{name} belongs to another company.", field="domains")
        domain_ids = [domain_id for domain_id, _ in added]
        announce(tx, CompanyDomainsChanged(company_id=company_id, domain_ids=domain_ids))
    await resolve_companies(tx, domain_ids=[*removed, *(i for i, _ in added)])


async def _index(tx: Tx, company_id: UUID, fields: CompanyFields) -> None:
    texts = (fields.name, *fields.domains)
    await index_records(tx, {company_id: (texts, fields.facets())})


async def _resolve_all(tx: Tx, company_id: UUID) -> None:
    domains = await store.read_domains(tx, [company_id])
    contact_ids = await store.contacts_of(tx, company_id)
    await resolve_companies(tx, contact_ids=contact_ids, domain_ids=[row["id"] for row in domains])


def _company(keys: Keyring, row: Row, domains: Sequence[str]) -> Company:
    name = keys.decrypt("companies", "name", row["id"], row["name"]).decode()
    details = _details.decode(keys.decrypt("companies", "details", row["id"], row["details"]))
    return Company(
        id=row["id"],
        version=row["version"],
        fields=CompanyFields(
            name=name,
            domains=tuple(sorted(domains)),
            owner_id=row["owner_member_id"],
            **msgspec.structs.asdict(details),
        ),
        source=row["source"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )
