"""Visits to servers that nobody scripted: a Dovecot, and a Posthouse."""

import contextlib
import imaplib
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import SignInRefused, Throttled, Untrusted
from posthouse.mail.accounts.model import Secret, Security, Server, Servers
from posthouse.mail.accounts.pop3.driver import connect_pop3
from posthouse.mail.accounts.pop3.keeping import set_keeping
from posthouse.mail.accounts.pop3.visiting import Visited
from posthouse.security.members import Actor
from posthouse.servers.listener import ListenerOptions
from posthouse.servers.pop3.context import Context
from posthouse.servers.pop3.limits import Limits
from posthouse.servers.pop3.listener import Listener
from tests.support.conversations import PASSWORD as OUR_PASSWORD
from tests.support.conversations import acme_with_password
from tests.support.dovecot import PASSWORD, OldServer, old_server
from tests.support.house import Workspace, deliver, letter
from tests.support.linked_pop3 import brought, link_pop3, visit_once
from tests.support.ports import free_port

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def dovecot() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.fixture
async def outside(dovecot: OldServer) -> AsyncIterator[Outside]:
    resolver = open_resolver()
    tls = ssl.create_default_context(cafile=str(dovecot.authority))
    yield Outside(resolver=resolver, tls=tls, private_hosts=True)
    await resolver.close()


def at(server: Server, login: str, password: str = PASSWORD) -> SignIn:
    return SignIn(
        kind="pop3",
        address="anna@elsewhere.example",
        servers=Servers(incoming=server, outgoing=None, login=login),
        secret=Secret(password=password),
    )


@contextlib.contextmanager
def by_imap(dovecot: OldServer, login: str) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4("127.0.0.1", dovecot.imap) as client:
        client.login(login, PASSWORD)
        client.select("INBOX")
        yield client


def raw(number: int) -> bytes:
    body = b".\r\n..two\r\n" + "验收单".encode()
    return b"Subject: %d\r\nMessage-ID: <%d@x.example>\r\n\r\n%s\r\n" % (number, number, body)


@pytest.mark.parametrize("security", ["tls", "starttls", "plain"])
async def test_dovecot(
    house: Database,
    workspace: Workspace,
    dovecot: OldServer,
    outside: Outside,
    security: Security,
):
    port = dovecot.pop3s if security == "tls" else dovecot.pop3
    way = at(Server(host="localhost", port=port, security=security), f"li-{security}")
    account = await link_pop3(house, workspace, way)
    with by_imap(dovecot, way.servers.login) as client:
        for number in range(3):
            client.append("INBOX", "", "", raw(number))
    assert (await visit_once(house, account, way, outside)).stored == 3
    assert await brought(house, account) == [raw(0), raw(1), raw(2)]
    assert (await visit_once(house, account, way, outside)).stored == 0
    async with house.workspace(workspace.id) as tx:
        operator = Actor.system(account.workspace_id)
        await set_keeping(tx, operator, account.id, 0)
    with by_imap(dovecot, way.servers.login) as client:
        client.append("INBOX", "", "", raw(3))
    assert await visit_once(house, account, way, outside) == Visited(
        stored=1, deleted=4, unfinished=False
    )
    with by_imap(dovecot, way.servers.login) as client:
        assert client.select("INBOX")[1] == [b"0"]
    assert len(await brought(house, account)) == 4


async def test_dovecot_numbers_its_mail_anew(
    house: Database, workspace: Workspace, dovecot: OldServer, outside: Outside
):
    """All of it under other UIDLs, as after a move to other machines: nothing comes twice."""
    way = at(Server(host="localhost", port=dovecot.pop3s), "moving")
    account = await link_pop3(house, workspace, way)
    with by_imap(dovecot, "moving") as client:
        for number in range(40):
            client.append("INBOX", "", "", raw(number))
    assert (await visit_once(house, account, way, outside)).stored == 40
    with by_imap(dovecot, "moving") as client:
        client.copy("1:*", "Everything")
        client.store("1:*", "+FLAGS", "\\Deleted")
        client.expunge()
        client.select("Everything")
        client.copy("1:*", "INBOX")
        client.append("INBOX", "", "", raw(40))
    assert (await visit_once(house, account, way, outside)).stored == 1
    assert len(await brought(house, account)) == 41


async def test_dovecot_refuses(dovecot: OldServer, outside: Outside, tmp_path: Path):
    server = Server(host="localhost", port=dovecot.pop3s)
    with pytest.raises(SignInRefused) as caught:
        await connect_pop3(at(server, "li", "wrong"), outside)
    assert caught.value.reason == "wrong"
    with pytest.raises(Untrusted):
        await connect_pop3(
            at(server, "li"),
            Outside(
                resolver=outside.resolver, tls=ssl.create_default_context(), private_hosts=True
            ),
        )


async def test_posthouse(house: Database, outside: Outside):
    workspace = await acme_with_password(house)
    port = free_port()
    listener = Listener(
        ListenerOptions(name="pop3", host="127.0.0.1", port=port),
        Context(database=house, limits=Limits()),
    )
    await listener.start()
    try:
        server = Server(host="127.0.0.1", port=port, security="plain")
        way = at(server, workspace.address, OUR_PASSWORD)
        account = await link_pop3(house, workspace, way)
        letters = [letter(message_id=f"<{n}@kunde.example>") for n in range(3)]
        await deliver(house, workspace, *letters)
        assert (await visit_once(house, account, way, outside)).stored == 3
        assert len(await brought(house, account)) == 3
        busy = await connect_pop3(way, outside)
        with pytest.raises(Throttled):
            await connect_pop3(way, outside)
        await busy.close()
    finally:
        await listener.stop(grace=1)
