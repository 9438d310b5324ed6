"""Where the server may live and as whom: root, ordinary users, closed folders, full disks."""

import asyncio
import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from posthouse.foundation.postgres import EmbeddedPostgres, PostgresUnusable
from posthouse.foundation.postgres.binaries import wheel_folder
from posthouse.foundation.postgres.tests.conftest import HOLDER, SOURCES, told, until
from tests.support.postgres import data_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has this choice")


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that only root may enter, such as root's home."""
    folder = data_folder()
    folder.chmod(0o700)
    yield folder
    shutil.rmtree(folder)


@as_root
async def test_root_hands_over_to_a_system_user(data: Path, server: EmbeddedPostgres) -> None:
    owner = Path(f"/proc/{server.process_id()}").stat().st_uid
    assert pwd.getpwuid(owner).pw_name == "posthouse"
    for folder in ("postgres", "postgres/cluster", "postgres/socket", "log/postgres"):
        assert (data / folder).stat().st_uid == owner
        assert (data / folder).stat().st_mode & 0o777 == 0o700


@as_root
async def test_programs_in_a_closed_folder_are_copied(data: Path, closed: Path) -> None:
    wheel = wheel_folder().parents[1]
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        (closed / part.name).symlink_to(part)
    server = EmbeddedPostgres(data, binaries=closed / wheel.name / "pginstall18" / "bin")
    await server.start()
    command = Path(f"/proc/{server.process_id()}/cmdline").read_bytes().split(b"\0")[0].decode()
    assert await server.stop_if_last()
    assert Path(command).is_relative_to(data / "postgres")
    assert not list(data.glob("postgres/*.unfinished"))


@as_root
async def test_data_in_a_closed_folder_are_refused_with_a_remedy(closed: Path) -> None:
    server = EmbeddedPostgres(closed / "data")
    with pytest.raises(PostgresUnusable, match=f"chmod o\\+x {closed}"):
        await server.start()


async def test_a_folder_of_someone_else_is_refused(data: Path) -> None:
    data.joinpath("postgres").symlink_to("/etc")
    with pytest.raises(PostgresUnusable, match=r"not a folder of the user|belongs to"):
        await EmbeddedPostgres(data).start()


async def test_a_path_too_long_for_a_socket(data: Path) -> None:
    deep = data / ("long-" * 20)
    server = EmbeddedPostgres(deep)
    connection = await asyncpg.connect(await server.start())
    assert await connection.fetchval("SELECT 42") == 42
    await connection.close()
    socket = Path(server.owner_dsn.partition("host=")[2].partition("&")[0])
    assert socket.stat().st_mode & 0o777 == 0o700
    assert await server.stop_if_last()
    socket.rmdir()


async def test_an_ordinary_user_needs_nobody(data: Path) -> None:
    """As nobody when we are root, with copies of what root's home may hide."""
    shutil.copytree(SOURCES / "posthouse" / "foundation", data / "src" / "posthouse" / "foundation")
    shutil.copy(HOLDER, data / "holder.py")
    wheel = wheel_folder().parents[1]
    shutil.copytree(wheel / "pginstall18", data / "w" / wheel.name / "pginstall18")
    shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), data / "w" / f"{wheel.name}.libs")
    place = data / "mine"
    place.mkdir(mode=0o700)
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        os.chown(place, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/python3" if user else sys.executable,
        *(str(data / "holder.py"), str(data / "src"), str(place)),
        str(data / "w" / wheel.name / "pginstall18" / "bin"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        user=user,
    )
    answer = await told(process)
    assert answer.startswith("held ")
    assert answer.endswith("stopped True")
    assert (place / "postgres" / "cluster").stat().st_uid == place.stat().st_uid


@as_root
async def test_a_full_disk_passes(data: Path) -> None:
    """On a disk of its own with 160 MB: nothing confirmed is lost, and it comes back by itself."""
    place = data / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m,mode=711", "none", place], check=True)
    try:
        await _fill_and_free(place)
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


async def _fill_and_free(place: Path) -> None:
    server = EmbeddedPostgres(place, settings={"min_wal_size": "32MB", "max_wal_size": "32MB"})
    connection = await asyncpg.connect(await server.start())
    await connection.execute("CREATE TABLE kept (n int, filler text)")
    ballast = place / "ballast"
    _fill(ballast)
    confirmed = await _write_until_refused(connection)
    connection.terminate()
    await asyncio.sleep(1)
    ballast.unlink()

    await until(server.is_running, seconds=15)
    connection = await _connected(server)
    assert await connection.fetchval("SELECT count(*) FROM kept") >= confirmed
    await connection.execute("INSERT INTO kept VALUES (-1)")
    await connection.close()
    assert await server.stop_if_last()


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as rest, contextlib.suppress(OSError):
        while True:
            rest.write(bytes(1 << 20))


async def _write_until_refused(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    """How many rows were confirmed before the disk was full."""
    long = "SELECT $1, string_agg(random()::text, '') FROM generate_series(1, 5000)"
    for number in range(10_000):
        try:
            await connection.execute(f"INSERT INTO kept {long}", number)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return number
    raise AssertionError("the disk was never full")


async def _connected(server: EmbeddedPostgres) -> "asyncpg.Connection[asyncpg.Record]":
    async with asyncio.timeout(15):
        while True:
            try:
                return await asyncpg.connect(server.owner_dsn)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.1)
