"""A real server for the tests of one run, and a fresh migrated database for each test.

Safety is off here (fsync and friends): tests of durability start servers of their own.
"""

import asyncio
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from posthouse.foundation.migrations import migrate
from posthouse.foundation.postgres import EmbeddedPostgres
from posthouse.foundation.postgres.locks import try_lock

_TEMPLATE = "posthouse_template"
# Everyone may pass these: as root the server runs as a system user, and sockets want short paths.
# A database is a copy of 300 files: 10 ms in memory, up to 400 ms on a disk.
_MEMORY, _DISK = Path("/dev/shm"), Path("/tmp")
_ENOUGH = 2 << 30  # bytes
_PREFIX = "posthouse-tests-"
_STALE = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """A migrated, empty database of one test."""

    name: str
    owner_dsn: str

    @property
    def app_dsn(self) -> str:
        """Acts as the application's role from the first statement on (asyncpg only)."""
        return f"{self.owner_dsn}&role=posthouse_app"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The server of this run: PostgreSQL 18 from the wheel."""
    yield from _server(None)


@pytest.fixture(scope="session")
def postgres_15() -> Iterator[EmbeddedPostgres]:
    """The oldest server we promise to run on."""
    folder = Path(os.environ.get("POSTHOUSE_TEST_POSTGRES_15", "/usr/lib/postgresql/15/bin"))
    if not (folder / "postgres").exists():
        pytest.fail(f"PostgreSQL 15 is not in {folder}: make setup-tests installs it.")
    yield from _server(folder)


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[FreshDatabase]:
    """A fresh migrated database on PostgreSQL 18."""
    fresh = await _create(postgres)
    yield fresh
    await _drop(postgres, fresh)


@pytest.fixture(params=["18", "15"])
def each_postgres(request: pytest.FixtureRequest) -> EmbeddedPostgres:
    """The same test on the server of this run and on the oldest one."""
    name = "postgres" if request.param == "18" else "postgres_15"
    server: EmbeddedPostgres = request.getfixturevalue(name)
    return server


@pytest.fixture
async def each_database(each_postgres: EmbeddedPostgres) -> AsyncIterator[FreshDatabase]:
    """A fresh migrated database, on PostgreSQL 18 and again on 15."""
    fresh = await _create(each_postgres)
    yield fresh
    await _drop(each_postgres, fresh)


def data_folder() -> Path:
    """A new short folder for a server's data that its system user can reach."""
    fast = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_MEMORY if fast else _DISK))
    folder.chmod(0o711)
    return folder


def _server(binaries: Path | None) -> Iterator[EmbeddedPostgres]:
    _sweep()
    folder = data_folder()
    settings = {"shared_buffers": "128MB", "max_connections": "200", "max_wal_size": "1GB"}
    server = EmbeddedPostgres(folder, binaries=binaries, durable=False, settings=settings)
    asyncio.run(_start_with_template(server))
    yield server
    asyncio.run(server.stop_if_last())
    shutil.rmtree(folder)


async def _start_with_template(server: EmbeddedPostgres) -> None:
    await server.start()
    await _administer(server, f"CREATE DATABASE {_TEMPLATE}")
    await migrate(server.dsn(database=_TEMPLATE))


async def _create(server: EmbeddedPostgres) -> FreshDatabase:
    name = f"test_{uuid.uuid4().hex}"
    await _administer(server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
    return FreshDatabase(name, server.dsn(database=name))


async def _drop(server: EmbeddedPostgres, fresh: FreshDatabase) -> None:
    await _administer(server, f"DROP DATABASE {fresh.name} WITH (FORCE)")


async def _administer(server: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn(database="postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _sweep() -> None:
    """Removes what killed runs left behind. Their servers stopped by themselves."""
    for folder in (*_MEMORY.glob(f"{_PREFIX}*"), *_DISK.glob(f"{_PREFIX}*")):
        holders = folder / "postgres" / "holders.lock"
        try:
            if time.time() - folder.stat().st_mtime < _STALE:
                continue
            lock = try_lock(holders, shared=False) if holders.exists() else None
        except OSError:  # somebody else's, or just removed by a run beside this one
            continue
        if lock is not None:
            os.close(lock)
            shutil.rmtree(folder, ignore_errors=True)
