"""The shape of whatever runs: rooms and edges make such coroutines, `roles` lists them."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from posthouse.foundation.db import Database
from posthouse.foundation.events import Listener

# Serves until the event is set, and calls back once it takes work.
Serve = Callable[[Database, asyncio.Event, Callable[[], None]], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Running:
    """A role as it runs; `follows` are those of its listeners that follow the event log."""

    serve: Serve
    follows: tuple[Listener, ...] = ()
