"""Commands that look at a running house: its processes, its database."""

import json
import os

import typer

from posthouse.commands.app import app
from posthouse.commands.house import (
    DataOption,
    JsonOption,
    read_settings,
    say,
    state_file,
)
from posthouse.foundation.postgres import EmbeddedPostgres

db_app = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(db_app, name="db")


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


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
