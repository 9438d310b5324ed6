"""A lane for live mail: what comes while an import's backlog is worked off is found at once.

The listener `search` takes everything, in order. This one looks beside it and takes a mail out of
its turn when something of an import lies before it; `search` then finds it in the index and goes
on. Both write in the turn of `search`, so that what it hears is erased is never written after that.
"""

import asyncio
from collections.abc import Callable, Sequence

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import SQL as EVENTS
from posthouse.foundation.events import Listener, run_listener
from posthouse.mail.mailboxes.events import MessagesFiled
from posthouse.mail.search import indexing
from posthouse.mail.search.indexing import LISTENER, SQL, index_messages

# Doors through which mailboxes come as a whole.
BULK_DOORS = ("import", "account")
# Of what lies before it so much is looked at: more than this is a backlog of live mail alone.
_LOOKED_AT = 200


async def index_live(tx: Tx, events: Sequence[MessagesFiled]) -> None:
    """Those of `events` that came in one by one, when an import keeps `search` from them."""
    live = [event for event in events if event.door not in BULK_DOORS]
    if not live or not await _has_import_before_it(tx):
        return
    await tx.execute(EVENTS["wait_for_turn"], listener=LISTENER.name)
    await index_messages(tx, live)


async def _has_import_before_it(tx: Tx) -> bool:
    waits: bool = await tx.value(
        SQL["bulk_waits"],
        listener=LISTENER.name,
        kind=MessagesFiled.__name__,
        doors=list(BULK_DOORS),
        limit=_LOOKED_AT,
    )
    return waits


# Once a second, and then all that an import has written meanwhile: a millisecond or two.
LIVE = Listener(
    name="search.live",
    kinds=(MessagesFiled,),
    handle=index_live,
    octets=1 << 20,
    tail=True,
    gather=1.0,
    flood_gather=1.0,
    gives_way=False,
)

LISTENERS = (LISTENER, LIVE)


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """The role: index what is filed, live mail first, and keep the index tidy."""
    async with asyncio.TaskGroup() as group:
        live = group.create_task(run_listener(database, LIVE))
        await indexing.serve(database, stop, ready)
        live.cancel()
