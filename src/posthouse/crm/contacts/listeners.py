"""Contacts follow the companies whose domains they write from."""

from collections.abc import Sequence

from posthouse.crm.companies.events import CompanyDomainsChanged
from posthouse.crm.contacts.actions import adopt_contacts
from posthouse.foundation.db import Tx
from posthouse.foundation.events import Listener


async def follow_domains(tx: Tx, events: Sequence[CompanyDomainsChanged]) -> None:
    """In the order in which companies got their domains."""
    for event in events:
        await adopt_contacts(tx, event.company_id, event.domain_ids)


LISTENERS: tuple[Listener, ...] = (
    Listener(name="crm.contacts", kinds=(CompanyDomainsChanged,), handle=follow_domains),
)
