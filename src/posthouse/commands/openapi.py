"""`posthouse openapi`: the description of the API, for clients to be made from."""

import msgspec
import typer

from posthouse.commands.app import app
from posthouse.servers.http.app import openapi_schema


@app.command("openapi", hidden=True)
def print_openapi() -> None:
    """Print OpenAPI 3.1 of the API; nothing has to run."""
    typer.echo(msgspec.json.format(msgspec.json.encode(openapi_schema()), indent=2).decode())
