"""Contacts that mail makes by itself: people met in it, to be verified by a member."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from posthouse.crm.contacts import store
from posthouse.crm.contacts.actions import sealed_row
from posthouse.crm.contacts.model import LONGEST_NAME, ContactFields
from posthouse.crm.history import differences, record_changes
from posthouse.crm.links import AddressLink, link_addresses
from posthouse.crm.links.model import ContactEvidence
from posthouse.crm.lookup import index_records
from posthouse.foundation.db import Tx
from posthouse.foundation.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Somebody met in mail who is no contact yet. `is_new`: no earlier mail named the address."""

    address_id: UUID
    address: str
    name: str
    evidence: ContactEvidence
    domain_id: UUID | None
    company_id: UUID | None
    seen_in: UUID
    is_new: bool


async def meet_people(tx: Tx, people: Sequence[Met]) -> None:
    """Make an unverified contact for each; earlier mail with them enters the log."""
    if not people:
        return
    ids = {one.address_id: new_id() for one in people}
    fields = {
        ids[one.address_id]: ContactFields(
            name=one.name[:LONGEST_NAME], addresses=(one.address,), company_id=one.company_id
        )
        for one in people
    }
    rows = [await sealed_row(tx, contact_id, known) for contact_id, known in fields.items()]
    await store.insert_contacts(tx, None, "mail", "unverified", rows)
    for is_new in (True, False):
        links = [
            AddressLink(
                address_id=one.address_id,
                contact_id=ids[one.address_id],
                evidence=one.evidence,
                domain_id=one.domain_id,
                seen_in=one.seen_in,
            )
            for one in people
            if one.is_new is is_new
        ]
        await link_addresses(tx, links, tell=not is_new)
    await index_records(
        tx, {i: ((known.name, *known.addresses), ()) for i, known in fields.items()}
    )
    changes = [(i, differences({}, known.as_mapping())) for i, known in fields.items()]
    await record_changes(tx, "met", changes, None)
