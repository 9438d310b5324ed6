"""Gmail on this machine, with a user, and the way to it."""

import ssl
from collections.abc import AsyncIterator

import pytest

from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.gmail.client import Client
from posthouse.mail.accounts.gmail.driver import GmailDriver
from posthouse.mail.accounts.gmail.quota import Purse
from posthouse.mail.accounts.gmail.reading import CONNECTIONS
from posthouse.mail.accounts.web import Web
from tests.support.gmail_server import GmailServer, Mailbox, gmail_server

ADDRESS = "anna@gmail.example"


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """Into this machine, too; without the system's authorities, which take long to read."""
    resolver = open_resolver("127.0.0.1:9")
    yield Outside(
        resolver=resolver, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), private_hosts=True
    )
    await resolver.close()


@pytest.fixture
async def gmail() -> AsyncIterator[GmailServer]:
    """Nobody has a mailbox there."""
    async with gmail_server() as running:
        yield running


@pytest.fixture
def box(gmail: GmailServer) -> Mailbox:
    """Anna's, empty."""
    return gmail.mailbox(ADDRESS)


@pytest.fixture
def pauses() -> list[float]:
    """How long the client wanted to wait; it does not."""
    return []


@pytest.fixture
async def client(
    gmail: GmailServer, outside: Outside, pauses: list[float]
) -> AsyncIterator[Client]:
    """Anna's, in a hurry."""

    async def token() -> str:
        return "good"

    async def rest(seconds: float) -> None:
        pauses.append(seconds)

    web = Web(outside, gmail.server, connections=CONNECTIONS)
    found = Client(web, token, Purse(1e9), rest)
    yield found
    await found.close()


@pytest.fixture
def driver(client: Client) -> GmailDriver:
    """Without a topic."""
    return GmailDriver(client, "")
