"""Events, and how they come into the log."""

import logging
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import msgspec

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.foundation.events")
TOPIC = "events"

log = logging.getLogger(__name__)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events. A subclass names its fields; its class name is the event's kind."""

    kinds: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        Event.kinds[cls.__name__] = cls


def announce(tx: Tx, event: Event, *, workspace_id: UUID | None = None) -> None:
    """Append `event` to the log when `tx` commits; nothing if it rolls back.

    In a system transaction the workspace is named by the caller.
    """
    workspace = workspace_id or tx.workspace
    tx.announced.append((type(event).__name__, workspace, msgspec.to_builtins(event)))
    tx.signal(TOPIC)
    tx.signal(topic_of(type(event)))


def topic_of(kind: type[Event]) -> str:
    """Signalled beside TOPIC: a listener is not woken by what others follow."""
    return f"{TOPIC}:{kind.__name__}"


async def begin_epoch(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """After a restore into another server, make the log readable again; whether it was needed.

    Transaction numbers start anew there, and listeners read in their order. Needs the owner's
    connection, and nobody else at work.
    """
    if not await connection.fetchval(SQL["is_from_elsewhere"].text):
        return False
    async with connection.transaction():
        await connection.execute(SQL["restart_cursors"].text)
        await connection.execute(SQL["restart_events"].text)
    log.warning("the event log comes from another server: its transactions are renumbered")
    return True
