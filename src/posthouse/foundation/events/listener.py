"""Who follows the log."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events.log import Event

_BATCH = 500
_BATCH_OCTETS = 32 * 1024
# Looking costs the same for one event as for a hundred; a person notices half a second.
_GATHER_SECONDS = 0.25
_FLOOD_GATHER_SECONDS = 10.0

Handler = Callable[[Tx, Sequence[Any]], Awaitable[None]]
Write = Callable[[Tx], Awaitable[None]]
Ahead = Callable[[Database, UUID, Sequence[Any]], Awaitable[Write]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A set-based reaction to events: `handle` gets up to `batch` of them, of one workspace, as
    long as their bodies fill less than `octets`; a message is named in 40 or 80.

    `name` is its cursor in the database: keep it for ever. `tail` listeners start at the end of
    the log when they are new; others start at its beginning. `gather` seconds at least lie between
    two looks at a log that was read to its end, `flood_gather` while events pour in: what can wait
    costs less in larger batches, and leaves the processor to those who wait for an answer. One
    that `gives_way` looks only every few seconds while an import writes: mail is to be readable
    first, and all of it is understood no later for that.

    `ahead` does in two steps what `handle` does, for a backlog: it reads and makes ready, without
    a turn and several batches at once; what it returns only writes. A backlog is what an import
    left, or what did not end after so many full batches: a flood of mail is none while one process
    keeps up with it, for what helps here takes the machine from those who receive.
    """

    name: str
    kinds: tuple[type[Event], ...]
    handle: Handler
    batch: int = _BATCH
    octets: int = _BATCH_OCTETS
    tail: bool = False
    gather: float = _GATHER_SECONDS
    flood_gather: float = _FLOOD_GATHER_SECONDS
    gives_way: bool = True
    ahead: Ahead | None = None
    backlog: int = 16
