"""Setting and lifting holds."""

import logging
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.mail.holds import store
from posthouse.mail.holds.model import LONGEST_REASON, Hold
from posthouse.security.members import Actor, normal_address

log = logging.getLogger(__name__)


async def list_holds(tx: Tx, actor: Actor) -> list[Hold]:
    """All there were, those that hold first. Raises Denied."""
    actor.require_admin()
    return await store.list_holds(tx)


async def read_hold(tx: Tx, actor: Actor, hold_id: UUID) -> Hold:
    """Raises Denied, NotFound."""
    actor.require_admin()
    found = await store.list_holds(tx, hold_id)
    if not found:
        raise NotFound("There is no such hold.")
    return found[0]


async def set_hold(tx: Tx, actor: Actor, address: str, reason: str) -> Hold:
    """Once committed, nothing of the mailbox is erased. Raises Denied, Invalid, NotFound."""
    actor.require_admin()
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or "\x00" in reason:
        raise Invalid("Say why, in up to 2,000 characters.", field="reason")
    wanted = normal_address(address)
    mailbox_id = await store.hold_mailbox(tx, wanted)
    if mailbox_id is None:
        raise NotFound(f"There is no mailbox {wanted}.", field="mailbox")
    hold_id = await store.insert_hold(tx, mailbox_id, reason, _who(actor), clock.now())
    log.info("hold %s on mailbox %s set by %s", hold_id, mailbox_id, _who(actor))
    return await read_hold(tx, actor, hold_id)


async def lift_hold(tx: Tx, actor: Actor, hold_id: UUID) -> Hold:
    """What was kept for it alone is erased from now on. Raises Denied, NotFound, Conflict."""
    actor.require_admin()
    now = clock.now()
    mailbox_id = await store.lift_hold(tx, hold_id, _who(actor), now)
    if mailbox_id is None:
        await read_hold(tx, actor, hold_id)
        raise Conflict("This hold was lifted before.")
    await store.release_mailbox(tx, mailbox_id, now)
    log.info("hold %s on mailbox %s lifted by %s", hold_id, mailbox_id, _who(actor))
    return await read_hold(tx, actor, hold_id)


def _who(actor: Actor) -> UUID | None:
    return None if actor.is_system else actor.member_id
