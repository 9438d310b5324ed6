"""Which company and contact an address belongs to, and how we know. Owns address_links."""

from posthouse.crm.links.actions import (
    addresses_of_contacts,
    canonical_address,
    company_domain_id,
    ensure_addresses,
    link_addresses,
    move_addresses,
    resolve_companies,
    stop_logging,
    unlink_addresses,
)
from posthouse.crm.links.model import AddressLink, LinkedAddress

__all__ = [
    "AddressLink",
    "LinkedAddress",
    "addresses_of_contacts",
    "canonical_address",
    "company_domain_id",
    "ensure_addresses",
    "link_addresses",
    "move_addresses",
    "resolve_companies",
    "stop_logging",
    "unlink_addresses",
]
