"""LMTP on a real database: recipients of several workspaces, each with its own answer."""

import asyncio
import contextlib
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings, load_settings
from posthouse.foundation.sources import networks
from posthouse.mail.intake import Arrival, Intake
from posthouse.mail.mailboxes.model import Filed
from posthouse.sending.outbox.receipts import report_delivered
from posthouse.servers.smtp import serve
from posthouse.servers.smtp.front import client_of
from posthouse.servers.smtp.tests.test_roles import running
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace, letter, make_workspace

OWN = networks("10.0.0.0/8")


class Choosy(Intake):
    """Cannot store for the second workspace."""

    async def accept(self, arrival: Arrival) -> list[Filed]:
        if arrival.recipients[0].address.endswith("kunde.example"):
            raise Busy("The disk of that one is full.")
        return await super().accept(arrival)


@contextlib.asynccontextmanager
async def lmtp(
    house: Database, monkeypatch: pytest.MonkeyPatch, kind: type[Intake] = Intake
) -> AsyncIterator[int]:
    with DnsServer({}) as dns:
        resolver = open_resolver(dns.address)
        role = serve.lmtp_role(
            lambda database: kind(database, resolver, "mx.acme.example"), report_delivered
        )
        async with running(role, "lmtp", house, monkeypatch) as port:
            yield port
        await resolver.close()


async def test_two_workspaces_in_one_message(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    other = await make_workspace(house, "kunde.example", "li")
    everybody = [workspace.address, "no@acme.example", other.address]

    def send(port: int) -> list[int]:
        with smtplib.LMTP("127.0.0.1", port) as client:
            client.ehlo()  # says LHLO
            client.mail("x@far.example")
            said = [client.rcpt(each)[0] for each in everybody]
            said.append(client.data(letter(message_id="1@far.example"))[0])
            return [*said, client.getreply()[0]]

    async with lmtp(house, monkeypatch) as port:
        assert await asyncio.to_thread(send, port) == [250, 550, 250, 250, 250]
    async with lmtp(house, monkeypatch, Choosy) as port:
        assert await asyncio.to_thread(send, port) == [250, 550, 250, 250, 452]
    counts = {}
    for each in (workspace, other):
        async with house.workspace(each.id) as tx:
            count = await tx.connection.fetchval("SELECT count(*) FROM mailbox_messages")
            counts[each.address] = count
    assert counts == {workspace.address: 2, other.address: 1}


async def test_only_servers_of_the_house(start, town):
    listener = await start(peers=networks("192.0.2.1"))
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    assert await asyncio.wait_for(reader.read(), 10) == (
        b"554 5.7.1 This port is for servers of the house\r\n"
    )
    writer.close()


async def test_a_socket_file(start, town, tmp_path: Path):
    path = tmp_path / "posthouse"
    for _ in range(2):  # the second finds the file of the first
        listener = await start(host=str(path), peers=())
        assert path.is_socket()
        assert path.stat().st_mode & 0o777 == 0o660
        reader, writer = await asyncio.open_unix_connection(path)
        assert (await reader.readline()).startswith(b"220 ")
        writer.write(
            b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"
        )
        assert b"250 2.0.0 Filed" in await asyncio.wait_for(reader.read(), 10)
        assert town.kept.pop().raw.startswith(b"Received: from c (local)\r\n")
        writer.close()
        await listener.stop()


def test_the_setting_takes_a_path(tmp_path: Path):
    assert Settings(data=tmp_path).listener("lmtp") is None
    environment = {"POSTHOUSE_LMTP": "/run/posthouse/lmtp"}
    settings = load_settings(data=tmp_path, environ=environment)
    assert settings.listener("lmtp") == ("/run/posthouse/lmtp", 0)
    assert DEFAULT_LISTENERS["lmtp"] == "off"


POSTFIX = (
    "Received: from mail.kunde.example (unknown [192.0.2.1])\r\n"
    "\tby gate.acme.example (Postfix) with ESMTP id 1\r\n"
)
FILTER = (
    "Received: from localhost (localhost [127.0.0.1])\r\n\tby gate.acme.example (Postfix) id 2\r\n"
)


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (POSTFIX, ("192.0.2.1", "mail.kunde.example")),
        (FILTER + POSTFIX, ("192.0.2.1", "mail.kunde.example")),
        (POSTFIX.replace("192.0.2.1", "10.1.2.3") + POSTFIX, ("192.0.2.1", "mail.kunde.example")),
        (
            POSTFIX.replace("192.0.2.1", "IPv6:2001:db8::1"),
            ("2001:db8::1", "mail.kunde.example"),
        ),
        ("Received: from [192.0.2.9] (helo.example [192.0.2.9])\r\n", ("192.0.2.9", "[192.0.2.9]")),
        ("Received: from h ([192.0.2.9] helo=x)\r\n", ("192.0.2.9", "h")),
        ("Subject: x\r\n" + POSTFIX, ("192.0.2.1", "mail.kunde.example")),
        ("Received: by gate (Postfix, from userid 0)\r\n\tid 3\r\n" + POSTFIX, None),
        (FILTER * 6 + POSTFIX, None),
        ("Subject: x\r\n", None),
        ("Received: from x (y [999.1.1.1])\r\n", None),
    ],
)
def test_who_came_to_the_server_in_front(header, client):
    assert client_of(f"{header}\r\nReceived: from b (b [203.0.113.1])\r\n".encode(), OWN) == client


@given(st.binary(max_size=400))
def test_any_header_is_read(noise):
    for raw in (noise, b"Received: from " + noise, b"Received: from x (" + noise):
        found = client_of(raw, OWN)
        assert found is None or found[0]
