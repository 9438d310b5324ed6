"""Writing down what attempts brought: states, next attempts, events, reports to senders."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.events import announce
from posthouse.protocols.smtp.envelope import Fate
from posthouse.protocols.smtp.reply import Reply
from posthouse.security.vault import Keyring, keyring
from posthouse.sending.outbox import store
from posthouse.sending.outbox.events import Delivered, DeliveryFailed
from posthouse.sending.outbox.model import EXPIRED, Outcome, State, pause_after
from posthouse.sending.outbox.notices import may_notify, notify_senders
from posthouse.sending.outbox.reports import seal_report


async def record_outcomes(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """The results of attempts for one workspace, failure reports included, all or nothing."""
    now = clock.now()
    keys = await keyring(tx)
    outcomes = [_given_up(outcome, now) for outcome in outcomes]
    failed = [outcome for outcome in outcomes if outcome.fate is Fate.PERMANENT]
    told = await may_notify(tx, failed, now)
    rows = [_row(keys, outcome, outcome.parcel.message.id in told, now) for outcome in outcomes]
    changed = await store.record_attempts(tx, rows, now)
    outcomes = [each for each in outcomes if each.parcel.leased.recipient_id in changed]
    await notify_senders(
        tx,
        [each for each in outcomes if each.fate is Fate.PERMANENT],
        told,
        now,
    )
    _announce(tx, outcomes)
    messages = {outcome.parcel.message.id for outcome in outcomes}
    await store.finish_messages(tx, sorted(messages), now)


def _given_up(outcome: Outcome, now: datetime) -> Outcome:
    """After five days a temporary failure is a permanent one."""
    waiting = outcome.fate in (Fate.TEMPORARY, Fate.UNCLEAR)
    if not waiting or now < outcome.parcel.message.give_up_at:
        return outcome
    reply = Reply(EXPIRED.code, f"{EXPIRED.text}. The last answer: {outcome.reply}", "4.4.7")
    return replace(outcome, fate=Fate.PERMANENT, reply=reply)


def _row(keys: Keyring, outcome: Outcome, told: bool, now: datetime) -> store.AttemptRow:
    leased = outcome.parcel.leased
    state, next_attempt = State.QUEUED, None
    if outcome.fate is Fate.DELIVERED:
        state = State.DELIVERED
    elif outcome.fate is Fate.PERMANENT:
        state = State.FAILED
    else:
        next_attempt = now + pause_after(leased.attempts, outcome.reply)
    return store.AttemptRow(
        id=leased.recipient_id,
        state=state,
        attempts=leased.attempts,
        # An attempt of which only the beginning is on record may have been a success.
        unclear=outcome.fate is Fate.UNCLEAR or (leased.interrupted and not outcome.once),
        status=outcome.reply.enhanced or f"{outcome.reply.code // 100}.0.0",
        report=seal_report(keys, leased.recipient_id, reply=str(outcome.reply), host=outcome.host),
        next_attempt=next_attempt,
        notified=told and state is State.FAILED,
    )


def _announce(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    for kind, fate in ((Delivered, Fate.DELIVERED), (DeliveryFailed, Fate.PERMANENT)):
        reached = [outcome.parcel for outcome in outcomes if outcome.fate is fate]
        if reached:
            announce(
                tx,
                kind(
                    outbox_message_ids=_unique(parcel.message.id for parcel in reached),
                    mailbox_message_ids=_unique(p.message.mailbox_message_id for p in reached),
                    recipient_ids=[parcel.leased.recipient_id for parcel in reached],
                ),
            )


def _unique(ids: Iterable[UUID | None]) -> list[UUID]:
    return list(dict.fromkeys(each for each in ids if each is not None))
