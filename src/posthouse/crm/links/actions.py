"""Linking addresses to contacts and companies. All changes announce LinksChanged."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from posthouse.crm.links import store
from posthouse.crm.links.domains import is_public, registrable_domain
from posthouse.crm.links.events import LinksChanged
from posthouse.crm.links.model import CONFIDENCE, AddressLink, LinkedAddress
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.foundation.events import announce
from posthouse.foundation.ids import id_from_hash
from posthouse.mail.mailboxes.prepare import address_row
from posthouse.protocols import mime
from posthouse.protocols.smtp.address import BadAddress, parse_address
from posthouse.security.vault import Keyring, keyring


def canonical_address(text: str) -> str:
    """The form in which addresses are compared. Raises Invalid when it is none."""
    try:
        parse_address(text.strip())
    except BadAddress:
        raise Invalid(f"“{text}” is not an address.", field="addresses") from None
    return mime.canonical(text)


def company_domain_id(keys: Keyring, domain: str) -> UUID | None:
    """The id of the registrable domain; None where it cannot name a company."""
    name = registrable_domain(domain)
    if name is None or is_public(domain):
        return None
    return id_from_hash(keys.hash("company domain", name.encode()))


async def ensure_addresses(tx: Tx, addresses: Iterable[str]) -> dict[str, UUID]:
    """Ids of canonical addresses; rows are made for those no mail has named yet."""
    keys = await keyring(tx)
    rows = {address: address_row(keys, address) for address in addresses}
    await store.insert_addresses(
        tx,
        [
            (
                row.id,
                keys.encrypt("addresses", "address", row.id, address.encode()),
                keys.hash("domain", row.domain.encode()),
            )
            for address, row in rows.items()
        ],
    )
    return {address: row.id for address, row in rows.items()}


async def link_addresses(tx: Tx, links: Sequence[AddressLink], *, tell: bool = True) -> None:
    """Write what is known about addresses; their companies follow.

    `tell=False` when no filed mail can be affected beside what the caller logs itself.
    """
    if not links:
        return
    ordered = sorted(links, key=lambda link: link.address_id)
    await store.write_links(
        tx,
        [
            (
                link.address_id,
                link.kind,
                link.contact_id,
                link.evidence,
                CONFIDENCE[link.evidence] if link.evidence else None,
                link.domain_id,
                link.seen_in,
            )
            for link in ordered
        ],
    )
    ids = [link.address_id for link in ordered]
    await store.resolve_companies(tx, address_ids=ids, domain_ids=[])
    if tell:
        announce(tx, LinksChanged(address_ids=ids))


async def unlink_addresses(tx: Tx, address_ids: Sequence[UUID]) -> None:
    """These addresses belong to no contact any more."""
    if address_ids:
        await store.unlink_addresses(tx, address_ids)
        await store.resolve_companies(tx, address_ids=address_ids, domain_ids=[])
        announce(tx, LinksChanged(address_ids=list(address_ids)))


async def move_addresses(tx: Tx, from_contact: UUID, into_contact: UUID) -> None:
    """All addresses of one contact become another's: a merge is this one update."""
    moved = await store.move_addresses(tx, from_contact, into_contact)
    if moved:
        await store.resolve_companies(tx, address_ids=moved, domain_ids=[])
        announce(tx, LinksChanged(address_ids=moved))


async def stop_logging(tx: Tx, contact_id: UUID, *, stopped: bool) -> None:
    """Leave mail with a contact out of the log, or take it in again, past mail too."""
    changed = await store.stop_logging(tx, contact_id, stopped)
    if changed:
        announce(tx, LinksChanged(address_ids=changed))


async def resolve_companies(
    tx: Tx, *, contact_ids: Sequence[UUID] = (), domain_ids: Sequence[UUID] = ()
) -> None:
    """Find the company of addresses anew after contacts or domains changed theirs."""
    address_ids = await store.address_ids_of(tx, contact_ids) if contact_ids else []
    changed = await store.resolve_companies(tx, address_ids=address_ids, domain_ids=domain_ids)
    if changed:
        announce(tx, LinksChanged(address_ids=changed))


async def addresses_of_contacts(
    tx: Tx, contact_ids: Sequence[UUID]
) -> Mapping[UUID, list[LinkedAddress]]:
    """The addresses of contacts, the surest first, else by alphabet."""
    keys = await keyring(tx)
    found: dict[UUID, list[LinkedAddress]] = {contact_id: [] for contact_id in contact_ids}
    for row in await store.read_addresses(tx, contact_ids):
        address = keys.decrypt("addresses", "address", row["address_id"], row["address"])
        found[row["contact_id"]].append(
            LinkedAddress(
                address_id=row["address_id"],
                address=address.decode("utf-8", "replace"),
                contact_id=row["contact_id"],
                contact_evidence=row["contact_evidence"],
                contact_confidence=row["contact_confidence"],
                company_id=row["company_id"],
                company_evidence=row["company_evidence"],
                company_confidence=row["company_confidence"],
            )
        )
    for linked in found.values():
        linked.sort(key=lambda one: (-one.contact_confidence, one.address))
    return found
