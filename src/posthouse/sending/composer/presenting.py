"""How far sent messages got, in the words of the API."""

from datetime import datetime, timedelta

from posthouse.foundation import clock
from posthouse.sending.composer.views import Delivery, MessageDelivery, RecipientDelivery
from posthouse.sending.outbox.model import MessageState, RecipientState, State

# Held for longer than an undo needs: somebody chose the time.
_UNDO_AT_MOST = timedelta(seconds=30)
_WORST_FIRST: tuple[Delivery, ...] = (
    "failed", "deferred", "scheduled", "held", "queued", "sent", "cancelled"
)  # fmt: skip
_FINAL: dict[State, Delivery] = {
    State.DELIVERED: "sent",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}


def delivery_view(state: MessageState) -> MessageDelivery:
    """A message as its sender is shown it."""
    now = clock.now()
    recipients = [_recipient(state, each, now) for each in state.recipients]
    summary = min((each.delivery for each in recipients), key=_WORST_FIRST.index)
    return MessageDelivery(
        id=state.mailbox_message_id,
        delivery=summary,
        send_at=state.held_until if summary == "scheduled" else None,
        undo_until=state.held_until if summary in ("held", "scheduled") else None,
        recipients=recipients,
    )


def _recipient(state: MessageState, each: RecipientState, now: datetime) -> RecipientDelivery:
    return RecipientDelivery(
        address=each.address,
        delivery=_delivery(state, each, now),
        attempts=each.attempts,
        status=each.status,
        reply=each.reply,
        host=each.host,
        reason=each.reason,
        last_attempt_at=each.last_attempt_at,
        next_attempt_at=each.next_attempt_at,
    )


def _delivery(state: MessageState, each: RecipientState, now: datetime) -> Delivery:
    final = _FINAL.get(each.state)
    if final is not None:
        return final
    if each.attempts:
        return "deferred"
    if state.held_until > now:
        chosen = state.held_until - state.created_at > _UNDO_AT_MOST
        return "scheduled" if chosen else "held"
    return "queued"
