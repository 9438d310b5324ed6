"""`posthouse demo`: serve a data folder of its own, filled on the first start."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated

import typer

from posthouse.commands.app import app
from posthouse.commands.demo.deliver import (
    bring_history,
    deliver_today,
    is_filled,
    make_companies,
)
from posthouse.commands.demo.people import CUSTOMER, MAKER, PASSWORD
from posthouse.commands.house import house, read_settings, run_async
from posthouse.commands.processes import supervise
from posthouse.foundation.errors import Busy, Conflict
from posthouse.foundation.postgres import EmbeddedPostgres
from posthouse.foundation.settings import Settings, default_data_folder

DemoDataOption = Annotated[
    Path | None,
    typer.Option("--data", help="The data folder; never the one of a real company."),
]


@app.command()
def demo(
    data: DemoDataOption = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Throw the demonstration away and make it again.")
    ] = False,
) -> None:
    """Start Posthouse with a demonstration company and one of its customers."""
    settings = read_settings(data or default_data_folder().with_name("posthouse-demo"))
    run_async(_demo(settings, reset))


async def _demo(settings: Settings, reset: bool) -> None:
    _refuse_real_companies(settings)
    if reset:
        await _reset(settings)
    _marker(settings).parent.mkdir(parents=True, exist_ok=True)
    _marker(settings).touch()
    async with house(settings) as database:
        fresh = not await is_filled(database)
        if fresh:
            typer.echo("Making the demonstration: two companies and their mail …")
            await make_companies(database)
            await bring_history(database)
    stop, up = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(supervise(settings, [], stop, up.set))
    await asyncio.wait(
        [serving, asyncio.create_task(up.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    if up.is_set():
        smtp = settings.listener("smtp")
        if fresh and smtp is not None:
            await deliver_today(*smtp)
        typer.echo("posthouse ready")
        typer.echo(_welcome(settings))
    await serving


def _marker(settings: Settings) -> Path:
    return settings.data / "demonstration"


def _refuse_real_companies(settings: Settings) -> None:
    """Raises Conflict when the data folder, or a database elsewhere, is not a demonstration's."""
    if settings.database_url is not None:
        raise Conflict("The demonstration keeps to its own database: unset POSTHOUSE_DATABASE_URL.")
    if (settings.data / "postgres").exists() and not _marker(settings).exists():
        raise Conflict(f"{settings.data} is not a demonstration. Nothing was touched.")


async def _reset(settings: Settings) -> None:
    marker = settings.data / "postgres"
    if not marker.exists():
        return
    if EmbeddedPostgres(settings.data).is_running():
        raise Busy("The demonstration is running. Stop it first.")
    shutil.rmtree(settings.data)


def _welcome(settings: Settings) -> str:
    """What a person needs to look around."""
    addresses = "\n".join(
        f"    {staff.address:38} {PASSWORD}   ({company.name})"
        for company in (MAKER, CUSTOMER)
        for staff in company.staff
    )
    ports = "\n".join(f"    {name:12} {value}" for name, value in settings.listeners.items())
    return f"""
  Open         http://{settings.listeners["http"]}
  Sign in as
{addresses}
  Listening on
{ports}
  Mail programs: any of the sign-ins above, IMAP and SMTP as listed.
  Data folder  {settings.data}
  Stop         Ctrl-C (or SIGTERM to this process)
  Start over   posthouse demo --reset --data {settings.data}
"""
