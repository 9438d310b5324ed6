"""What a client that comes back is told (RFC 7162 3.2.5, 3.2.6): what left, then what changed."""

import asyncio
from collections.abc import Sequence
from itertools import chain

from posthouse.protocols.imap.fetch import Attribute, FetchItem
from posthouse.protocols.imap.responses import vanished_lines
from posthouse.protocols.imap.resync import Resync, among, holes, untouched_up_to
from posthouse.protocols.imap.sequence import SequenceSet, compress
from posthouse.servers.imap.rendering import from_view
from posthouse.servers.imap.session import Session
from posthouse.servers.imap.state import FolderView

_LINES_AT_ONCE = 2_000  # of flags and uids: a few milliseconds of work
_EVERYTHING = SequenceSet(((1, 0),))  # 1:*
_RESTATED = (Attribute.UID, Attribute.FLAGS, Attribute.MODSEQ)


async def resynchronise(session: Session, view: FolderView, resync: Resync) -> None:
    """Of the uids the client knows, those that left and those that changed since it left."""
    known = resync.known or _EVERYTHING
    untouched = untouched_up_to(resync, view.uids)
    await tell_vanished(session, view, resync.modseq, known, untouched=untouched)
    indexes = chain.from_iterable(known.positions_of_uids(view.uids))
    changed = [index for index in indexes if view.modseqs[index] > resync.modseq]
    await tell_from_view(session, view, _RESTATED, changed)


async def tell_vanished(
    session: Session,
    view: FolderView,
    modseq: int,
    known: SequenceSet,
    *,
    untouched: int = 0,
) -> None:
    """VANISHED (EARLIER) for the `known` uids that left after `modseq`.

    Where the log was trimmed: for all that are not there, except below `untouched` (RFC 7162 5.2).
    What the view still holds is told later, by a VANISHED that moves message numbers.
    """
    log = await session.store.expunged(view.folder_id, modseq)
    # `*` is the highest uid there ever was: the last message of all may be what left.
    highest = log.uid_next - 1
    bounds = [(low, min(high, highest)) for low, high in known.bounds(highest)]
    if log.uids is None:
        runs = holes(bounds, view.uids, untouched)
    else:
        runs = compress(uid for uid in among(bounds, log.uids) if view.position(uid) is None)
    session.connection.write(vanished_lines(runs, earlier=True))
    await session.connection.drain()


async def tell_from_view(
    session: Session, view: FolderView, items: Sequence[FetchItem], indexes: Sequence[int]
) -> None:
    """FETCH responses that need no reading, in slices."""
    for start in range(0, len(indexes), _LINES_AT_ONCE):
        session.connection.write(from_view(view, items, indexes[start : start + _LINES_AT_ONCE]))
        await session.connection.drain()
        await asyncio.sleep(0)
