"""What members can do with contacts, in the caller's transaction. `by` is the member."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from posthouse.crm.contacts import store
from posthouse.crm.contacts.model import (
    Contact,
    ContactFields,
    Details,
    Source,
    State,
    checked,
)
from posthouse.crm.history import Field, differences, record_changes
from posthouse.crm.links import (
    AddressLink,
    addresses_of_contacts,
    company_domain_id,
    ensure_addresses,
    link_addresses,
    move_addresses,
    resolve_companies,
    stop_logging,
    unlink_addresses,
)
from posthouse.crm.lookup import index_records
from posthouse.crm.timeline.notes import move_notes
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.security.vault import Keyring, keyring

_details = msgspec.msgpack.Decoder(Details)


async def create_contact(
    tx: Tx, by: UUID, fields: ContactFields, *, source: Source = "manual"
) -> Contact:
    """Make a verified contact. An address that only mail, or nobody any more, claims moves to it.

    Raises Invalid, Conflict when an address belongs to another verified contact.
    """
    fields = checked(fields)
    contact_id = new_id()
    try:
        await store.insert_contacts(
            tx, by, source, "verified", [await sealed_row(tx, contact_id, fields)]
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_reference(error) from None
    await _take_addresses(tx, contact_id, fields.addresses)
    await _index(tx, contact_id, fields)
    changed = differences({}, fields.as_mapping())
    await record_changes(tx, "created", [(contact_id, changed)], by)
    return await read_contact(tx, contact_id)


async def read_contact(tx: Tx, contact_id: UUID) -> Contact:
    """Raises NotFound."""
    found = await read_contacts(tx, [contact_id])
    if not found:
        raise NotFound("There is no such contact.")
    return found[0]


async def read_contacts(tx: Tx, contact_ids: Sequence[UUID]) -> list[Contact]:
    """In the order given; deleted and unknown ones are left out."""
    keys = await keyring(tx)
    addresses = await addresses_of_contacts(tx, contact_ids)
    found = {
        row["id"]: _contact(keys, row, [linked.address for linked in addresses[row["id"]]])
        for row in await store.read_contacts(tx, contact_ids)
    }
    return [found[contact_id] for contact_id in contact_ids if contact_id in found]


async def change_contact(
    tx: Tx, by: UUID, contact_id: UUID, version: int, changes: Mapping[str, Any]
) -> Contact:
    """Change the fields named. Raises NotFound, Invalid, Conflict (also when `version` is old)."""
    before = await read_contact(tx, contact_id)
    fields = checked(replace(before.fields, **changes))
    changed = differences(before.fields.as_mapping(), fields.as_mapping())
    if not changed and version == before.version:
        return before
    try:
        row = await sealed_row(tx, contact_id, fields)
        written = await store.update_contact(tx, version, row)
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_reference(error) from None
    if not written:
        raise Conflict("Somebody has changed this contact since you read it.")
    old, new = before.fields.addresses, fields.addresses
    await _take_addresses(tx, contact_id, [a for a in new if a not in old])
    dropped = await ensure_addresses(tx, [a for a in old if a not in new])
    await unlink_addresses(tx, list(dropped.values()))
    await resolve_companies(tx, contact_ids=[contact_id])
    await _index(tx, contact_id, fields)
    await record_changes(tx, "changed", [(contact_id, changed)], by)
    return await read_contact(tx, contact_id)


async def set_state(tx: Tx, by: UUID, contact_id: UUID, state: State) -> Contact:
    """Verify a contact, or ignore it: then it is not shown and its mail, past too, not logged.

    Raises NotFound.
    """
    before = await read_contact(tx, contact_id)
    if before.state == state:
        return before
    await store.set_state(tx, by, contact_id, state)
    await stop_logging(tx, contact_id, stopped=state == "ignored")
    change = Field("state", before.state, state)
    await record_changes(tx, state, [(contact_id, [change])], by)
    return await read_contact(tx, contact_id)


async def merge_contacts(tx: Tx, by: UUID, into_id: UUID, version: int, from_id: UUID) -> Contact:
    """Give one contact the addresses, notes and missing fields of another, which goes.

    Raises NotFound, Invalid, Conflict.
    """
    if into_id == from_id:
        raise Invalid("A contact cannot be merged with itself.", field="contact_id")
    into, other = await read_contact(tx, into_id), await read_contact(tx, from_id)
    await move_addresses(tx, from_id, into_id)
    await move_notes(tx, from_id, into_id)
    await store.mark_merged(tx, [from_id], into_id)
    await index_records(tx, {from_id: ((), ())})
    gone = Field("contact", other.fields.name, None)
    await record_changes(tx, "merged", [(into_id, [gone]), (from_id, [gone])], by)
    union = replace(into.fields, addresses=(*into.fields.addresses, *other.fields.addresses))
    row = await sealed_row(tx, into_id, _completed(union, other.fields))
    if not await store.update_contact(tx, version, row):
        raise Conflict("Somebody has changed this contact since you read it.")
    await _index(tx, into_id, union)
    await resolve_companies(tx, contact_ids=[into_id])
    return await read_contact(tx, into_id)


async def delete_contact(tx: Tx, by: UUID, contact_id: UUID) -> None:
    """Take it away; `restore_contact` brings it back. Raises NotFound."""
    await read_contact(tx, contact_id)
    await store.delete_contact(tx, contact_id, deleted=True)
    await record_changes(tx, "deleted", [(contact_id, ())], by)


async def restore_contact(tx: Tx, by: UUID, contact_id: UUID) -> Contact:
    """Bring a deleted contact back, with the addresses nobody took meanwhile. Raises NotFound."""
    if not await store.delete_contact(tx, contact_id, deleted=False):
        raise NotFound("There is no such contact.")
    await record_changes(tx, "restored", [(contact_id, ())], by)
    return await read_contact(tx, contact_id)


async def adopt_contacts(tx: Tx, company_id: UUID, domain_ids: Sequence[UUID]) -> None:
    """Contacts without a company whose addresses are at a company's domains work there."""
    adopted = await store.adopt_contacts(tx, company_id, domain_ids)
    change = Field("company_id", None, str(company_id))
    await record_changes(tx, "changed", [(contact_id, [change]) for contact_id in adopted], None)


