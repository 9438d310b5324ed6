"""What the members room announces."""

from uuid import UUID

from posthouse.foundation.events import Event


class MemberAdded(Event, frozen=True):
    """A member can sign in from now on."""

    member_id: UUID


class MemberDisabled(Event, frozen=True):
    """A member can no longer sign in; sessions and keys are dead already."""

    member_id: UUID
