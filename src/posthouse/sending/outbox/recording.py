"""Writing down what attempts brought: states, next attempts, events, reports to senders."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.events import announce
from posthouse.foundation.settings import Settings
from posthouse.protocols.dsn.build import Action
from posthouse.protocols.smtp.dsn import Notify
from posthouse.protocols.smtp.envelope import Fate
from posthouse.protocols.smtp.reply import Reply
from posthouse.security.vault import Keyring, keyring
from posthouse.sending.outbox import store
from posthouse.sending.outbox.events import Delivered, DeliveryFailed
from posthouse.sending.outbox.model import EXPIRED, Outcome, Share, State, pause_after
from posthouse.sending.outbox.notices import may_notify, notify_senders
from posthouse.sending.outbox.reports import seal_report


async def record_outcomes(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """The results of attempts for one workspace, reports to senders included, all or nothing."""
    now = clock.now()
    keys = await keyring(tx)
    late_after = timedelta(seconds=tx.database.service(Settings).delay_notice)
    outcomes = [_given_up(outcome, now) for outcome in outcomes]
    news: dict[UUID, Action] = {}
    for outcome in outcomes:
        if action := _news_for_sender(outcome, now, late_after):
            news[outcome.parcel.leased.recipient_id] = action
    worth_telling = [each for each in outcomes if each.parcel.leased.recipient_id in news]
    told = await may_notify(tx, worth_telling, now)
    rows = []
    for outcome in outcomes:
        action = news.get(outcome.parcel.leased.recipient_id)
        rows.append(_row(keys, outcome, action if _id(outcome) in told else None, now))
    changed = await store.record_attempts(tx, rows, now)
    outcomes = [each for each in outcomes if each.parcel.leased.recipient_id in changed]
    for kind in dict.fromkeys(news.values()):
        about = [each for each in outcomes if news.get(each.parcel.leased.recipient_id) == kind]
        await notify_senders(tx, [o for o in about if _id(o) in told], kind, now)
    _announce(tx, outcomes)
    await store.finish_messages(tx, sorted({_id(outcome) for outcome in outcomes}), now)


def _id(outcome: Outcome) -> UUID:
    return outcome.parcel.message.id


def _given_up(outcome: Outcome, now: datetime) -> Outcome:
    """After five days of trying a temporary failure is a permanent one."""
    waiting = outcome.fate in (Fate.TEMPORARY, Fate.UNCLEAR)
    if not waiting or now < outcome.parcel.give_up_at:
        return outcome
    reply = Reply(EXPIRED.code, f"{EXPIRED.text}. The last answer: {outcome.reply}", "4.4.7")
    return replace(outcome, fate=Fate.PERMANENT, reply=reply)


def _news_for_sender(outcome: Outcome, now: datetime, late_after: timedelta) -> Action | None:
    """What the sender should hear: a failure, and once that it takes long (RFC 5321 4.5.4.1).

    Whoever asked for something else hears that (RFC 3461 4.1); of a success only who asked.
    """
    wants = outcome.parcel.request.wants
    if outcome.fate is Fate.DELIVERED:
        if outcome.reports or not wants(Notify.SUCCESS):
            return None
        # RFC 3464 2.3.3: what a server took that tells nothing was relayed.
        return "delivered" if outcome.once else "relayed"
    if outcome.fate is Fate.PERMANENT:
        return "failed" if wants(Notify.FAILURE) else None
    if not wants(Notify.DELAY):
        return None
    message = outcome.parcel.message
    if message.forwarded_by:  # strangers need not hear of our haste; a failure they do
        return None
    waited = now - message.held_until - outcome.parcel.leased.unattended
    late = late_after and waited >= late_after
    by_hand = outcome.parcel.leased.share is Share.PEOPLE
    return "delayed" if late and by_hand and not outcome.parcel.delay_told else None


def _row(keys: Keyring, outcome: Outcome, told: Action | None, now: datetime) -> store.AttemptRow:
    leased = outcome.parcel.leased
    state, next_attempt = State.QUEUED, None
    if outcome.fate is Fate.DELIVERED:
        state = State.DELIVERED
    elif outcome.fate is Fate.PERMANENT:
        state = State.FAILED
    else:
        next_attempt = outcome.again_at or now + pause_after(leased.attempts, outcome.reply)
    return store.AttemptRow(
        id=leased.recipient_id,
        state=state,
        attempts=leased.attempts - (outcome.again_at is not None),
        # An attempt of which only the beginning is on record may have been a success.
        unclear=outcome.fate is Fate.UNCLEAR or (leased.interrupted and not outcome.once),
        status=outcome.reply.enhanced or f"{outcome.reply.code // 100}.0.0",
        report=seal_report(
            keys,
            leased.recipient_id,
            reply=str(outcome.reply),
            host=outcome.host,
            trouble=outcome.trouble or "",
        ),
        next_attempt=next_attempt,
        notified=told == "failed",
        delay_told=told == "delayed",
        site=outcome.site,
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
