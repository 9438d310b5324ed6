"""HTTP doors of a room alone, in the test's own event loop, where its database is."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from litestar import Litestar, Router
from litestar.di import Provide

from posthouse.foundation.db import Database
from posthouse.security.members import Actor
from posthouse.servers.http import problems


@asynccontextmanager
async def at_the_doors(
    house: Database,
    actor: Callable[[], Actor],
    *routers: Router,
    refusals: Mapping[Any, Any] = problems.HANDLERS,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of these doors alone; `actor` is asked with each request who knocks."""
    application = Litestar(
        route_handlers=list(routers),
        dependencies={
            "actor": Provide(actor, sync_to_thread=False),
            "database": Provide(lambda: house, sync_to_thread=False),
        },
        exception_handlers=dict(refusals),
    )
    transport = httpx.ASGITransport(application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://house") as client:
        yield client
