"""The driver with a real Dovecot: with all it offers, and with what lesser servers leave."""

import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest

from posthouse.mail.accounts.errors import SignInRefused, Untrusted
from posthouse.mail.accounts.imap import ImapDriver, connect_imap
from posthouse.mail.accounts.model import Secret
from posthouse.mail.accounts.model import Server as There
from tests.support.dovecot import PASSWORD, OldServer, old_server
from tests.support.scripted_imap import sign_in, way_here
from tests.support.visiting import exercise

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


def how(server: OldServer, name: str, **overrides: bool):
    return replace(
        sign_in(overrides=overrides),
        servers=replace(
            sign_in().servers,
            incoming=There(host="localhost", port=server.imaps),
            login=name,
        ),
        secret=Secret(password=PASSWORD),
    )


@pytest.mark.parametrize(
    "missing",
    [
        (),
        ("QRESYNC", "LITERAL+", "SASL-IR", "ESEARCH"),
        ("QRESYNC", "CONDSTORE", "MOVE", "IDLE", "NAMESPACE", "AUTH=PLAIN", "LIST-EXTENDED"),
        ("QRESYNC", "CONDSTORE", "MOVE", "UIDPLUS", "IDLE", "ID", "SPECIAL-USE"),
    ],
)
async def test_with_what_a_server_has(server: OldServer, missing: tuple[str, ...]):
    outside = way_here(ssl.create_default_context(cafile=server.authority))
    switched_off = dict.fromkeys(missing, False)

    async def connect() -> ImapDriver:
        driver = await connect_imap(how(server, f"n{len(missing)}", **switched_off), outside)
        driver._quirks = replace(driver._quirks, poll_seconds=0.05)
        return driver

    await exercise(connect)


async def test_who_may_not_come_in(server: OldServer):
    with pytest.raises(Untrusted):
        await connect_imap(how(server, "anna"), way_here(ssl.create_default_context()))
    outside = way_here(ssl.create_default_context(cafile=server.authority))
    wrong = replace(how(server, "anna"), secret=Secret(password="donkeys"))
    with pytest.raises(SignInRefused) as refused:
        await connect_imap(wrong, outside)
    assert refused.value.reason == "wrong"
