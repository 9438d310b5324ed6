"""What linked accounts announce. Ids only."""

from uuid import UUID

from posthouse.foundation.events import Event


class AccountLocked(Event, frozen=True):
    """Sign-in is refused: a person has to give a new secret or act at the provider."""

    account_id: UUID


class AccountBehind(Event, frozen=True):
    """An account has not been in step with its server for an hour."""

    account_id: UUID


class AccountInStep(Event, frozen=True):
    """An account that was locked or behind is in step again."""

    account_id: UUID
