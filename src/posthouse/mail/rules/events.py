"""What rules announce. Ids only."""

from uuid import UUID

from posthouse.foundation.events import Event


class RuleLettersWritten(Event, frozen=True):
    """Rules want these to leave: mail sent on, answers, refusals."""

    letter_ids: list[UUID]
