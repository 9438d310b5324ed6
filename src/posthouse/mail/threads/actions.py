"""Finding and merging threads, inside the transaction that files the messages or repairs them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.ids import id_before, new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.threads.macros import RELATIVES_MACROS
from posthouse.mail.threads.model import MOST_BEARERS, Known, Newcomer, Placement, place

SQL = load_queries("posthouse.mail.threads", macros=RELATIVES_MACROS)
# No transaction that files mail runs longer: a statement may take a minute, then it is cut.
_LONGEST_TRANSACTION = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """What may have to be joined: Message-IDs with relatives in several threads, and threads that
    had merged before a message came into them.
    """

    keys: list[bytes]
    thread_ids: list[UUID]


def place_messages(newcomers: Sequence[Newcomer], relatives: Iterable[Known]) -> Placement:
    """Threads for a batch of new messages, among what `relatives_of` their Message-IDs found.

    More may have been asked for: who is no relative of these is left out.
    """
    keys = {key for newcomer in newcomers for key in newcomer.reference_keys}
    keys.update(n.message_id_key for n in newcomers if n.message_id_key is not None)
    return place(newcomers, _those_around(keys, relatives), new_id)


def relative(row: Row) -> Known:
    """A row of `relatives_of`."""
    return Known(
        message_id=row["id"],
        message_id_key=row["message_id_key"],
        reference_keys=tuple(row["reference_keys"]),
        subject_key=row["subject_key"],
        is_reply=row["is_reply"],
        thread_id=row["thread_id"],
        size=row["size"],
    )


async def find_parted(tx: Tx, mailbox_message_ids: Collection[UUID]) -> Parted:
    """What stands apart around mailbox messages that have been committed.

    Two transactions that run at the same time do not see each other's messages: of a parent and
    its reply, each is placed as if the other did not exist. Whoever looks after both have
    committed sees both.
    """
    rows = await tx.rows(
        SQL["find_parted"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
        since=id_before(min(mailbox_message_ids), _LONGEST_TRANSACTION),
        most_bearers=MOST_BEARERS,
    )
    return Parted(
        keys=[row["key"] for row in rows if row["key"] is not None],
        thread_ids=[row["thread_id"] for row in rows if row["thread_id"] is not None],
    )


async def merges_around(tx: Tx, keys: Collection[bytes]) -> dict[UUID, UUID]:
    """Which threads merge by the rules of placing (from → into) around these Message-IDs."""
    if not keys:
        return {}
    rows = await tx.rows(SQL["find_relatives"], workspace_id=tx.workspace, keys=sorted(keys))
    return place((), _those_around(keys, map(relative, rows)), new_id).merges


async def find_leftovers(tx: Tx, thread_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Those of `thread_ids` that went into another and still hold something: from → into."""
    rows = await tx.rows(
        SQL["find_leftovers"], workspace_id=tx.workspace, thread_ids=list(thread_ids)
    )
    return {row["from_id"]: row["into_id"] for row in rows}


async def mark_merged(tx: Tx, merges: Mapping[UUID, UUID]) -> None:
    """Say where the messages of merged threads went; the rooms that repeat thread ids move them."""
    await tx.execute(
        SQL["mark_merged"],
        workspace_id=tx.workspace,
        from_ids=list(merges),
        into_ids=list(merges.values()),
    )


def _those_around(keys: Collection[bytes], relatives: Iterable[Known]) -> list[Known]:
    """The relatives by these Message-IDs, oldest first, naming no others."""
    around = []
    for one in sorted(relatives, key=lambda one: one.message_id):
        named = tuple([key for key in one.reference_keys if key in keys])
        if len(named) == len(one.reference_keys) and (named or one.message_id_key in keys):
            around.append(one)
        elif named or one.message_id_key in keys:
            around.append(replace(one, reference_keys=named))
    return around
