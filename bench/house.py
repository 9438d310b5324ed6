"""Our side of a bench: a real `posthouse serve` on a fresh data folder on the disk, durable."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg

from posthouse.commands.house import close_house, open_house
from posthouse.foundation.db import Database
from posthouse.foundation.settings import load_settings
from tests.support.running import RunningPosthouse, new_house
from tests.support.settling import until_settled

DURABILITY: dict[str, str] = {}
"""What the server itself said of fsync and synchronous_commit."""


@contextlib.contextmanager
def running_house(
    *options: str, authority: Path | None = None, **settings: str
) -> Iterator[RunningPosthouse]:
    """A fresh workspace of Anna's, served with every role. Raises AssertionError unless durable.

    `settings`: more of POSTHOUSE_*. `authority`: the one whose certificates it trusts.
    """
    folder = Path(tempfile.mkdtemp(prefix="posthouse-bench-"))  # on the disk, not in memory
    folder.chmod(0o711)
    with new_house(folder=folder) as house:
        house.environment |= {f"POSTHOUSE_{name.upper()}": said for name, said in settings.items()}
        if authority is not None:
            house.environment["SSL_CERT_FILE"] = str(authority)
        house.start(*options)
        asyncio.run(_check_durability(house))
        yield house


@contextlib.asynccontextmanager
async def opened(house: RunningPosthouse) -> AsyncIterator[Database]:
    """The house's database, as a process of it has it in hand."""
    settings = load_settings(data=house.data, environ=house.environment)
    database = await open_house(settings, database_url(house))
    try:
        yield database
    finally:
        await close_house(database)


def database_url(house: RunningPosthouse) -> str:
    """The owner's DSN."""
    return house.must("db", "url").strip()


def settle(house: RunningPosthouse) -> None:
    """Come back when nothing works in the background any more."""

    async def wait() -> None:
        async with opened(house) as database:
            await until_settled(database)

    asyncio.run(wait())


async def _check_durability(house: RunningPosthouse) -> None:
    connection = await asyncpg.connect(database_url(house))
    try:
        for name in ("fsync", "synchronous_commit"):
            DURABILITY[name] = await connection.fetchval("SELECT current_setting($1)", name)
    finally:
        await connection.close()
    assert DURABILITY == {"fsync": "on", "synchronous_commit": "on"}, DURABILITY
