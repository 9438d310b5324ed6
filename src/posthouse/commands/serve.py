"""`posthouse serve`: everything, over a few processes, until it is told to stop."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from posthouse.commands.app import app
from posthouse.commands.house import ConfigOption, DataOption, read_settings, run_async
from posthouse.commands.processes import run_process, supervise
from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import Settings
from posthouse.roles import roles_named

Listener = Annotated[str | None, typer.Option(metavar="HOST:PORT|off", show_default=False)]


@app.command()
def serve(
    data: DataOption = None,
    config: ConfigOption = None,
    roles: Annotated[
        str, typer.Option(help="Only these, separated by commas.", show_default="all")
    ] = "",
    http: Listener = None,
    https: Listener = None,
    challenges: Listener = None,
    smtp: Listener = None,
    lmtp: Annotated[
        str | None, typer.Option(metavar="HOST:PORT|PATH|off", show_default=False)
    ] = None,
    submission: Listener = None,
    submissions: Listener = None,
    imap: Listener = None,
    imaps: Listener = None,
    pop3: Listener = None,
    pop3s: Listener = None,
    managesieve: Listener = None,
    process: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start Posthouse. Prints “posthouse ready” when all listen; SIGTERM stops it."""
    listeners = {
        "http": http,
        "https": https,
        "challenges": challenges,
        "smtp": smtp,
        "lmtp": lmtp,
        "submission": submission,
        "submissions": submissions,
        "imap": imap,
        "imaps": imaps,
        "pop3": pop3,
        "pop3s": pop3s,
        "managesieve": managesieve,
    }
    settings = settings_with_listeners(data, config, listeners)
    names = [name for name in roles.split(",") if name]
    if process is not None:
        run_async(run_process(settings, process, names))
        return
    try:
        roles_named(names)
    except Invalid as error:
        raise typer.BadParameter(error.reason, param_hint="--roles") from None
    run_async(_serve(settings, names))


def settings_with_listeners(
    data: Path | None, config: Path | None, listeners: dict[str, str | None]
) -> Settings:
    """Settings in which the command line's listeners win. Raises Invalid."""
    settings = read_settings(data, config)
    given = {name: value for name, value in listeners.items() if value is not None}
    return read_settings(data, config, listeners={**settings.listeners, **given})


async def _serve(settings: Settings, names: list[str]) -> None:
    stopped = asyncio.Event()
    await supervise(settings, names, stopped, lambda: typer.echo("posthouse ready"))
