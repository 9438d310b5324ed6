"""The command for who lost the code that an empty house prints."""

from typing import Any

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict
from posthouse.mail.setup.claiming import is_taken, setup_code, setup_link

setup_app = typer.Typer(help="Setting up an empty house in the page.", no_args_is_help=True)
app.add_typer(setup_app, name="setup")


@setup_app.command("code")
def print_code(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print the code for the page, as `serve` does while there is no workspace."""

    async def read(database: Database) -> dict[str, Any]:
        if await is_taken(database):
            raise Conflict("This house has been set up already. Sign in.")
        return {"code": setup_code(database), "link": setup_link(database)}

    said = in_house(read_settings(data), read)
    say(f"{said['code']}\n{said['link']}", said, as_json=as_json)
