"""Chores: work that comes round by itself, such as erasing what nobody has any more."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """`do` answers how many things it dealt with. Several processes may do it at once.

    `every` and `first` (after the start) are in seconds.
    """

    name: str
    do: Callable[[Database], Awaitable[int]]
    every: float
    first: float = 1.0


async def run_chore(database: Database, chore: Chore) -> None:
    """Do it again and again, for ever; what fails today is tried the next time."""
    await asyncio.sleep(chore.first)
    while True:
        try:
            count = await chore.do(database)
            if count:
                log.info("chore %s: %d", chore.name, count)
        except (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("chore %s was not done: %s", chore.name, type(error).__name__)
        except Exception:  # a fault of ours: the other chores of this process go on
            log.exception("chore %s failed", chore.name)
        await asyncio.sleep(chore.every)