async def sealed_row(tx: Tx, contact_id: UUID, fields: ContactFields) -> store.ContactRow:
    """The encrypted row of a contact."""
    keys = await keyring(tx)
    details = msgspec.msgpack.encode(fields.details)
    return store.ContactRow(
        id=contact_id,
        name=keys.encrypt("contacts", "name", contact_id, fields.name.encode()),
        details=keys.encrypt("contacts", "details", contact_id, details),
        company_id=fields.company_id,
        owner_member_id=fields.owner_id,
    )


async def _take_addresses(tx: Tx, contact_id: UUID, addresses: Sequence[str]) -> None:
    if not addresses:
        return
    ids = await ensure_addresses(tx, addresses)
    names = {address_id: address for address, address_id in ids.items()}
    holders = await store.lock_holders(tx, list(ids.values()))
    for row in holders:
        if row["state"] == "verified" and row["contact_id"] != contact_id:
            address = names[row["address_id"]]
            raise Conflict(f"{address} belongs to another contact.", field="addresses")
    keys = await keyring(tx)
    await link_addresses(
        tx,
        [
            AddressLink(
                address_id=address_id,
                contact_id=contact_id,
                evidence="manual",
                domain_id=company_domain_id(keys, address.rpartition("@")[2]),
            )
            for address, address_id in ids.items()
        ],
    )
    # Contacts that mail alone had made, and that have no address left, were this one.
    empty = await store.empty_contacts(tx, [row["contact_id"] for row in holders])
    await store.mark_merged(tx, empty, contact_id)
    for absorbed in empty:
        await move_notes(tx, absorbed, contact_id)


def _completed(fields: ContactFields, other: ContactFields) -> ContactFields:
    empty = {
        name: getattr(other, name)
        for name in ("title", "language", "note", "company_id", "owner_id")
        if not getattr(fields, name)
    }
    return replace(fields, phones=tuple(dict.fromkeys(fields.phones + other.phones)), **empty)


async def _index(tx: Tx, contact_id: UUID, fields: ContactFields) -> None:
    await index_records(tx, {contact_id: ((fields.name, *fields.addresses), ())})


def _unknown_reference(error: asyncpg.ForeignKeyViolationError) -> Invalid:
    if "owner" in (error.constraint_name or ""):
        return Invalid("There is no such member.", field="owner_id")
    return Invalid("There is no such company.", field="company_id")


def _contact(keys: Keyring, row: Row, addresses: Sequence[str]) -> Contact:
    name = keys.decrypt("contacts", "name", row["id"], row["name"]).decode()
    details = _details.decode(keys.decrypt("contacts", "details", row["id"], row["details"]))
    return Contact(
        id=row["id"],
        version=row["version"],
        state=row["state"],
        fields=ContactFields(
            name=name,
            addresses=tuple(addresses),
            company_id=row["company_id"],
            owner_id=row["owner_member_id"],
            **msgspec.structs.asdict(details),
        ),
        source=row["source"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )
