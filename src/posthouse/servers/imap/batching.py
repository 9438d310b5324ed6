"""How many messages are read at once: bounded in number and, where content is read, in octets."""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from posthouse.mail.mailboxes.model import Fetched
from posthouse.servers.imap.session import Session
from posthouse.servers.imap.store import Store

SIZE = "size"  # the key of sizes among what is kept
_SIZES_AT_ONCE = 2_000
_SIZE = frozenset({"size"})


async def by_octets(session: Session, uids: Sequence[int]) -> AsyncGenerator[list[int], None]:
    """`uids` in batches for reading whole messages; one message may be bigger than a batch."""
    if len(uids) == 1:
        yield list(uids)
        return
    limits = session.context.limits
    for start in range(0, len(uids), _SIZES_AT_ONCE):
        part = uids[start : start + _SIZES_AT_ONCE]
        sizes = await _sizes(session, part)
        batch: list[int] = []
        octets = 0
        for uid in part:
            size = sizes.get(uid, 0)
            full = len(batch) >= limits.batch_messages or octets + size > limits.batch_octets
            if batch and full:
                yield batch
                batch, octets = [], 0
            batch.append(uid)
            octets += size
        if batch:
            yield batch


async def by_number(uids: Sequence[int], at_once: int) -> AsyncGenerator[Sequence[int], None]:
    """`uids` in batches for reading what is small."""
    for start in range(0, len(uids), at_once):
        yield uids[start : start + at_once]


async def read_ahead(
    store: Store,
    folder_id: UUID,
    batches: AsyncGenerator[Sequence[int], None],
    want: frozenset[str],
) -> AsyncGenerator[list[Fetched], None]:
    """Rows of each batch of uids in turn; the next one is read while the caller works on this."""
    reading: asyncio.Task[list[Fetched]] | None = None
    try:
        async for batch in batches:
            rows = await reading if reading is not None else None
            reading = asyncio.create_task(store.fetch(folder_id, batch, want))
            if rows is not None:
                yield rows
        if reading is not None:
            yield await reading
    finally:
        if reading is not None:
            reading.cancel()


async def _sizes(session: Session, uids: Sequence[int]) -> dict[int, int]:
    """Sizes of `uids`; those of the uids after them are read too: clients read in order."""
    kept, view = session.kept, session.view
    column = kept.column(SIZE)
    sizes = {uid: column[uid] for uid in uids if uid in column}
    if len(sizes) < len(uids):
        position = bisect_left(view.uids, uids[-1]) + 1
        more = view.uids[position : position + _SIZES_AT_ONCE - len(uids)]
        epoch = kept.epoch
        for row in await session.store.fetch(view.folder_id, [*uids, *more], _SIZE):
            sizes[row.uid] = row.size
            kept.keep(SIZE, row.uid, row.size, epoch=epoch)
    return sizes
