"""A domain that promises TLS: real HTTPS, real STARTTLS, right and wrong certificates."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.protocols.dns import CachingResolver
from posthouse.sending.outbox.model import State
from posthouse.sending.outbox.policies import Policies
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.tests.test_outbox import LI, send, state_of, written
from posthouse.sending.outbox.tls_results import TlsResults
from posthouse.sending.outbox.tls_rules import TlsRules
from posthouse.sending.outbox.worker import Worker
from posthouse.servers.smtp.tests.town import make_certificate
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace
from tests.support.ports import free_port
from tests.support.scripted_mx import ScriptedMx, serving
from tests.support.sending import HeldClock, make_worker, work

POLICY = "version: STSv1\nmode: {}\nmx: {}\nmax_age: 604800\n"
MX, POLICY_HOST = "mx.kunde.example", "mta-sts.kunde.example"


def server_side(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for `name`, and what to trust for it."""
    place = folder / name
    place.mkdir(exist_ok=True)
    certificate, key = make_certificate(place, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context, certificate


@dataclass
class Web:
    """Serves a policy, or whatever else it is told."""

    port: int
    body: str = POLICY.format("enforce", MX)
    head: str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8"
    asked: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readline()).decode().strip())
        await reader.readuntil(b"\r\n\r\n")
        head = f"{self.head}\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        writer.write((head + self.body).encode())
        writer.close()


@dataclass
class Town:
    """The domain's web server and mail host, and a worker of ours."""

    web: Web
    mx: ScriptedMx
    worker: Worker
    house: Database
    workspace: Workspace
    dns: DnsServer
    _sent: int = 0

    async def deliver(self) -> tuple[State, str]:
        self._sent += 1
        raw = written(self.workspace, message_id=f"{self._sent}@acme.example")
        queued = await send(self.house, self.workspace, LI, raw=raw)
        await work(self.worker)
        (recipient,) = (await state_of(self.house, self.workspace, queued)).recipients
        return recipient.state, recipient.reply


@asynccontextmanager
async def town_of(
    house: Database,
    workspace: Workspace,
    dns: DnsServer,
    folder: Path,
    *,
    mx_name: str = MX,
    web_name: str = POLICY_HOST,
    results: TlsResults | None = None,
) -> AsyncIterator[Town]:
    """Certificates for these names, all of whose makers are trusted."""
    mx_tls, first = server_side(folder, mx_name)
    web_tls, second = server_side(folder, web_name)
    trusting = ssl.create_default_context(cafile=str(first))
    trusting.load_verify_locations(str(second))
    dns.put("_mta-sts.kunde.example", {"TXT": ["v=STSv1; id=1;"], "TTL": [0]})
    dns.put(POLICY_HOST, {"A": ["127.0.0.1"]})
    web, mx = Web(free_port()), ScriptedMx(tls=mx_tls)
    pool = ConnectionPool(verifying=trusting, results=results)
    policies = Policies(
        house,
        house.service(CachingResolver),
        verifying=trusting,
        port=web.port,
        may_reach=lambda address, port: True,
    )
    worker = make_worker(house, pool, Worker, TlsRules(policies, None, results))
    server = await asyncio.start_server(web.answer, "127.0.0.1", web.port, ssl=web_tls)
    async with serving(mx, house.service(Settings).mx_port):
        yield Town(web, mx, worker, house, workspace, dns)
    server.close()
    pool.close()


@pytest.fixture
async def town(
    sending: Database, workspace: Workspace, dns: DnsServer, tmp_path: Path, held: HeldClock
) -> AsyncIterator[Town]:
    async with town_of(sending, workspace, dns, tmp_path) as made:
        yield made


async def test_the_right_certificate_is_taken_and_the_policy_fetched_once(
    town: Town, held: HeldClock
):
    for _ in range(3):
        assert (await town.deliver())[0] is State.DELIVERED
    assert town.web.asked == ["GET /.well-known/mta-sts.txt HTTP/1.1"]
    town.dns.put("_mta-sts.kunde.example", {"TXT": ["v=STSv1; id=2;"], "TTL": [0]})
    held.pass_by(minutes=6)
    await town.deliver()
    assert len(town.web.asked) == 2  # another id
    held.pass_by(days=2)
    await town.deliver()
    assert len(town.web.asked) == 3  # long before it expires


async def test_a_certificate_for_another_name_is_refused(
    sending: Database, workspace: Workspace, dns: DnsServer, tmp_path: Path, held: HeldClock
):
    async with town_of(sending, workspace, dns, tmp_path, mx_name="evil.example") as town:
        state, reply = await town.deliver()
        assert state is State.QUEUED
        assert reply.startswith("454 4.7.5")
        town.web.body = POLICY.format("testing", MX)
        town.dns.put("_mta-sts.kunde.example", {"TXT": ["v=STSv1; id=2;"], "TTL": [0]})
        held.pass_by(minutes=6)
        assert (await town.deliver())[0] is State.DELIVERED
    assert LI in town.mx.taken


async def test_without_tls_nothing_is_sent(town: Town):
    town.mx.tls = None
    state, reply = await town.deliver()
    assert (state, town.mx.taken) == (State.QUEUED, [])
    assert "4.7.4" in reply


async def test_a_host_outside_the_policy_is_not_visited(town: Town):
    town.web.body = POLICY.format("enforce", "*.other.example")
    state, reply = await town.deliver()
    assert (state, town.mx.connections) == (State.QUEUED, 0)
    assert "4.7.5" in reply


async def test_a_policy_outlives_its_record_and_this_process(town: Town, held: HeldClock):
    await town.deliver()
    town.dns.put("_mta-sts.kunde.example", {"TXT": ["nothing"], "TTL": [0]})
    town.mx.tls = None
    rules = town.worker._courier._rules
    assert rules is not None
    rules._policies._known.clear()  # as after a restart
    town.worker._courier._pool.close()
    assert (await town.deliver())[0] is State.QUEUED
    held.pass_by(days=8)
    assert (await town.deliver())[0] is State.DELIVERED
    assert len(town.web.asked) == 1


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("HTTP/1.1 301 Moved\r\nLocation: /elsewhere", ""),
        ("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain", POLICY.format("enforce", MX)),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html", POLICY.format("enforce", MX)),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/plain", "version: STSv1\n" + "x: y\n" * 20_000),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/plain", "no policy at all"),
    ],
)
async def test_what_is_no_policy_is_not_followed_nor_asked_for_again_at_once(
    town: Town, held: HeldClock, head: str, body: str
):
    town.web.head, town.web.body, town.mx.tls = head, body, None
    for _ in range(2):
        assert (await town.deliver())[0] is State.DELIVERED
    assert len(town.web.asked) == 1
    held.pass_by(minutes=6)
    await town.deliver()
    assert len(town.web.asked) == 2


async def test_a_policy_over_a_wrong_certificate_is_none(
    sending: Database, workspace: Workspace, dns: DnsServer, tmp_path: Path
):
    async with town_of(sending, workspace, dns, tmp_path, web_name="other.example") as town:
        town.mx.tls = None
        assert (await town.deliver())[0] is State.DELIVERED
        assert town.web.asked == []
