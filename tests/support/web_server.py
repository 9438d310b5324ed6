"""HTTP/1.1 of a vendor's service: real connections, kept open, and cut where a test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.ports import free_port


@dataclass(frozen=True, kw_only=True)
class Request:
    """What came; names of headers in lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def one(self, name: str, default: str = "") -> str:
        """A parameter of the query."""
        return dict(self.query).get(name, default)

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.query if each == name]

    def json(self) -> Any:
        return json.loads(self.body or b"{}")


@dataclass(frozen=True, kw_only=True)
class Response:
    """What is answered. `silent`: nothing at all, and the connection is gone."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    silent: bool = False


Answers = Callable[[Request], Awaitable[Response]]


@dataclass(kw_only=True)
class WebServer:
    """`cut_after`: so many octets of the next answer are sent, then the connection is cut; it is
    forgotten then. `chunked`: answers are sent in chunks, without their length, as Google's are.
    """

    port: int
    answers: Answers
    chunked: bool = True
    cut_after: int | None = None
    _open: dict["asyncio.Task[None] | None", asyncio.StreamWriter] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._open[task] = writer
        try:
            while (request := await _read(reader)) is not None:
                response = await self.answers(request)
                if response.silent or not await self._send(writer, response):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            del self._open[task]

    async def end(self) -> None:
        """Whoever keeps a connection loses it."""
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*(task for task in self._open if task), return_exceptions=True)

    async def _send(self, writer: asyncio.StreamWriter, response: Response) -> bool:
        body, lines = response.body, [f"HTTP/1.1 {response.status} -"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if self.chunked and body:
            lines.append("Transfer-Encoding: chunked")
            size = 64 * 1024
            pieces = [body[at : at + size] for at in range(0, len(body), size)]
            sent = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            sent += b"0\r\n\r\n"
        else:
            lines.append(f"Content-Length: {len(body)}")
            sent = body
        data = "\r\n".join([*lines, "", ""]).encode() + sent
        cut, self.cut_after = self.cut_after, None
        writer.write(data if cut is None else data[:cut])
        await writer.drain()
        return cut is None or cut >= len(data)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return request_of(method, target, headers, body)


def request_of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Of a request line's target."""
    parts = urlsplit(target)
    return Request(
        method=method,
        path=unquote(parts.path),
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers=headers,
        body=body,
    )


@asynccontextmanager
async def web_server(answers: Answers) -> AsyncIterator[WebServer]:
    """Runs on 127.0.0.1 until the block ends."""
    here = WebServer(port=free_port(), answers=answers)
    server = await asyncio.start_server(here.serve, "127.0.0.1", here.port)
    try:
        yield here
    finally:
        server.close()
        await here.end()
