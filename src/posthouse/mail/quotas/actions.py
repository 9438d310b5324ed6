"""Asking what mailboxes use, setting what they may hold, and refusing what does not fit."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Full, Invalid, NotFound
from posthouse.mail.quotas import store
from posthouse.mail.quotas.model import FULL, Limits, MailboxUsage
from posthouse.security.access import Level, mailboxes_of
from posthouse.security.members import Actor, normal_address

_MOST = 2**53  # beyond it, numbers in JSON are not exact


async def require_room(tx: Tx, mailbox_ids: Sequence[UUID]) -> None:
    """After filing or copying, in the same transaction. Raises Full when one holds too much.

    Others that fill the same mailbox wait, so that together they do not surpass its limit.
    """
    limited = await store.lock_limited(tx, mailbox_ids)
    if not limited:
        return
    # By a statement of its own: one that had to wait for the lock would see sums from before.
    if any(each.usage.is_over for each in await store.usage_of(tx, limited)):
        raise Full(FULL)


async def own_usage(tx: Tx, actor: Actor) -> list[MailboxUsage]:
    """Of the mailboxes whose mail the actor may read in full."""
    mailboxes = [each.id for each in await mailboxes_of(tx, actor) if each.level is Level.FULL]
    return await store.usage_of(tx, mailboxes)


async def all_usage(tx: Tx, actor: Actor) -> tuple[Limits, list[MailboxUsage]]:
    """The workspace's default, and all of its mailboxes. Raises Denied."""
    actor.require_admin()
    return await store.read_default(tx), await store.usage_of(tx)


async def set_default(tx: Tx, actor: Actor, limits: Limits) -> Limits:
    """For mailboxes without limits of their own; 0 is no limit. Raises Denied, Invalid."""
    actor.require_admin()
    _check(limits.octets, limits.messages)
    await store.set_default(tx, limits)
    return limits


async def set_limits(
    tx: Tx, actor: Actor, address: str, *, octets: int | None, messages: int | None
) -> MailboxUsage:
    """Of one mailbox: 0 is no limit, None as the workspace says. Raises Denied, Invalid, NotFound.

    Nothing is deleted when it holds more than that already.
    """
    actor.require_admin()
    _check(octets or 0, messages or 0)
    wanted = normal_address(address)
    mailbox_id = await store.set_own(tx, wanted, octets=octets, messages=messages)
    if mailbox_id is None:
        raise NotFound(f"There is no mailbox {wanted}.")
    return (await store.usage_of(tx, [mailbox_id]))[0]


def _check(octets: int, messages: int) -> None:
    if not 0 <= octets <= _MOST:
        raise Invalid("A size is a number of octets from 0 up.", field="octets")
    if not 0 <= messages <= _MOST:
        raise Invalid("A number of messages is a number from 0 up.", field="messages")
