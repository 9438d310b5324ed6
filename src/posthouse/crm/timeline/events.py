"""What the log announces. Ids only."""

from uuid import UUID

from posthouse.foundation.events import Event


class HistoryPending(Event, frozen=True):
    """Older mail of these addresses is still to be looked at: before this mailbox message."""

    address_ids: list[UUID]
    before: UUID


class TimelineChanged(Event, frozen=True):
    """The histories of these contacts and companies have changed."""

    contact_ids: list[UUID]
    company_ids: list[UUID]
