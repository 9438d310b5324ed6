"""A house with two workspaces, a name server, a peer that takes mail, and a held clock."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import Settings
from posthouse.mail.intake import Intake
from posthouse.protocols.dns import CachingResolver
from posthouse.security.members import Actor, Role
from posthouse.sending.outbox.delivery import Courier
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.providers import Providers
from posthouse.sending.outbox.return_path import return_path_route
from posthouse.sending.outbox.rewriting import srs_route
from posthouse.sending.outbox.tls_rules import TlsRules
from posthouse.sending.outbox.worker import Worker
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace, make_workspace
from tests.support.ports import free_port


@dataclass
class HeldClock:
    """The time, which passes only when it is told to."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **amount: float) -> None:
        self.time += timedelta(**amount)


@dataclass
class Peer:
    """Debian's smtp-sink: takes mail, or refuses as told, and writes down what it took."""

    port: int
    folder: Path
    process: asyncio.subprocess.Process

    def messages(self) -> list[bytes]:
        """What came, in the order of coming, X-Mail-Args and X-Rcpt-Args on top."""
        files = [f for f in sorted(self.folder.iterdir()) if f.stat().st_size]
        return [file.read_bytes() for file in files]

    def return_paths(self) -> list[str]:
        """The MAIL FROM of each message."""
        found = (re.search(rb"^X-Mail-Args: <([^>]*)>", m, re.MULTILINE) for m in self.messages())
        return [match[1].decode() for match in found if match]

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()


async def start_peer(folder: Path, *options: str, port: int = 0) -> Peer:
    """smtp-sink on a port of this machine, listening when this returns."""
    port = port or free_port()
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    assert program, "smtp-sink is missing: make setup-tests installs postfix"
    process = await asyncio.create_subprocess_exec(
        program,
        *("-u", "nobody", "-d", f"{folder}/%Y%m%d%H%M%S."),
        *options,
        f"inet:127.0.0.1:{port}",
        "100",
        stderr=asyncio.subprocess.DEVNULL,
    )
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return Peer(port, folder, process)
    raise AssertionError("smtp-sink does not listen")


@pytest.fixture
def held() -> Iterator[HeldClock]:
    """The clock of the house, held."""
    clock.hold(source := HeldClock())
    yield source
    clock.hold(None)


@pytest.fixture
async def peers(short_folder: Path) -> AsyncIterator[list[Peer]]:
    """Those started in a test; they end with it."""
    started: list[Peer] = []
    yield started
    for peer in started:
        await peer.stop()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Where smtp-sink may write as nobody.

    Not below pytest's own folder, which every other run that starts closes to strangers again.
    """
    with tempfile.TemporaryDirectory(prefix="posthouse-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    """kunde.example is at 127.0.0.1."""
    zones: dict[str, dict[str, list[Any]]] = {
        "kunde.example": {"MX": [(10, "mx.kunde.example")]},
        "mx.kunde.example": {"A": ["127.0.0.1"]},
    }
    with DnsServer(zones) as server:
        yield server


@pytest.fixture
async def sending(house: Database, dns: DnsServer) -> AsyncIterator[Database]:
    """The house, able to send: hostname, resolver, MX port."""
    settings = house.service(Settings)
    house.provide(replace(settings, hostname="mail.acme.example", mx_port=free_port()))
    resolver = open_resolver(dns.address)
    house.provide(resolver)
    yield house
    await resolver.close()


@pytest.fixture
async def worker(sending: Database) -> AsyncIterator[Worker]:
    """A worker that works when told to: see `work`."""
    pool = ConnectionPool()
    yield make_worker(sending, pool, Worker)
    pool.close()


W = TypeVar("W", bound=Worker)


def make_worker(
    house: Database,
    pool: ConnectionPool,
    kind: type[W],
    rules: TlsRules | None = None,
    providers: Providers | None = None,
) -> W:
    """A worker of its own; several may share the house."""
    resolver = house.service(CachingResolver)
    intake = Intake(house, resolver, "mail.acme.example", (return_path_route, srs_route))
    return kind(house, Courier(house, intake, pool, rules, providers))


async def work(worker: Worker) -> int:
    """One round: everything that is due is tried once and recorded."""
    taken = await worker.take()
    await worker.settled()
    return taken


@pytest.fixture
async def other(house: Database) -> Workspace:
    """A second workspace of the same house: `globex.example` with Otto."""
    return await make_workspace(house, "globex.example", "otto")


def make_actor(workspace: Workspace, member_id: UUID | None = None) -> Actor:
    """The workspace's member, or somebody else there who owns nothing."""
    return Actor(
        workspace_id=workspace.id,
        member_id=member_id or workspace.member_id,
        role=Role.MEMBER,
        name="Anna",
        address=workspace.address,
    )
