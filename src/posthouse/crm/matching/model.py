"""Who the people of a mail are to us, and who of them becomes a contact. Pure.

Exact address first, then another spelling of a known address, then the domain of a known company.
We, machines, mailing lists and disposable addresses never become contacts; freemail addresses only
when we write to them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from posthouse.crm.links.domains import is_disposable
from posthouse.crm.links.model import ContactEvidence, Kind
from posthouse.crm.links.robots import is_robot
from posthouse.mail.mailboxes.model import Direction, Person, Role

# A mail to more people than this introduces nobody: it is a mailing.
MOST_INTRODUCED = 25
# So many of a batch's mails are asked for somebody's name.
_MOST_ASKED = 5
_RECIPIENTS = (Role.TO, Role.CC, Role.BCC)
_NAMED = (Role.FROM, *_RECIPIENTS)
_VIA = re.compile(r"\s+(?:via|through|通过)\s+.+$|\s*[(（](?:via|通过)[^)）]*[)）]\s*$", re.I)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An address as the database has it. `kind` None: matching has not looked at it yet."""

    address_id: UUID
    kind: Kind | None
    contact_id: UUID | None
    domain_id: UUID | None
    company_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Us: hosted domains, and members' addresses elsewhere."""

    domains: frozenset[str]
    addresses: frozenset[str]

    def has(self, address: str) -> bool:
        """Whether this is one of ours, at a hosted domain or below it."""
        domain = address.rpartition("@")[2]
        parents = domain.split(".")
        return address in self.addresses or any(
            ".".join(parents[start:]) in self.domains for start in range(len(parents) - 1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """A mailbox message that binds to somebody, and who is in it."""

    mailbox_message_id: UUID
    variant_id: UUID
    direction: Direction
    automatic: bool
    people: Sequence[Person]


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """Somebody who shall become a contact: how we know, in which role, the first of those mails."""

    person: Person
    evidence: ContactEvidence
    mails: list[Exchanged] = field(default_factory=list)


def kind_of(address: str, own: Own) -> Kind:
    """Ours, a machine's, or a person's."""
    if own.has(address):
        return "own"
    return "robot" if is_robot(address) else "person"


def introductions(
    mails: Sequence[Exchanged],
    known: Mapping[UUID, Known],
    kinds: Mapping[UUID, Kind],
    companies: Mapping[UUID, UUID],
) -> list[Introduction]:
    """Who of these mails shall become a contact, each address once, by its best evidence.

    `companies` maps the address ids at domains of known companies to the company.
    """
    best: dict[UUID, Introduction] = {}
    for mail in mails:
        people = [p for p in mail.people if p.role in _NAMED]
        if mail.automatic or len(people) > MOST_INTRODUCED:
            continue
        outgoing = is_outgoing(mail, kinds)
        for person in people:
            if kinds[person.address_id] != "person" or known[person.address_id].contact_id:
                continue
            evidence = _evidence(person, outgoing, known[person.address_id], companies)
            if evidence and not is_disposable(person.address.rpartition("@")[2]):
                _introduce(best, person, evidence, mail)
    return list(best.values())


def is_outgoing(mail: Exchanged, kinds: Mapping[UUID, Kind]) -> bool:
    """Whether we said it: sent from here, or a colleague's copy that came back."""
    if mail.direction != "in":
        return True
    return any(p.role is Role.FROM and kinds.get(p.address_id) == "own" for p in mail.people)


def base_address(address: str) -> str | None:
    """The address this is another spelling of: without its tag, or Gmail's dots; None: it is not.

    The tag after `+` is RFC 5233 subaddressing.
    """
    local, _, domain = address.rpartition("@")
    base, _, _ = local.partition("+")
    if domain in ("gmail.com", "googlemail.com"):
        base, domain = base.replace(".", ""), "gmail.com"
    plain = f"{base}@{domain}"
    return plain if base and plain != address else None


def contact_name(display_name: str, address: str) -> str:
    """What to call somebody: the name in the mail when it is one, else words of the address."""
    name = _SPACE.sub(" ", _VIA.sub("", display_name)).strip(" \"'“”‘’<>,;")
    if name and "@" not in name and any(char.isalpha() for char in name):
        return name
    local = address.rpartition("@")[0].partition("+")[0]
    words = [word for word in re.split(r"[._\-]+", local) if word]
    return " ".join(word.capitalize() if len(words) > 1 else word for word in words) or address


def _evidence(
    person: Person, outgoing: bool, known: Known, companies: Mapping[UUID, UUID]
) -> ContactEvidence | None:
    if person.address_id in companies:
        return "domain"
    if outgoing:
        return "recipient" if person.role in _RECIPIENTS else None
    # Freemail has no domain_id: who writes from there is shown in the mail, not made a contact.
    return "sender" if person.role is Role.FROM and known.domain_id else None


def _introduce(
    best: dict[UUID, Introduction], person: Person, evidence: ContactEvidence, mail: Exchanged
) -> None:
    """What somebody says of himself in From goes before what others call him."""
    known = best.get(person.address_id)
    if known is None or (person.role is Role.FROM and known.person.role is not Role.FROM):
        known = best[person.address_id] = Introduction(person=person, evidence=evidence)
    if person.role is known.person.role and len(known.mails) < _MOST_ASKED:
        known.mails.append(mail)
