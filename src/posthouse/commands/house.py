"""Opening the house: settings, the database (embedded or given), the vault, the resolver."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer
import uvloop

from posthouse.foundation.collector import collect_rarely
from posthouse.foundation.db import Database, open_database
from posthouse.foundation.errors import Invalid
from posthouse.foundation.log import set_up_logging
from posthouse.foundation.migrations import migrate
from posthouse.foundation.postgres import EmbeddedPostgres
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import Settings, load_settings
from posthouse.protocols.dns import CachingResolver
from posthouse.security.vault import BlobFiles, Vault

T = TypeVar("T")

DataOption = Annotated[
    Path | None, typer.Option("--data", help="The data folder.", show_default=False)
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="A settings file.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def read_settings(data: Path | None, config: Path | None = None, **overrides: Any) -> Settings:
    """Settings for one command, with logging set up. Raises Invalid."""
    settings = load_settings(data=data, config=config, overrides=overrides)
    set_up_logging(settings.log_format)
    return settings


def state_file(settings: Settings) -> Path:
    """Where a running Posthouse says which processes it has."""
    return settings.data / "run" / "processes.json"


def prepare_folder(settings: Settings) -> None:
    """Make the data folder. Raises Invalid when that is not possible."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid(
            f"The data folder {settings.data} cannot be made: {error.strerror}."
        ) from None


@contextlib.asynccontextmanager
async def running_database(settings: Settings) -> AsyncIterator[str]:
    """The owner's DSN of a migrated database: the given one, or the embedded one, attached."""
    if settings.database_url is not None:
        await migrate(settings.database_url)
        yield settings.database_url
        return
    prepare_folder(settings)
    embedded = EmbeddedPostgres(settings.data)
    dsn = await embedded.start()
    try:
        await migrate(dsn)
        yield dsn
    finally:
        await embedded.stop_if_last()


async def open_house(settings: Settings, dsn: str) -> Database:
    """A database with everything a role or a command finds by type."""
    prepare_folder(settings)
    database = await open_database(dsn)
    database.provide(settings)
    vault = Vault.load(settings)
    await vault.check(database)
    database.provide(vault)
    database.provide(BlobFiles(settings.data / "blobs"))
    try:
        database.provide(open_resolver(settings.resolver))
    except ValueError as error:
        raise Invalid(f"The resolver “{settings.resolver}” is not HOST:PORT.") from error
    return database


async def close_house(database: Database) -> None:
    """Close what `open_house` opened."""
    await database.service(CachingResolver).close()
    await database.close()


@contextlib.asynccontextmanager
async def house(settings: Settings) -> AsyncIterator[Database]:
    """The open house for one command. Signals reach the running server when it ends."""
    async with running_database(settings) as dsn:
        database = await open_house(settings, dsn)
        carrying = asyncio.create_task(database.signals.run(database.connect))
        try:
            yield database
            await database.signals.flushed()
        finally:
            carrying.cancel()
            await close_house(database)


def in_house(settings: Settings, action: Callable[[Database], Awaitable[T]]) -> T:
    """Run one action in the open house and give its result."""

    async def run() -> T:
        async with house(settings) as database:
            return await action(database)

    return run_async(run())


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop."""
    logging.getLogger("posthouse.foundation.migrations").setLevel(logging.WARNING)
    collect_rarely()
    return uvloop.run(work)


def ask_password(from_stdin: bool, *, new: bool) -> str:
    """From standard input, or typed, a new one twice. Raises Invalid where nobody can type."""
    if from_stdin:
        return read_password()
    if not sys.stdin.isatty():
        raise Invalid("Nobody can be asked for the password here: give --password-stdin.")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=new))


def read_password() -> str:
    """One line of standard input. Raises Invalid when it is empty."""
    password = typer.get_text_stream("stdin").readline().rstrip("\r\n")
    if not password:
        raise Invalid("No password came on standard input.")
    return password


def say(text: str, values: dict[str, Any], *, as_json: bool) -> None:
    """A line for a person, or the same as one JSON object."""
    typer.echo(msgspec.json.encode(values, enc_hook=str).decode() if as_json else text)
