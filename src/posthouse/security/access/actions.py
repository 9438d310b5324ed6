"""What an actor may read, write and send; giving and taking it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Denied, Invalid, NotFound
from posthouse.security.access import store
from posthouse.security.access.model import (
    Grant,
    Holder,
    Level,
    MailboxAccess,
    Reach,
    Right,
    highest,
)
from posthouse.security.members.model import Actor, Scope


async def mailboxes_of(tx: Tx, actor: Actor) -> list[MailboxAccess]:
    """The mailboxes an actor has as a whole: the own one first, then shared ones by address.

    Mailboxes of which only threads were shared are not among them. Raises Denied for a key with no
    scope over mail.
    """
    if not actor.scopes & {Scope.MAIL_READ, Scope.MAIL_SEND}:
        actor.require(Scope.MAIL_READ)
    rows = await store.list_mailboxes(tx, actor.member_id, everything=actor.is_system)
    return [_access(row, actor) for row in rows]


async def reach_of(tx: Tx, actor: Actor) -> Reach:
    """What `actor` may read, for `{{readable mm}}`. Raises Denied for a key that may not read."""
    actor.require(Scope.MAIL_READ)
    mailboxes = await mailboxes_of(tx, actor)
    return Reach(
        member_id=actor.member_id,
        mailboxes={mailbox.id: mailbox.level for mailbox in mailboxes if mailbox.level},
    )


async def levels_of(
    tx: Tx, reach: Reach, messages: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Level]:
    """(mailbox, thread) → what may be shown of its messages; nothing for those out of reach."""
    asked = set(messages)
    levels = {pair: reach.mailboxes[pair[0]] for pair in asked if pair[0] in reach.mailboxes}
    unsure = [pair for pair in asked if levels.get(pair) is not Level.FULL]
    if unsure:
        for pair, level in (await store.thread_levels(tx, reach.member_id, unsure)).items():
            levels[pair] = highest([level, *filter(None, [levels.get(pair)])])
    return levels


async def require_mailbox(
    tx: Tx, actor: Actor, mailbox_id: UUID, right: Right, *, level: Level = Level.FULL
) -> MailboxAccess:
    """The mailbox, when `actor` has `right` over the whole of it; reading at least at `level`.

    Raises NotFound when the actor may not know of it, Denied when the right is missing.
    """
    if right == "write":
        actor.require(Scope.MAIL_WRITE)
    elif right == "send":
        actor.require(Scope.MAIL_SEND)
    for mailbox in await mailboxes_of(tx, actor):
        if mailbox.id == mailbox_id:
            _check(mailbox, right, level)
            return mailbox
    raise NotFound("There is no such mailbox.")


async def grant(
    tx: Tx,
    actor: Actor,
    *,
    member_id: UUID,
    mailbox_id: UUID,
    thread_id: UUID | None = None,
    level: Level,
    may_write: bool = False,
    may_send: bool = False,
    source: str = "share",
    expires_at: datetime | None = None,
) -> None:
    """Let a member into a mailbox, or into one thread as this mailbox holds it.

    A personal mailbox is shared by its owner alone, a shared one by admins; its readers may share
    single threads as far as they read them. `source` says which room gave it; the same source
    giving again replaces. Raises NotFound, Denied, Invalid.
    """
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid("The end lies in the past.", field="expires_at")
    if thread_id is not None and may_send:
        raise Invalid("A thread cannot be sent from.", field="may_send")
    if (may_write or may_send) and level is not Level.FULL:
        raise Invalid("Who may write or send reads in full.", field="level")
    if not await _decides(tx, actor, mailbox_id):
        await _check_reader_may_share(tx, actor, mailbox_id, thread_id, may_write)
    try:
        await store.save_grant(
            tx,
            member_id=member_id,
            mailbox_id=mailbox_id,
            thread_id=thread_id,
            level=level,
            may_write=may_write,
            may_send=may_send,
            source=source,
            expires_at=expires_at,
        )
    except asyncpg.ForeignKeyViolationError:
        raise NotFound("There is no such member.", field="member_id") from None
    tx.signal(f"member:{member_id}")


async def revoke(
    tx: Tx,
    actor: Actor,
    *,
    member_id: UUID,
    mailbox_id: UUID,
    thread_id: UUID | None = None,
    source: str = "share",
) -> None:
    """Take back what `source` gave: by who decides about the mailbox, or by the member.

    Raises NotFound, Denied.
    """
    if actor.member_id != member_id and not await _decides(tx, actor, mailbox_id):
        raise Denied("Only who decides about this mailbox may do this.")
    gone = await store.delete_grant(
        tx, member_id=member_id, mailbox_id=mailbox_id, thread_id=thread_id, source=source
    )
    if not gone:
        raise NotFound("There is no such grant.")
    tx.signal(f"member:{member_id}")


async def list_grants(tx: Tx, actor: Actor, mailbox_id: UUID) -> list[Grant]:
    """Who was let in, for who decides about the mailbox. Raises NotFound, Denied."""
    if not await _decides(tx, actor, mailbox_id):
        raise Denied("Only who decides about this mailbox may do this.")
    return await store.list_grants(tx, mailbox_id)


async def may_share(tx: Tx, actor: Actor, mailbox_id: UUID) -> bool:
    """Whether the actor decides who gets in. Raises NotFound."""
    if not actor.is_system and Scope.SETTINGS not in actor.scopes:
        return False
    return await _decides(tx, actor, mailbox_id)


async def holders_of(tx: Tx, actor: Actor, mailbox_id: UUID) -> list[Holder]:
    """Who has the whole mailbox in full, for who decides about it. Raises NotFound, Denied."""
    if not await _decides(tx, actor, mailbox_id):
        raise Denied("Only who decides about this mailbox may do this.")
    return [
        Holder(
            address=row["address"],
            may_write=row["owned"] or row["may_write"],
            may_send=row["owned"] or row["may_send"],
            owns=row["owned"],
        )
        for row in await store.list_holders(tx, mailbox_id)
    ]


async def follow_threads(tx: Tx, from_ids: Sequence[UUID], into_id: UUID) -> None:
    """Threads became one: grants move along. Called by whoever merges, in the same transaction."""
    await store.follow_threads(tx, from_ids, into_id)


def _access(row: Row, actor: Actor) -> MailboxAccess:
    everything = row["owned"] or actor.is_system
    level = Level.FULL if everything else highest(row["levels"])
    return MailboxAccess(
        id=row["id"],
        address=row["address"],
        aliases=tuple(row["aliases"]),
        name=row["name"],
        kind=row["kind"],
        level=level if Scope.MAIL_READ in actor.scopes else None,
        may_write=(everything or row["may_write"]) and Scope.MAIL_WRITE in actor.scopes,
        # Our own servers may not send in the name of an address whose mail is elsewhere.
        may_send=(everything or row["may_send"])
        and row["sends"]
        and Scope.MAIL_SEND in actor.scopes,
    )


def _check(mailbox: MailboxAccess, right: Right, level: Level) -> None:
    if right == "read" and (mailbox.level is None or not mailbox.level.shows(level)):
        raise Denied("You may not read this mailbox.")
    if right == "write" and not mailbox.may_write:
        raise Denied("You may only read this mailbox.")
    if right == "send" and not mailbox.may_send:
        raise Denied("You may not send from this mailbox.")


async def _decides(tx: Tx, actor: Actor, mailbox_id: UUID) -> bool:
    """Whether the actor decides who gets in. Raises NotFound when there is no such mailbox."""
    owner = await store.read_owner(tx, mailbox_id)
    if owner is None:
        raise NotFound("There is no such mailbox.")
    if actor.is_system:
        return True
    actor.require(Scope.SETTINGS)
    kind, owner_member_id = owner
    return actor.is_admin if kind == "shared" else owner_member_id == actor.member_id


async def _check_reader_may_share(
    tx: Tx, actor: Actor, mailbox_id: UUID, thread_id: UUID | None, may_write: bool
) -> None:
    mailbox = await require_mailbox(tx, actor, mailbox_id, "read")
    if thread_id is None or mailbox.kind == "personal":
        raise Denied("Only who decides about this mailbox may do this.")
    if may_write and not mailbox.may_write:
        raise Denied("You may only read this mailbox.")
