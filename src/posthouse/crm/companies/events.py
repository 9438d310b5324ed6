"""What companies announce. Ids only."""

from uuid import UUID

from posthouse.foundation.events import Event


class CompanyDomainsChanged(Event, frozen=True):
    """These domains name the company now."""

    company_id: UUID
    domain_ids: list[UUID]
