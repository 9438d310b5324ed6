"""What the outbox announces. Ids only; `mailbox_message_ids` are the senders' copies in Sent."""

from uuid import UUID

from posthouse.foundation.events import Event


class MessagesQueued(Event, frozen=True):
    """Messages were taken for sending; they may still be held."""

    outbox_message_ids: list[UUID]
    mailbox_message_ids: list[UUID]


class SendingUndone(Event, frozen=True):
    """Messages were taken back before they left; their copies are gone from Sent."""

    outbox_message_ids: list[UUID]
    mailbox_message_ids: list[UUID]


class Delivered(Event, frozen=True):
    """Recipients' servers, or mailboxes of this house, took messages."""

    outbox_message_ids: list[UUID]
    mailbox_message_ids: list[UUID]
    recipient_ids: list[UUID]


class DeliveryFailed(Event, frozen=True):
    """Recipients will not get messages: refused, given up, or reported back later."""

    outbox_message_ids: list[UUID]
    mailbox_message_ids: list[UUID]
    recipient_ids: list[UUID]
