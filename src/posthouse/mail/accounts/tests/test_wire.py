"""Bytes over TLS both ways, and how a connection ends."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from posthouse.mail.accounts.errors import Unreachable, Untrusted
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.wire import Wire, connect
from tests.support.authority import Issued, issue, make_authority
from tests.support.ports import free_port
from tests.support.scripted_imap import way_here

_LARGE = bytes(range(256)) * 20_000
Converse = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def authority() -> Issued:
    return make_authority()


@asynccontextmanager
async def talking_to(
    converse: Converse,
    context: ssl.SSLContext | None,
    authority: Issued,
    host: str = "here.example",
) -> AsyncIterator[Wire]:
    """A wire to a server of this name."""
    port = free_port()
    server = await asyncio.start_server(converse, "127.0.0.1", port, ssl=context)
    outside = way_here(ssl.create_default_context(cadata=authority.pem))
    async with server:
        wire = await connect(outside, Server(host=host, port=port, security="tls"))
        yield wire
        await wire.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_much_goes_both_ways(authority: Issued, tmp_path: Path, version: ssl.TLSVersion):
    context = issue(authority, "here.example").server_context(tmp_path)
    context.maximum_version = version
    async with talking_to(echo, context, authority) as wire:
        assert wire.secure
        sending = asyncio.create_task(wire.write(_LARGE))
        back = b""
        while len(back) < len(_LARGE):
            back += await wire.read(10)
        await sending
        assert back == _LARGE


async def test_the_other_side_ends_it(authority: Issued, tmp_path: Path):
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"the last words")
        writer.close()

    context = issue(authority, "here.example").server_context(tmp_path)
    async with talking_to(leave, context, authority) as wire:
        assert await wire.read(10) == b"the last words"
        with pytest.raises(Unreachable):
            await wire.read(10)
        with pytest.raises(Unreachable):
            await wire.write(b"are you there?")


async def test_a_certificate_for_somebody_else(authority: Issued, tmp_path: Path):
    context = issue(authority, "here.example").server_context(tmp_path)
    with pytest.raises(Untrusted):
        async with talking_to(echo, context, authority, host="there.example"):
            pass
    stranger = issue(make_authority("A stranger"), "here.example").server_context(tmp_path)
    with pytest.raises(Untrusted):
        async with talking_to(echo, stranger, authority):
            pass


async def test_a_server_without_tls(authority: Issued):
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hello\r\n" * 10)
        await reader.read()
        writer.close()

    with pytest.raises(Unreachable, match="speaks no TLS"):
        async with talking_to(greet, None, authority):
            pass


async def test_octets_that_somebody_changed(authority: Issued, tmp_path: Path):
    """What cannot be decrypted ends it; nothing of it is read."""
    context = issue(authority, "here.example").server_context(tmp_path)
    async with talking_to(echo, context, authority) as wire:
        wire.data_received(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        with pytest.raises(Unreachable):
            await wire.read(10)
