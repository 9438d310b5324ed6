"""The doors of rules, with Anna before them."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from posthouse.foundation.db import Database
from posthouse.mail.rules.api import router
from posthouse.mail.rules.page_api import router as page_router
from posthouse.security.members import Actor
from posthouse.servers.http import problems
from tests.support.house import Workspace
from tests.support.sending import make_actor


@pytest.fixture
async def client(house: Database, workspace: Workspace) -> AsyncIterator[httpx.AsyncClient]:
    """Anna at the doors."""

    async def actor() -> Actor:
        return make_actor(workspace)

    async def database() -> Database:
        return house

    carrying = asyncio.create_task(house.signals.run(house.connect))
    application = Litestar(
        route_handlers=[router, page_router],
        dependencies={"actor": Provide(actor), "database": Provide(database)},
        exception_handlers=problems.HANDLERS,
    )
    transport = httpx.ASGITransport(application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://house") as opened:
        yield opened
    carrying.cancel()
