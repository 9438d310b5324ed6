"""What links announce. Ids only."""

from uuid import UUID

from posthouse.foundation.events import Event


class LinksChanged(Event, frozen=True):
    """These addresses belong to other contacts or companies than before, or to none."""

    address_ids: list[UUID]


class MailMatched(Event, frozen=True):
    """The people of these mailbox messages have been looked at: the log may be written."""

    mailbox_message_ids: list[UUID]
