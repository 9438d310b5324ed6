"""A name server for tests and demonstrations: real UDP and TCP on 127.0.0.1, zones from a dict.

with DnsServer({"example.org": {"MX": [(10, "mx.example.org")]}}) as dns:
    resolver = open_resolver(dns.address)
"""

import argparse
import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.rrset

from tests.support.dns_zones import ZoneBook, Zones, strings_of
from tests.support.ports import free_port

NEGATIVE_SOA = ". SOA ns.test. hostmaster.test. 1 3600 600 86400 60"


class DnsServer:
    """Serves in a thread of its own from `start()` (or `with`) to `stop()`.

    `delay` holds every answer back, in seconds; `questions` lists what was asked as (name, type).
    With `validates` what it says is called authentic, save for the names in `insecure`.
    """

    def __init__(self, zones: Zones, *, port: int = 0, delay: float = 0.0) -> None:
        self.book = ZoneBook(zones)
        self.port = port
        self.delay = delay
        self.questions: list[tuple[str, str]] = []
        self.validates = False
        self.insecure: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """HOST:PORT as POSTHOUSE_RESOLVER wants it."""
        return f"127.0.0.1:{self.port}"

    def put(self, name: str, records: Mapping[str, Sequence[Any]]) -> None:
        """Changes a name while the server runs."""
        self.book.put(name, records)

    def start(self) -> Self:
        udp, tcp = _bind(self.port)
        self.port = udp.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(udp, tcp, ready)), name="dns", daemon=True
        )
        self._thread.start()
        ready.wait(10)
        return self

    def stop(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def _serve(self, udp: socket.socket, tcp: socket.socket, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        transport, _ = await self._loop.create_datagram_endpoint(lambda: _Udp(self), sock=udp)
        server = await asyncio.start_server(self._serve_tcp, sock=tcp)
        ready.set()
        await self._stop.wait()
        transport.close()
        server.close()

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                reply = self.reply_to(await reader.readexactly(length), over_udp=False)
                if reply is None:
                    continue
                await asyncio.sleep(self.delay)
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
        writer.close()

    def reply_to(self, wire: bytes, *, over_udp: bool) -> bytes | None:
        """The reply to a query, both in wire format; None to stay silent."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        if not query.question:
            return None
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        self.questions.append((name, kind))
        found = self.book.look_up(name, kind)
        if found.rcode == "TIMEOUT":
            return None
        response = dns.message.make_response(query, recursion_available=True)
        response.set_rcode(dns.rcode.from_text(found.rcode))
        if self.validates and query.flags & dns.flags.AD and name not in self.insecure:
            response.flags |= dns.flags.AD
        owner = question.name
        for _, target in found.aliases:
            alias = dns.rdata.from_text("IN", "CNAME", target + ".")
            response.answer.append(dns.rrset.from_rdata(owner, found.ttl, alias))
            owner = dns.name.from_text(target)
        if found.values:
            records = [_rdata(kind, value) for value in found.values]
            response.answer.append(dns.rrset.from_rdata_list(owner, found.ttl, records))
        elif found.rcode in ("NOERROR", "NXDOMAIN"):
            owner_name, kind_name, text = NEGATIVE_SOA.split(" ", 2)
            soa = dns.rdata.from_text("IN", kind_name, text)
            response.authority.append(dns.rrset.from_rdata(dns.name.from_text(owner_name), 60, soa))
        limit = max(query.payload, 512) if over_udp else 65_535
        try:
            return response.to_wire(max_size=limit)
        except dns.exception.TooBig:
            short = dns.message.make_response(query, recursion_available=True)
            short.flags |= dns.flags.TC
            return short.to_wire()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._server.reply_to(data, over_udp=True)
        if reply is None:
            return
        if self._server.delay:
            loop = asyncio.get_running_loop()
            loop.call_later(self._server.delay, self._transport.sendto, reply, addr)
        else:
            self._transport.sendto(reply, addr)


def _bind(port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same port; with port 0, on one that stays ours between a stop
    and the next start.
    """
    for _ in range(50):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            udp.bind(("127.0.0.1", port or free_port()))
            tcp.bind(("127.0.0.1", udp.getsockname()[1]))
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise
            continue
        return udp, tcp
    raise OSError("no port is free for UDP and TCP both")


def _rdata(kind: str, value: Any) -> dns.rdata.Rdata:
    if kind == "TXT":
        return dns.rdtypes.ANY.TXT.TXT(
            dns.rdataclass.IN, dns.rdatatype.TXT, strings_of(value) or [b""]
        )
    if kind == "MX":
        preference, host = value
        exchange = dns.name.from_text(host or ".")
        return dns.rdtypes.ANY.MX.MX(dns.rdataclass.IN, dns.rdatatype.MX, int(preference), exchange)
    text = str(value)
    ends_in_name = kind in ("CNAME", "PTR", "SRV") and not text.endswith(".")
    return dns.rdata.from_text("IN", kind, f"{text}." if ends_in_name else text)


def main() -> None:
    """Serves zones from a JSON file until interrupted: for trying things out by hand."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("zones", type=Path)
    parser.add_argument("--port", type=int, default=5353)
    choice = parser.parse_args()
    with DnsServer(json.loads(choice.zones.read_text()), port=choice.port) as server:
        print(f"POSTHOUSE_RESOLVER={server.address}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
