"""What the store announces. Ids only."""

from uuid import UUID

from posthouse.foundation.events import Event


class MessagesFiled(Event, frozen=True):
    """Mailbox messages were filed through one door ("smtp", "append", "import" …)."""

    mailbox_message_ids: list[UUID]
    variant_ids: list[UUID]
    door: str


class MessagesMoved(Event, frozen=True):
    """Messages were moved or copied from one folder of a mailbox into another one."""

    source_id: UUID
    target_id: UUID
    mailbox_message_ids: list[UUID]


class MessagesExpunged(Event, frozen=True):
    """Messages left a folder; their mailbox messages may be in others still."""

    folder_id: UUID
    mailbox_message_ids: list[UUID]


class MessagesErased(Event, frozen=True):
    """Mailbox messages that were in no folder any more: `mailbox_message_ids[i]` was a copy of
    `variant_ids[i]`, which is gone as well unless other mailboxes have it.
    """

    mailbox_message_ids: list[UUID]
    variant_ids: list[UUID]


class ThreadsMerged(Event, frozen=True):
    """A late parent joined threads: `from_ids[i]` went into `into_ids[i]`."""

    from_ids: list[UUID]
    into_ids: list[UUID]
