"""HTTPS as IIS answers it: connections that stay, sign-in first, EWS and Autodiscover behind it."""

import asyncio
import hashlib
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.model import Secret, Server, Servers
from tests.support.authority import Issued, issue, make_authority
from tests.support.ews_server import autodiscover, folders, items, syncing
from tests.support.ews_server.faults import Faults, Instead, fault
from tests.support.ews_server.mailbox import Mailbox
from tests.support.ews_server.reading import VERSIONS, Failed, envelope, local, parse
from tests.support.ews_server.signing_in import Gate, Visitor
from tests.support.ews_server.streaming import Streams
from tests.support.ports import free_port

USER, PASSWORD = "CONTOSO\\anna", "correct horse"
ADDRESS = "anna@contoso.example"
_MAJOR = {
    "Exchange2010_SP2": (14, 3),
    "Exchange2013": (15, 0),
    "Exchange2013_SP1": (15, 0),
    "Exchange2016": (15, 2),
}
_ENDPOINT = "/ews/exchange.asmx"
_OPERATIONS: dict[str, Callable[[Mailbox, Element], str]] = {
    "GetFolder": folders.get_folder,
    "FindFolder": folders.find_folder,
    "CreateFolder": folders.create_folder,
    "UpdateFolder": folders.update_folder,
    "MoveFolder": folders.move_folder,
    "DeleteFolder": folders.delete_folder,
    "SyncFolderItems": syncing.sync_folder_items,
    "FindItem": items.find_item,
    "UpdateItem": items.update_item,
    "MoveItem": items.move_item,
    "DeleteItem": items.delete_item,
    "SendItem": items.send_item,
}


