"""The shape of whatever runs: rooms and edges make such coroutines, `roles.py` lists them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from posthouse.foundation.db import Database

# Serves until the event is set, and calls back once it takes work.
Serve = Callable[[Database, asyncio.Event, Callable[[], None]], Coroutine[Any, Any, None]]
