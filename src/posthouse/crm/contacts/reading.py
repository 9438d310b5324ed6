"""Contacts as one reader may see them: rows of lists, and one in full."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from posthouse.crm.contacts import actions, store
from posthouse.crm.contacts.model import Contact, State
from posthouse.crm.contacts.views import ContactPage, ContactRow, ContactView
from posthouse.crm.cursors import START, page_size, read_cursor, write_cursor
from posthouse.crm.links import LinkedAddress, addresses_of_contacts, canonical_address
from posthouse.crm.lookup import found_parameters
from posthouse.crm.names import Names, read_names
from posthouse.crm.timeline.model import Figures
from posthouse.crm.timeline.reading import read_figures
from posthouse.crm.views import Evidence
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.mailboxes.prepare import address_row
from posthouse.security.access import Reach
from posthouse.security.vault import keyring

_SHOWN: tuple[State, ...] = ("unverified", "verified")
_ALL: tuple[State, ...] = (*_SHOWN, "ignored")


async def visible_contact(tx: Tx, reach: Reach, contact_id: UUID) -> Contact:
    """The contact, if the reader may know of it. Raises NotFound."""
    contact = await actions.read_contact(tx, contact_id)
    if not await store.is_visible(tx, reach, contact_id):
        raise NotFound("There is no such contact.")
    return contact


async def contact_of_address(tx: Tx, reach: Reach, address: str) -> Contact | None:
    """Whose address this is; ignored contacts too. Raises Invalid."""
    found = await found_parameters(tx, "")
    ids = [await _address_id(tx, address)]
    places = await store.list_contacts(tx, reach, found, START, 1, states=_ALL, address_ids=ids)
    return await actions.read_contact(tx, places[0].id) if places else None


async def contact_page(
    tx: Tx,
    reach: Reach,
    *,
    query: str,
    address: str | None,
    company_id: UUID | None,
    state: State | None,
    cursor: str | None,
    limit: int,
) -> ContactPage:
    """A page of the list, the latest contact first."""
    size = page_size(limit)
    places = await store.list_contacts(
        tx,
        reach,
        await found_parameters(tx, query),
        read_cursor(cursor),
        size + 1,
        states=[state] if state else _SHOWN,
        company_id=company_id,
        address_ids=[await _address_id(tx, address)] if address else None,
    )
    ids = [place.id for place in places[:size]]
    figures = await read_figures(tx, reach, "contact", ids)
    contacts = await actions.read_contacts(tx, ids)
    names = await read_names(tx, companies=[contact.fields.company_id for contact in contacts])
    return ContactPage(
        items=[_row(contact, figures, names) for contact in contacts],
        next_cursor=write_cursor(places[size - 1]) if len(places) > size else None,
    )


async def contact_view(tx: Tx, reach: Reach, contact: Contact) -> ContactView:
    """One contact in full."""
    figures = (await read_figures(tx, reach, "contact", [contact.id]))[contact.id]
    linked = (await addresses_of_contacts(tx, [contact.id]))[contact.id]
    fields = contact.fields
    names = await read_names(tx, companies=[fields.company_id], members=[fields.owner_id])
    return ContactView(
        id=contact.id,
        version=contact.version,
        name=fields.name,
        title=fields.title,
        phones=list(fields.phones),
        language=fields.language,
        note=fields.note,
        addresses=[one.address for one in linked],
        company=names.ref(fields.company_id),
        owner=names.ref(fields.owner_id),
        source=contact.source,
        state=contact.state,
        verified=contact.state == "verified",
        evidence=_evidence(linked),
        first_at=figures.first_at,
        last_at=figures.last_at,
        received=figures.received,
        sent=figures.sent,
        owes=figures.owes,
        owes_since=figures.owes_since,
        created_at=contact.created_at,
        changed_at=contact.changed_at,
    )


async def _address_id(tx: Tx, address: str) -> UUID:
    return address_row(await keyring(tx), canonical_address(address)).id


def _row(contact: Contact, figures: Mapping[UUID, Figures], names: Names) -> ContactRow:
    fields = contact.fields
    own = figures[contact.id]
    return ContactRow(
        id=contact.id,
        name=fields.name,
        title=fields.title,
        address=fields.addresses[0] if fields.addresses else "",
        company=names.ref(fields.company_id),
        state=contact.state,
        last_at=own.last_at,
        owes=own.owes,
        events=own.events,
    )


def _evidence(linked: Sequence[LinkedAddress]) -> list[Evidence]:
    evidence: list[Evidence] = []
    for one in linked:
        evidence.append(
            Evidence(
                address=one.address,
                of="contact",
                kind=one.contact_evidence,
                confidence=one.contact_confidence,
            )
        )
        if one.company_evidence is not None and one.company_confidence is not None:
            evidence.append(
                Evidence(
                    address=one.address,
                    of="company",
                    kind=one.company_evidence,
                    confidence=one.company_confidence,
                )
            )
    return evidence
