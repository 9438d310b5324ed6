"""What the store makes good behind the writers: threads that were filed apart at the same time."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.events import Listener
from posthouse.mail.mailboxes.events import MessagesFiled, ThreadsMerged
from posthouse.mail.mailboxes.merging import merge_threads
from posthouse.mail.threads.actions import find_leftovers, find_parted, merges_around


async def join_threads(tx: Tx, events: Sequence[MessagesFiled | ThreadsMerged]) -> None:
    """Join what would have been one thread had its writers seen each other.

    Usually one statement that finds nothing. Of two messages filed side by side the event that is
    handled later finds the other one committed; so does ThreadsMerged what was filed into a thread
    while it merged away.
    """
    filed: set[UUID] = set()
    merged: set[UUID] = set()
    for event in events:
        if isinstance(event, MessagesFiled):
            filed.update(event.mailbox_message_ids)
        else:
            merged.update(event.from_ids, event.into_ids)
    keys: list[bytes] = []
    if filed:
        parted = await find_parted(tx, filed)
        merged.update(parted.thread_ids)
        keys = parted.keys
    if merged and (leftovers := await find_leftovers(tx, merged)):
        await merge_threads(tx, leftovers)
    if keys and (merges := await merges_around(tx, keys)):
        await merge_threads(tx, merges)


# Nobody waits for it: a second of mail is looked at together.
LISTENERS = (
    Listener(
        name="mailboxes.threads",
        kinds=(MessagesFiled, ThreadsMerged),
        handle=join_threads,
        batch=200,
        gather=1.0,
    ),
)
