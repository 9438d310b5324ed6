"""The PROXY protocol at the door: required from proxies, refused from others, before TLS."""

import asyncio
import contextlib
import ssl

import pytest

from posthouse.foundation.sources import networks
from posthouse.servers.smtp.tests.test_rates import limited
from posthouse.servers.smtp.tests.test_session import MAIL, Client

HERE = networks("127.0.0.1")
HEADER = b"PROXY TCP4 192.0.2.1 192.0.2.9 56324 25\r\n"
BINARY = (
    b"\r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x24"
    + bytes.fromhex("20010db8000000000000000000000001" * 2)
    + b"\xdc\x04\x00\x19"
)


@pytest.mark.parametrize(
    ("header", "host", "literal"),
    [
        (HEADER, "192.0.2.1", b"[192.0.2.1]"),
        (BINARY, "2001:db8::1", b"[IPv6:2001:db8::1]"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1", b"[127.0.0.1]"),
    ],
)
async def test_the_client_is_who_the_proxy_says(start, town, header, host, literal):
    listener = await start(proxies=HERE)
    client = await Client.connect(listener.port, greet=False)
    await client.say(header + MAIL + b"x\r\n.\r\nQUIT\r\n")
    assert "250 2.0.0 Filed" in await client.rest()
    (envelope,) = town.kept
    assert envelope.session.peer_host == host
    assert envelope.raw.startswith(b"Received: from c (" + literal + b")")


async def test_byte_by_byte_and_before_tls(start, town):
    listener = await start("submissions", proxies=HERE)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    for byte in HEADER:
        writer.write(bytes([byte]))
        await writer.drain()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport = await loop.start_tls(writer.transport, protocol, context)
    assert transport is not None
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"220 ")
    transport.close()


@pytest.mark.parametrize("said", [b"EHLO c\r\n", b"PROXY TCP4 x y 1 2\r\n", b"PRO"])
async def test_a_proxy_that_does_not_say_it_is_left(start, said):
    listener = await start(proxies=HERE)
    client = await Client.connect(listener.port, greet=False)
    await client.say(said)
    client.writer.write_eof()
    with contextlib.suppress(ConnectionError):
        assert await client.rest() == ""
    client.writer.close()


@pytest.mark.parametrize("header", [HEADER, BINARY])
async def test_nobody_else_names_clients(start, town, header):
    listener = await start(proxies=networks("192.0.2.0/24"))
    client = await Client.connect(listener.port)
    await client.say(header + MAIL)
    assert "250 " not in await client.rest()
    assert town.kept == []


async def test_limits_are_those_of_the_client(start):
    listener = await start(proxies=HERE, rates=limited(source_connections=1))
    for header, code in ((HEADER, "220"), (BINARY, "220"), (HEADER, "421 4.7.0")):
        client = await Client.connect(listener.port, greet=False)
        assert (await client.ask(header)).startswith(code)
        client.writer.close()
