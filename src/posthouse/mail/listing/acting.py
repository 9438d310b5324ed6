"""What members do to threads in a list: read, flag, move; each with what undoes it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.mail.listing import store
from posthouse.mail.listing.views import Act, Acted, ThreadActs
from posthouse.mail.mailboxes.changing import Operation, move_messages, store_flags
from posthouse.mail.mailboxes.folders import folder_by_use, read_folder
from posthouse.mail.mailboxes.model import Flags, SpecialUse
from posthouse.mail.mailboxes.reading import seen_belongs_to
from posthouse.security.access import require_mailbox
from posthouse.security.members import Actor

_MOST = 1000
_USES: Mapping[Act, SpecialUse] = {
    "done": "archive",
    "trash": "trash",
    "junk": "junk",
    "inbox": "inbox",
}
_FLAGS: Mapping[Act, tuple[Operation, Flags]] = {
    "read": ("+", Flags.SEEN),
    "unread": ("-", Flags.SEEN),
    "flag": ("+", Flags.FLAGGED),
    "unflag": ("-", Flags.FLAGGED),
}
_INVERSE: Mapping[Act, Act] = {
    "read": "unread",
    "unread": "read",
    "flag": "unflag",
    "unflag": "flag",
}
# Of a thread only the newest message is meant.
_NEWEST_ONLY: frozenset[Act] = frozenset(("unread", "flag"))


async def act_on_threads(tx: Tx, actor: Actor, wanted: ThreadActs) -> Acted:
    """Do one thing to threads in a folder. Raises NotFound, Denied, Invalid."""
    if len(wanted.ids) + len(wanted.message_ids) > _MOST:
        raise Invalid(f"At most {_MOST} at once.", field="ids")
    mailbox = await require_mailbox(tx, actor, wanted.mailbox, "write")
    folder = await read_folder(tx, wanted.folder)
    if folder.mailbox_id != mailbox.id:
        raise NotFound("There is no such folder.")
    member_id = await seen_belongs_to(tx, mailbox.id, actor.member_id)
    rows = await store.find_acted(
        tx, folder.id, member_id, thread_ids=wanted.ids, message_ids=wanted.message_ids
    )
    if wanted.act in _FLAGS:
        return await _flag(tx, wanted, rows, member_id)
    return await _move(tx, wanted, rows, member_id)


async def _flag(tx: Tx, wanted: ThreadActs, rows: Sequence[Row], member_id: UUID | None) -> Acted:
    operation, flag = _FLAGS[wanted.act]
    if wanted.act in _NEWEST_ONLY:
        rows = [row for row in rows if row["newest"] or row["named"]]
    rows = [row for row in rows if bool(row["flags"] & flag) is (operation == "-")]
    if not rows:
        return Acted(messages=0, undo=None)
    uids = [row["uid"] for row in rows]
    await store_flags(tx, wanted.folder, uids, operation, flag, member_id=member_id)
    return _acted(wanted, rows, _INVERSE[wanted.act], wanted.folder, None)


async def _move(tx: Tx, wanted: ThreadActs, rows: Sequence[Row], member_id: UUID | None) -> Acted:
    target_id = await _target(tx, wanted)
    if not rows or target_id == wanted.folder:
        return Acted(messages=0, undo=None)
    uids = [row["uid"] for row in rows]
    await move_messages(tx, wanted.folder, uids, target_id, member_id=member_id)
    return _acted(wanted, rows, "move", target_id, wanted.folder)


async def _target(tx: Tx, wanted: ThreadActs) -> UUID:
    if wanted.act in _USES:
        return await folder_by_use(tx, wanted.mailbox, _USES[wanted.act])
    if wanted.to is None:
        raise Invalid("Say where to move them.", field="to")
    folder = await read_folder(tx, wanted.to)
    if folder.mailbox_id != wanted.mailbox:
        raise NotFound("There is no such folder.")
    return folder.id


def _acted(
    wanted: ThreadActs, rows: Sequence[Row], inverse: Act, folder_id: UUID, to: UUID | None
) -> Acted:
    return Acted(
        messages=len(rows),
        undo=ThreadActs(
            mailbox=wanted.mailbox,
            folder=folder_id,
            act=inverse,
            message_ids=[row["mailbox_message_id"] for row in rows],
            to=to,
        ),
    )