@dataclass(kw_only=True)
class EwsServer:
    """`version` is the newest schema it knows. `asked` are the operations, in their order."""

    port: int
    authority: Issued
    mailbox: Mailbox = field(default_factory=Mailbox)
    gate: Gate = field(default_factory=lambda: Gate(users={USER: PASSWORD}))
    faults: Faults = field(default_factory=Faults)
    version: str = "Exchange2016"
    adds_fields: bool = False
    asked: list[str] = field(default_factory=list)
    autodiscover: str = ""
    connections: int = 0
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        self.streams = Streams(self.mailbox)

    def sign_in(self, *, login: str = USER, password: str = PASSWORD) -> SignIn:
        return SignIn(
            kind="ews",
            address=ADDRESS,
            servers=Servers(incoming=self.server(), outgoing=None, login=login),
            secret=Secret(password=password),
        )

    def server(self) -> Server:
        return Server(host="localhost", port=self.port, path="/EWS/Exchange.asmx")

    def outside(self, *, private_hosts: bool = True) -> Outside:
        return Outside(
            resolver=open_resolver("127.0.0.1:9"),
            tls=ssl.create_default_context(cadata=self.authority.pem),
            private_hosts=private_hosts,
        )

    # -- a connection

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        visitor = Visitor(self.gate)
        with suppress(asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            while await self._request(visitor, reader, writer):
                pass
        writer.close()

    async def _request(
        self, visitor: Visitor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        fields = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        admitted, challenges = visitor.admit(fields.get("authorization", ""))
        if not admitted:
            told = tuple(f"WWW-Authenticate: {each}" for each in challenges)
            return await _write(writer, Instead(status=401, headers=told))
        if target.lower().startswith("/autodiscover/"):
            answer = autodiscover.answer(self.autodiscover, target, body)
            return await _write(writer, answer)
        if target.lower() != _ENDPOINT or method != "POST":
            return await _write(writer, Instead(status=404))
        return await self._soap(body, fields, reader, writer)

    async def _soap(
        self,
        body: bytes,
        fields: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        status, headers = 200, ("Set-Cookie: X-BackEndOverrideCookie=mbx01~1942; path=/; HttpOnly",)
        try:
            version, operation = parse(body)
            name = local(operation)
            self.asked.append(name)
            if self.faults.before is not None:
                self.faults.before(name)
            instead = self.faults.take(name)
            if instead is not None and instead.cut is None:
                if instead.body:
                    return await _write(writer, _soap(instead.body, instead.status, self))
                return await _write(writer, instead)
            if instead is not None and instead.cut == 0:
                return False
            self._require_version(version, operation)
            if name == "GetStreamingEvents":
                return await self._stream(operation, fields, reader, writer)
            answer = self._answer(name, operation)
        except Failed as failed:
            status, answer, instead = 500, fault(failed.code, failed.said), None
        whole = _soap(answer, status, self, *headers)
        if instead is not None:
            await _write(writer, whole, most=instead.cut)
            return False
        return await _write(writer, whole)

    def _require_version(self, version: str, operation: Element) -> None:
        """EWS requestserverversion: a schema it does not have is refused."""
        if version not in VERSIONS[: VERSIONS.index(self.version) + 1]:
            raise Failed("ErrorInvalidServerVersion", "The server version is not valid.")
        old = VERSIONS.index(version) < VERSIONS.index("Exchange2013_SP1")
        if old and "SuppressReadReceipts" in operation.attrib:
            raise Failed("ErrorSchemaValidation", "The request failed schema validation.")

    def _answer(self, name: str, asked: Element) -> str:
        match name:
            case "GetItem":
                return items.get_item(self.mailbox, asked, self.faults.items)
            case "CreateItem":
                return items.create_item(self.mailbox, asked, self._rewritten)
            case "Subscribe":
                return self.streams.subscribe(asked)
        if name not in _OPERATIONS:
            raise Failed("ErrorInvalidRequest", f"There is no operation {name}.")
        return _OPERATIONS[name](self.mailbox, asked)

    def _rewritten(self, raw: bytes) -> bytes:
        """MIME is made anew from properties: with fields of its own, if the test wants it."""
        return b"X-MS-Has-Attach:\r\nX-MS-TNEF-Correlator:\r\n" + raw if self.adds_fields else raw

    async def _stream(
        self,
        asked: Element,
        fields: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        # HOW how-to-maintain-affinity…: without the cookie another server is asked, in vain.
        if "X-BackEndOverrideCookie=mbx01~1942" not in fields.get("cookie", ""):
            self.streams.forget()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n")
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
        queue: asyncio.Queue[str] = asyncio.Queue()
        leaving = asyncio.create_task(_until_end(reader, queue))
        async for answer in self.streams.events(asked, queue):
            chunk = envelope(answer, self.version, _MAJOR[self.version]).encode()
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await writer.drain()
        leaving.cancel()
        writer.write(b"0\r\n\r\n")
        return True


def _soap(body: str, status: int, server: EwsServer, *headers: str) -> Instead:
    return Instead(
        status=status,
        body=envelope(body, server.version, _MAJOR[server.version]),
        headers=("Content-Type: text/xml; charset=utf-8", *headers),
    )


async def _until_end(reader: asyncio.StreamReader, queue: asyncio.Queue[str]) -> None:
    """Who has left listens no more."""
    with suppress(ConnectionError, ssl.SSLError):
        await reader.read(1)
    queue.put_nowait("Closed")


async def _write(writer: asyncio.StreamWriter, answer: Instead, *, most: int | None = None) -> bool:
    body = answer.body.encode()
    lines = [
        f"HTTP/1.1 {answer.status} As asked",
        *answer.headers,
        f"Content-Length: {len(body)}",
    ]
    octets = "\r\n".join([*lines, "", ""]).encode() + body
    writer.write(octets if most is None else octets[:most])
    await writer.drain()
    return True


@asynccontextmanager
async def ews_server(folder: Path, host: str = "localhost") -> AsyncIterator[EwsServer]:
    """Runs on 127.0.0.1 until the block ends; pyspnego reads who may sign in from a file."""
    authority = make_authority()
    issued = issue(authority, host)
    server = EwsServer(port=free_port(), authority=authority)
    server.gate.certificate_hash = hashlib.sha256(issued.der).digest()
    known = folder / "ntlm-users"
    known.write_text(f"CONTOSO:anna:{PASSWORD}\n:{ADDRESS}:{PASSWORD}\n")
    before = os.environ.get("NTLM_USER_FILE")
    os.environ["NTLM_USER_FILE"] = str(known)
    running = await asyncio.start_server(
        server.serve, "127.0.0.1", server.port, ssl=issued.server_context(folder)
    )
    try:
        yield server
    finally:
        server.streams.close()
        running.close()
        if before is None:
            del os.environ["NTLM_USER_FILE"]
        else:
            os.environ["NTLM_USER_FILE"] = before
