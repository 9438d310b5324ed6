from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from posthouse.mail.accounts.ews.driver import EwsDriver, connect_ews
from tests.support.ews_server import EwsServer, ews_server


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EwsServer]:
    async with ews_server(tmp_path) as running:
        yield running


@pytest.fixture
async def driver(server: EwsServer) -> AsyncIterator[EwsDriver]:
    driver = await connect_ews(server.sign_in(), server.outside())
    yield driver
    await driver.close()
