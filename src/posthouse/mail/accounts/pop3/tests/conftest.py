"""A scripted server, and the way out to it."""

import ssl
from collections.abc import AsyncIterator

import pytest

from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts.driver import Outside
from tests.support.scripted_pop3 import ScriptedPop3, scripted_pop3


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """Into this machine, too; without the system's authorities, which take long to read."""
    resolver = open_resolver()
    yield Outside(
        resolver=resolver, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), private_hosts=True
    )
    await resolver.close()


@pytest.fixture
async def drop() -> AsyncIterator[ScriptedPop3]:
    """Empty."""
    async with scripted_pop3(ScriptedPop3()) as running:
        yield running
