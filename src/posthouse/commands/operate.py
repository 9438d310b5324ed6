"""Commands that look at a running house: its processes, its health, its database."""

import json
import os
import shutil
from typing import Any

import typer

from posthouse.commands.app import app
from posthouse.commands.house import (
    DataOption,
    JsonOption,
    in_house,
    read_settings,
    say,
    state_file,
)
from posthouse.foundation.db import Database
from posthouse.foundation.events import SQL as EVENTS
from posthouse.foundation.postgres import EmbeddedPostgres
from posthouse.foundation.settings import Settings
from posthouse.mail.filtering.screening import states

db_app = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(db_app, name="db")

_LITTLE_SPACE = 1 << 30
_LATE = 10_000


@app.command()
def ps(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the roles that run here and their process ids."""
    settings = read_settings(data)
    try:
        state = json.loads(state_file(settings).read_text())
    except (FileNotFoundError, NotADirectoryError):
        state = {"processes": []}
    rows = [
        {"role": role, "process": process["name"], "pid": process["pid"]}
        for process in state["processes"]
        if _alive(process["pid"])
        for role in process["roles"]
    ]
    if rows:
        supervisor = {"role": "supervisor", "process": "supervisor", "pid": state["supervisor"]}
        rows.insert(0, supervisor)
    if settings.database_url is None and settings.data.exists():
        postmaster = EmbeddedPostgres(settings.data).process_id()
        if postmaster is not None:
            rows.append({"role": "postgres", "process": "postgres", "pid": postmaster})
    for row in rows:
        say(f"{row['pid']:>8}  {row['role']}", row, as_json=as_json)
    if not rows and not as_json:
        typer.echo("Nothing runs here.")


@db_app.command("url")
def db_url(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print where the database is, for psql. The embedded one is reachable while Posthouse runs."""
    settings = read_settings(data)
    url = settings.database_url or EmbeddedPostgres(settings.data).owner_dsn
    say(url, {"url": url}, as_json=as_json)


@app.command()
def doctor(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Say what is wrong, and how to mend it. Exits with 1 when something is."""
    settings = read_settings(data)
    findings = in_house(settings, lambda database: _examine(database, settings))
    for finding in findings:
        mark = "ok  " if finding["ok"] else "FIX "
        say(f"{mark} {finding['what']}: {finding['says']}", finding, as_json=as_json)
    if not all(finding["ok"] for finding in findings):
        raise typer.Exit(1)


async def _examine(database: Database, settings: Settings) -> list[dict[str, Any]]:
    # The servers take half a second to import, which ps and db need not wait for.
    from posthouse.roles import all_listeners

    findings: list[dict[str, Any]] = []

    def find(what: str, ok: bool, says: str) -> None:
        findings.append({"what": what, "ok": ok, "says": says})

    free = shutil.disk_usage(settings.data).free
    advice = "" if free > _LITTLE_SPACE else ": make room, mail is refused when it is full"
    find("disk", free > _LITTLE_SPACE, f"{free >> 20} MiB free in the data folder{advice}")
    async with database.system() as tx:
        server = tx.connection.get_server_version()
        find("database", server.major >= 15, f"PostgreSQL {server.major}.{server.minor}")
        for name in ("fsync", "synchronous_commit"):
            value = await tx.connection.fetchval("SELECT current_setting($1)", name)
            find(name, value == "on", value)
        names = [listener.name for listener in all_listeners()]
        for row in await tx.rows(EVENTS["listener_lag"], listeners=names):
            ok = row["behind"] < _LATE
            never = "" if row["moved_at"] else ", it has never run"
            find(f"listener {row['listener']}", ok, f"{row['behind']} events behind{never}")
        buried = await tx.connection.fetchval("SELECT count(*) FROM event_dead_letters")
        find("dead letters", buried == 0, f"{buried} events could not be handled")
    for name, answer in (await states(settings)).items():
        find(name, answer.ok, answer.says)
    horizon = await _horizon_age(database)
    find("event horizon", horizon < 60, f"the oldest writing transaction is {horizon:.0f} s old")
    return findings


async def _horizon_age(database: Database) -> float:
    connection = await database.connect()  # only the owner sees since when others work
    try:
        return float(await connection.fetchval(EVENTS["horizon_age"].text))
    finally:
        await connection.close()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
