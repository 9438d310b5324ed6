"""The doors of rules, with Anna before them."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from posthouse.foundation.db import Database
from posthouse.mail.listing.api import router as listing_router
from posthouse.mail.rules.api import router
from posthouse.mail.rules.page_api import router as page_router
from tests.support.doors import at_the_doors
from tests.support.house import Workspace
from tests.support.sending import make_actor


@pytest.fixture
async def client(house: Database, workspace: Workspace) -> AsyncIterator[httpx.AsyncClient]:
    """Anna at the doors."""
    carrying = asyncio.create_task(house.signals.run(house.connect))
    async with at_the_doors(
        house, lambda: make_actor(workspace), router, page_router, listing_router
    ) as opened:
        yield opened
    carrying.cancel()
