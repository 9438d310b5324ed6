"""A relay that wants a password: a real submission server with a certificate of its own."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.profile import Profile, Purpose
from posthouse.servers.smtp.backend import Session
from posthouse.servers.smtp.listener import Listener, ListenerOptions
from posthouse.servers.smtp.tests.town import Town, make_certificate


class RunningRelay(NamedTuple):
    """It, what it took, and who trusts it."""

    listener: Listener
    town: Town
    trusting: ssl.SSLContext


class _Relay(Town):
    """Takes mail of any sender from whoever has signed in."""

    async def check_sender(self, session: Session, address: Address | None) -> None:
        assert session.member is not None


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[RunningRelay]:
    """A submission server for 127.0.0.1, what it took, and who trusts it."""
    certificate, key = make_certificate(tmp_path, "relay.example")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    town = _Relay()
    profile = Profile(hostname="relay.example", purpose=Purpose.SUBMISSION)
    options = ListenerOptions(
        name="submission", host="127.0.0.1", port=0, profile=profile, tls=context
    )
    listener = Listener(options, town)
    await listener.start()
    yield RunningRelay(listener, town, ssl.create_default_context(cafile=str(certificate)))
    await listener.stop(grace=0.2)
