"""Reading the log from a place on."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import msgspec

from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.events.listener import Listener, Write
from posthouse.foundation.events.log import SQL, Event

Place = tuple[int, int]
"""Of an event in the log: the number of its transaction, and its own."""


@dataclass(frozen=True, slots=True)
class Read:
    """Events from a place on. `end` is the newest of any kind; `full`: there may be more;
    `held_back`: there is something that an older transaction keeps from being read.
    """

    place: Place
    rows: list[Row]
    end: Place
    full: bool
    held_back: bool


@dataclass(slots=True)
class Batch:
    """Events of one workspace: they follow `place`, behind them is `end`."""

    rows: list[Row]
    place: Place
    end: Place
    made: asyncio.Future[Write] | None = None


def batches(found: Read) -> Iterator[Batch]:
    """What was read, by workspace. The last one ends behind the events of other kinds that were
    read past, so that the next look does not wade through them.
    """
    place = found.place
    groups = [list(group) for _, group in groupby(found.rows, key=lambda row: row["workspace_id"])]
    for number, rows in enumerate(groups, 1):
        whole = number == len(groups) and not found.full
        end = max(found.end, place_of(rows[-1])) if whole else place_of(rows[-1])
        yield Batch(rows, place, end)
        place = end


async def read(
    database: Database, listener: Listener, *, tidy: bool, after: Place | None = None
) -> Read:
    """What follows `after`, or else the cursor. With nothing to handle the cursor moves over what
    was read past only to be `tidy`.
    """
    async with database.system() as tx:
        place = after or await _cursor(tx, listener)
        rows = await tx.rows(
            SQL["read_events"],
            xid=place[0],
            seq=place[1],
            kinds=[kind.__name__ for kind in listener.kinds],
            limit=listener.batch,
            octets=listener.octets,
        )
        if not rows:  # the log is empty
            return Read(place, [], place, full=False, held_back=False)
        found = [row for row in rows if row["seq"] is not None]
        end = (rows[0]["end_xid"], rows[0]["end_seq"])
        full = rows[0]["near"] > len(found) or len(found) == listener.batch
        if tidy and not found and end > place:
            await tx.execute(
                SQL["pass_over"],
                listener=listener.name,
                from_xid=place[0],
                from_seq=place[1],
                xid=end[0],
                seq=end[1],
            )
        return Read(place, found, end, full, rows[0]["held_back"])


async def _cursor(tx: Tx, listener: Listener) -> Place:
    cursor = await tx.row(SQL["read_cursor"], listener=listener.name)
    if cursor is None:
        start = SQL["start_at_end"] if listener.tail else SQL["start_at_beginning"]
        await tx.execute(start, listener=listener.name)
        cursor = await tx.row(SQL["read_cursor"], listener=listener.name)
    assert cursor is not None
    return place_of(cursor)


def events_of(rows: Sequence[Row]) -> list[Event]:
    """As listeners know them."""
    return [msgspec.convert(row["body"], Event.kinds[row["kind"]]) for row in rows]


def place_of(row: Row) -> Place:
    """Of an event or a cursor."""
    return row["xid"], row["seq"]
