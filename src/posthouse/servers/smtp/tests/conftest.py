import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvloop

from posthouse.protocols.smtp.profile import Limits, Profile, Purpose
from posthouse.servers.smtp.listener import Listener, ListenerOptions
from posthouse.servers.smtp.patience import Timeouts
from posthouse.servers.smtp.tests.town import Town, server_context

Start = Callable[..., Awaitable[Listener]]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item):
    """Every test here runs on both loops: their TLS upgrades are different code."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def tls(tmp_path_factory) -> ssl.SSLContext:
    return server_context(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
async def start(town: Town, tls: ssl.SSLContext) -> AsyncIterator[Start]:
    """Start a listener on a free port: `await start("submission", limits=…, timeouts=…)`."""
    running: list[Listener] = []

    async def start_one(
        name: str = "smtp",
        *,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        **options: Any,
    ) -> Listener:
        purpose = Purpose.MX if name == "smtp" else Purpose.SUBMISSION
        profile = Profile(
            hostname="mx.example.org", purpose=purpose, limits=limits or Limits(tarpit_seconds=0)
        )
        listener = Listener(
            ListenerOptions(
                name=name,
                host=options.pop("host", "127.0.0.1"),
                port=0,
                profile=profile,
                tls=tls,
                implicit_tls=name == "submissions",
                timeouts=timeouts or Timeouts(),
                **options,
            ),
            town,
        )
        await listener.start()
        running.append(listener)
        return listener

    yield start_one
    for listener in running:
        await listener.stop(grace=0.2)
