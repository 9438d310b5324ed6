"""Remote images: fetched for who asks, never from inside our own network."""

import asyncio
import re
from collections.abc import AsyncIterator
from ipaddress import ip_address

import httpx
import pytest

from posthouse.foundation.errors import Busy, Invalid, NotFound
from posthouse.foundation.guarded import is_public
from posthouse.foundation.resolver import open_resolver
from posthouse.protocols.dns import CachingResolver
from posthouse.servers.http.remote_images import fetch_image
from posthouse.servers.http.tests.conftest import Town
from tests.support.dns_server import DnsServer
from tests.support.house import deliver, letter

PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 100


@pytest.fixture
async def resolver() -> AsyncIterator[CachingResolver]:
    with DnsServer({"pictures.example": {"A": ["127.0.0.1"]}}) as server:
        opened = open_resolver(server.address)
        yield opened
        await opened.close()


@pytest.fixture
async def web() -> AsyncIterator[int]:
    """A web server with pictures, redirects and traps; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = request.split(" ")[1]
        assert "Cookie" not in request
        assert "Referer" not in request
        if path.startswith("/p.png"):
            head = f"200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(PICTURE)}"
            body = PICTURE
        elif path == "/page":
            head, body = "200 OK\r\nContent-Type: text/html\r\nContent-Length: 2", b"hi"
        elif path == "/large":
            head, body = "200 OK\r\nContent-Type: image/png", b"x" * (9 << 20)
        else:
            target = "/p.png" if path == "/moved" else path
            head, body = f"302 Found\r\nLocation: {target}\r\nContent-Length: 0", b""
        writer.write(f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_a_picture_comes_also_when_it_has_moved(resolver: CachingResolver, web: int):
    for path in ("p.png", "p.png?图=1", "moved"):
        found = await fetch_image(
            resolver, f"http://pictures.example:{web}/{path}", may_reach=_anywhere
        )
        assert found == ("image/png", PICTURE)


@pytest.mark.parametrize("path", ["page", "large", "circle"])
async def test_nothing_else_comes(resolver: CachingResolver, web: int, path: str):
    with pytest.raises(NotFound):
        await fetch_image(resolver, f"http://pictures.example:{web}/{path}", may_reach=_anywhere)


@pytest.mark.parametrize("host", ["pictures.example", "127.0.0.1", "[::1]", "nowhere.example"])
async def test_our_own_network_is_out_of_reach(resolver: CachingResolver, web: int, host: str):
    with pytest.raises(Busy):
        await fetch_image(resolver, f"http://{host}:{web}/p.png")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://", "ftp://x.example/p", "http://x.example:99999/", "x"]
)
async def test_only_the_web(resolver: CachingResolver, url: str):
    with pytest.raises(Invalid):
        await fetch_image(resolver, url)


@pytest.mark.parametrize(
    ("address", "port", "public"),
    [
        ("93.184.215.14", 443, True),
        ("93.184.215.14", 25, False),
        ("10.0.0.1", 80, False),
        ("169.254.169.254", 80, False),
        ("100.64.0.1", 80, False),
        ("::ffff:127.0.0.1", 80, False),
        ("2002:7f00:1::", 80, False),
        ("fd00::1", 443, False),
        ("2606:2800:21f::1", 443, True),
    ],
)
def test_what_is_public(address: str, port: int, public: bool):
    assert is_public(ip_address(address), port) is public


async def test_a_message_names_what_may_be_fetched(town: Town, anna: httpx.AsyncClient):
    html = '<img src="https://pictures.example/p.png?a=1&amp;b=2">'
    raw = letter(message_id="1@k", body=html).replace(b"text/plain", b"text/html")
    (filed,) = await deliver(town.house, town.anna, raw)
    path = f"/messages/{filed.mailbox_message_id}"
    blocked = (await anna.get(path)).json()
    assert (blocked["remote_images"], "src" in blocked["html"]) == (1, False)
    shown = (await anna.get(path, params={"images": "remote"})).json()
    assert shown["remote_images"] == 0
    found = re.search(r'src="/api/v1([^"]+)"', shown["html"])
    assert found is not None
    address = found[1].replace("&amp;", "&")
    with DnsServer({"pictures.example": {"A": ["127.0.0.1"]}}) as server:
        resolver = open_resolver(server.address)
        town.house.provide(resolver)
        assert (await anna.get(address)).status_code == 503  # it leads into our own network
        forged = address.replace("p.png", "q.png")
        assert (await anna.get(forged)).status_code == 404
        bob = await town.signed_in(town.bob)
        assert (await bob.get(address)).status_code == 404
        await bob.aclose()
        await resolver.close()


def _anywhere(_address: object, _port: int) -> bool:
    return True
