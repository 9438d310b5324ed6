"""The embedded server from its first start to its last stop, through kills of everyone involved."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from posthouse.foundation.postgres import EmbeddedPostgres, PostgresUnusable
from posthouse.foundation.postgres.cluster import Layout
from posthouse.foundation.postgres.locks import is_locked
from posthouse.foundation.postgres.tests.conftest import Process, keeper_pid, said, told, until

Start = Callable[[], "asyncio.Future[Process]"]


async def write(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.owner_dsn)
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
    await connection.close()


async def read(server: EmbeddedPostgres) -> int:
    """What `write` wrote, asked again while the server recovers."""
    async with asyncio.timeout(10):
        while True:
            try:
                connection = await asyncpg.connect(server.owner_dsn)
                found: int = await connection.fetchval("SELECT n FROM kept")
                await connection.close()
                return found
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.02)


def replaced(server: EmbeddedPostgres, killed: int) -> Callable[[], bool]:
    return lambda: server.process_id() not in (killed, None)


async def supervise(server: EmbeddedPostgres, *, until_not: int | None) -> None:
    """What `serve` does, only more often, until the server runs as another process."""
    async with asyncio.timeout(30):
        while True:
            if await server.ensure_running() and server.process_id() != until_not:
                return
            await asyncio.sleep(0.1)


async def test_data_outlive_the_server(data: Path) -> None:
    server = EmbeddedPostgres(data)
    await server.start()
    await write(server)
    assert await server.stop_if_last()
    assert not server.is_running()

    again = EmbeddedPostgres(data)
    await again.start()
    assert await read(again) == 42
    assert await again.stop_if_last()


async def test_it_runs_as_promised(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.owner_dsn)
    rows = await connection.fetch("SELECT name, setting FROM pg_settings")
    encoding = await connection.fetchval("SHOW server_encoding")
    await connection.close()
    settings = {row["name"]: row["setting"] for row in rows}
    assert connection.get_server_version().major == 18
    assert settings["fsync"] == settings["synchronous_commit"] == "on"
    assert settings["data_checksums"] == "on"
    assert settings["listen_addresses"] == ""
    assert settings["unix_socket_permissions"] == "0700"
    assert settings["log_error_verbosity"] == "terse"
    assert encoding == "UTF8"


async def test_a_second_holder_attaches_and_the_last_stops(server: EmbeddedPostgres) -> None:
    # Two handles of one process count like two processes.
    data = Path(server.owner_dsn.partition("host=")[2].partition("/postgres/")[0])
    second = EmbeddedPostgres(data)
    await second.start()
    assert second.process_id() == server.process_id()
    assert not await second.stop_if_last()
    assert server.is_running()
    assert await server.stop_if_last()
    assert not server.is_running()


async def test_two_processes_at_once_make_one_server(holder: Start) -> None:
    first, second = await asyncio.gather(holder(), holder())
    lines = await asyncio.gather(said(first), said(second))
    assert lines[0] == lines[1]
    assert lines[0].startswith("held ")
    assert await told(first) == "stopped False"
    assert await told(second) == "stopped True"


async def test_the_server_ends_with_its_only_holder_killed(data: Path, holder: Start) -> None:
    process = await holder()
    await said(process)
    watcher = EmbeddedPostgres(data)
    process.kill()
    await until(lambda: not watcher.is_running(), seconds=5)


async def test_a_killed_holder_takes_nothing_from_the_others(
    server: EmbeddedPostgres, holder: Start
) -> None:
    process = await holder()
    assert await said(process) == f"held {server.process_id()}"
    process.kill()
    await process.wait()
    await asyncio.sleep(1)
    assert server.is_running()
    assert await server.stop_if_last()


async def test_a_killed_postmaster_comes_back_with_its_data(server: EmbeddedPostgres) -> None:
    await write(server)
    killed = server.process_id()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await until(replaced(server, killed), seconds=3)
    assert await read(server) == 42


async def test_a_postmaster_killed_as_soon_as_it_answers_is_not_given_up(
    server: EmbeddedPostgres,
) -> None:
    await write(server)
    for _ in range(7):
        await until(server.is_running, seconds=3)
        killed = server.process_id()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await until(replaced(server, killed), seconds=3)
    assert await read(server) == 42


async def test_a_killed_keeper_is_replaced_and_adopts_the_server(
    data: Path, server: EmbeddedPostgres
) -> None:
    await write(server)
    postmaster = server.process_id()
    assert postmaster is not None
    killed = keeper_pid(data)
    os.kill(killed, signal.SIGKILL)
    await until(lambda: not is_locked(Layout(data).keeper), seconds=1)
    assert await server.ensure_running()
    assert keeper_pid(data) != killed
    assert server.process_id() == postmaster

    os.kill(postmaster, signal.SIGKILL)
    await until(replaced(server, postmaster), seconds=3)
    assert await read(server) == 42


async def test_keeper_and_postmaster_killed_together(data: Path, server: EmbeddedPostgres) -> None:
    await write(server)
    postmaster = server.process_id()
    assert postmaster is not None
    os.kill(keeper_pid(data), signal.SIGKILL)
    os.kill(postmaster, signal.SIGKILL)
    await supervise(server, until_not=postmaster)
    assert await read(server) == 42


async def test_everything_killed_and_started_again(data: Path, holder: Start) -> None:
    process = await holder()
    postmaster = int((await said(process)).split()[1])
    for pid in (keeper_pid(data), postmaster, process.pid):
        os.kill(pid, signal.SIGKILL)
    again = EmbeddedPostgres(data)
    await again.start()
    assert again.process_id() != postmaster
    assert await again.stop_if_last()


async def test_a_server_without_keeper_is_stopped_by_its_last_holder(
    data: Path, server: EmbeddedPostgres
) -> None:
    os.kill(keeper_pid(data), signal.SIGKILL)
    assert await server.stop_if_last()
    assert not server.is_running()


async def test_a_first_start_cut_short_leaves_no_half_cluster(data: Path, holder: Start) -> None:
    process = await holder()
    await until((data / "postgres" / "cluster.new" / "PG_VERSION").exists, seconds=10)
    process.kill()
    await process.wait()
    server = EmbeddedPostgres(data)
    await server.start()
    assert server.is_running()
    assert await server.stop_if_last()


async def test_a_stale_pid_of_another_process_is_no_obstacle(data: Path) -> None:
    server = EmbeddedPostgres(data)
    await server.start()
    file = data / "postgres" / "cluster" / "postmaster.pid"
    lines = file.read_text().splitlines()
    assert await server.stop_if_last()
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    file.chmod(0o600)
    os.chown(file, file.parent.stat().st_uid, file.parent.stat().st_gid)
    await server.start()
    assert server.is_running()
    assert await server.stop_if_last()


async def test_a_start_that_fails_says_why(data: Path) -> None:
    server = EmbeddedPostgres(data)
    await server.start()
    await server.stop_if_last()
    (data / "postgres" / "local.conf").write_text("shared_buffers = 'many'\n")
    (data / "postgres" / "local.conf").chmod(0o644)
    with pytest.raises(PostgresUnusable, match='invalid value for parameter "shared_buffers"'):
        await server.start()
    assert not server.is_running()


async def test_data_of_another_version_are_left_alone(data: Path) -> None:
    server = EmbeddedPostgres(data)
    await server.start()
    await server.stop_if_last()
    version = data / "postgres" / "cluster" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(PostgresUnusable, match="written by PostgreSQL 17"):
        await server.start()
    assert version.read_text() == "17\n"
