"""The words of links: an address, whom it belongs to, how we know, how surely."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Kind = Literal["person", "robot", "own"]
ContactEvidence = Literal["manual", "alias", "domain", "sender", "recipient"]
CompanyEvidence = Literal["domain", "contact"]

# Percent. At 90 and more nobody is asked; below, the contact waits to be verified.
CONFIDENCE: dict[ContactEvidence | CompanyEvidence, int] = {
    "manual": 100,
    "contact": 100,
    "alias": 90,
    "domain": 80,
    "recipient": 70,
    "sender": 60,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLink:
    """What is written about an address. `contact_id` None leaves an existing contact alone.

    `domain_id` names the registrable domain unless anybody can have an address there; the company
    follows from it, or else from the contact. `seen_in` is the mailbox message that told us.
    """

    address_id: UUID
    kind: Kind = "person"
    contact_id: UUID | None = None
    evidence: ContactEvidence | None = None
    domain_id: UUID | None = None
    seen_in: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAddress:
    """An address of a contact, with how we know."""

    address_id: UUID
    address: str
    contact_id: UUID
    contact_evidence: ContactEvidence
    contact_confidence: int
    company_id: UUID | None
    company_evidence: CompanyEvidence | None
    company_confidence: int | None
