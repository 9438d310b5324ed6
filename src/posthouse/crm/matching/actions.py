"""Matching a batch of mail: look at its people, link what is known, meet who is new."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from posthouse.crm.contacts.meeting import Met, meet_people
from posthouse.crm.links import AddressLink, company_domain_id, link_addresses
from posthouse.crm.links.events import MailMatched
from posthouse.crm.links.model import Kind
from posthouse.crm.matching import store
from posthouse.crm.matching.model import (
    Introduction,
    Known,
    Own,
    base_address,
    contact_name,
    introductions,
    kind_of,
)
from posthouse.crm.timeline.store import own_domains
from posthouse.foundation.db import Tx
from posthouse.foundation.events import announce
from posthouse.mail.mailboxes.model import Person, Role
from posthouse.mail.mailboxes.prepare import address_row
from posthouse.protocols import mime
from posthouse.security.vault import keyring

# Decrypting this many takes about 20 ms, the most an event loop may be held.
_SLICE = 200
_FIELDS = {Role.FROM: b"from", Role.TO: b"to", Role.CC: b"cc"}


async def match_mail(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> None:
    """Bind these mailbox messages to contacts and companies. Repeating it changes nothing.

    Drafts and junk bind to nobody. Announces MailMatched, behind which the log is written.
    """
    ids = list(mailbox_message_ids)
    for start in range(0, len(ids), _SLICE):
        announce(tx, MailMatched(mailbox_message_ids=ids[start : start + _SLICE]))
        await _match_slice(tx, ids[start : start + _SLICE])


async def match_moved_mail(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> None:
    """`match_mail` for those that came out of junk or drafts, or went into them."""
    await match_mail(tx, await store.misplaced_mail(tx, mailbox_message_ids))


async def _match_slice(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> None:
    mails = await store.exchanged_mail(tx, mailbox_message_ids)
    people = {person.address_id: person for mail in mails for person in mail.people}
    if not people:
        return
    before = await store.read_known(tx, list(people))
    kinds = await _kinds(tx, people)
    known = await _look(tx, people, before, kinds)
    at_company = await _companies(tx, known)
    new = introductions(mails, known, kinds, at_company)
    await _introduce(tx, new, before, known, at_company)


async def _kinds(tx: Tx, people: Mapping[UUID, Person]) -> dict[UUID, Kind]:
    addresses = {person.address for person in people.values()}
    own = Own(domains=await own_domains(tx), addresses=await store.members_among(tx, addresses))
    return {address_id: kind_of(person.address, own) for address_id, person in people.items()}


async def _look(
    tx: Tx,
    people: Mapping[UUID, Person],
    before: Mapping[UUID, Known],
    kinds: Mapping[UUID, Kind],
) -> dict[UUID, Known]:
    """Write down what addresses never looked at are; other spellings of known ones are linked."""
    keys = await keyring(tx)
    known = dict(before)
    fresh = [i for i, seen in before.items() if seen.kind != kinds[i]]
    for i in fresh:
        domain = people[i].address.rpartition("@")[2]
        domain_id = None if kinds[i] == "own" else company_domain_id(keys, domain)
        known[i] = replace(before[i], kind=kinds[i], domain_id=domain_id)
    known |= await _aliases(tx, people, [known[i] for i in fresh if kinds[i] == "person"])
    await link_addresses(
        tx,
        [
            AddressLink(
                address_id=i,
                kind=kinds[i],
                domain_id=known[i].domain_id,
                contact_id=known[i].contact_id if not before[i].contact_id else None,
                evidence="alias" if known[i].contact_id and not before[i].contact_id else None,
            )
            for i in fresh
        ],
        tell=False,
    )
    return known


async def _aliases(
    tx: Tx, people: Mapping[UUID, Person], fresh: Sequence[Known]
) -> dict[UUID, Known]:
    keys = await keyring(tx)
    bases = {
        one.address_id: address_row(keys, base).id
        for one in fresh
        if not one.contact_id and (base := base_address(people[one.address_id].address))
    }
    if not bases:
        return {}
    holders = await store.read_known(tx, list(set(bases.values())))
    return {
        one.address_id: replace(one, contact_id=holders[bases[one.address_id]].contact_id)
        for one in fresh
        if one.address_id in bases and bases[one.address_id] in holders
    }


async def _companies(tx: Tx, known: Mapping[UUID, Known]) -> dict[UUID, UUID]:
    """Address → the company whose domain it is at."""
    domains = {one.domain_id for one in known.values() if one.domain_id is not None}
    companies = await store.companies_of(tx, domains)
    return {
        i: companies[one.domain_id]
        for i, one in known.items()
        if one.domain_id is not None and one.domain_id in companies
    }


async def _introduce(
    tx: Tx,
    new: Sequence[Introduction],
    before: Mapping[UUID, Known],
    known: Mapping[UUID, Known],
    at_company: Mapping[UUID, UUID],
) -> None:
    # A member may be making the same contact at this moment: whoever locks first makes it.
    free = await store.lock_free_addresses(tx, [one.person.address_id for one in new])
    met = [one for one in new if one.person.address_id in free]
    names = await _written_names(tx, met)
    await meet_people(
        tx,
        [
            Met(
                address_id=one.person.address_id,
                address=one.person.address,
                name=contact_name(names.get(one.person.address_id, ""), one.person.address),
                evidence=one.evidence,
                domain_id=known[one.person.address_id].domain_id,
                company_id=at_company.get(one.person.address_id),
                seen_in=one.mails[0].mailbox_message_id,
                is_new=before[one.person.address_id].kind is None,
            )
            for one in met
        ],
    )


async def _written_names(tx: Tx, met: Sequence[Introduction]) -> dict[UUID, str]:
    """What they are called in the mails they were met in."""
    asked = [(one.person, mail.variant_id) for one in met for mail in one.mails]
    read = await store.read_headers(tx, {variant_id for _, variant_id in asked})
    headers = {variant_id: mime.scan(header) for variant_id, header in read.items()}
    names: dict[UUID, str] = {}
    for person, variant_id in asked:
        if person.address_id not in names and variant_id in headers:
            name = _name_in(headers[variant_id], person)
            if name:
                names[person.address_id] = name
    return names


def _name_in(header: mime.Scan, person: Person) -> str:
    field = _FIELDS.get(person.role)  # blind copies are without one
    found = mime.addresses(header, field) if field else ()
    return next((one.name for one in found if mime.canonical(one.address) == person.address), "")
