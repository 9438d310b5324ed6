"""What forwarding announces. Ids only."""

from uuid import UUID

from posthouse.foundation.events import Event


class MailSentOn(Event, frozen=True):
    """These are to leave for addresses elsewhere."""

    letter_ids: list[UUID]
