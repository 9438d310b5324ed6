"""Commands for outgoing mail: routes to relays."""

from pathlib import Path
from typing import Annotated, Any

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Invalid
from posthouse.sending.outbox.handover import SignIn, written
from posthouse.sending.outbox.routes import (
    list_routes,
    remove_route,
    set_route,
    sign_in_of,
)
from posthouse.sending.outbox.store import Route

route_app = typer.Typer(help="Domains whose mail goes to a relay.", no_args_is_help=True)
app.add_typer(route_app, name="route")

DomainOption = Annotated[str, typer.Option("--domain", help="A domain, or '*' for all others.")]


@route_app.command("add")
def add(
    domain: DomainOption,
    relay: Annotated[str, typer.Option(help="HOST:PORT to hand its mail to, or ses:REGION.")],
    tls: Annotated[
        str | None,
        typer.Option(
            help="opportunistic, encrypted, verified or implicit; implicit at port 465.",
            show_default=False,
        ),
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="Sign in at the relay as this user.", show_default=False)
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(help="The file with the password; asked for otherwise.", show_default=False),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send mail for a domain to a relay instead of its MX. Replaces an earlier route."""
    sign_in = SignIn(user=user, password=ask_password(password_file)) if user else None

    async def change(database: Database) -> dict[str, Any]:
        async with database.system() as tx:
            return _told(tx, await set_route(tx, domain, relay, tls, sign_in))

    said = in_house(read_settings(data), change)
    say(f"Mail for {said['domain']} goes to {said['relay']}.", said, as_json=as_json)


@route_app.command("list")
def list_all(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the routes."""

    async def read(database: Database) -> list[dict[str, Any]]:
        async with database.system() as tx:
            return [_told(tx, route) for route in await list_routes(tx)]

    rows = in_house(read_settings(data), read)
    for row in rows:
        text = f"{row['domain']:<30} {row['relay']:<30} {row['tls']:<13} {row.get('user', '')}"
        say(text.rstrip(), row, as_json=as_json)
    if not rows and not as_json:
        typer.echo("There are no routes: all mail goes to the hosts that DNS names.")


@route_app.command("remove")
def remove(domain: DomainOption, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Send mail for a domain to its MX again."""

    async def change(database: Database) -> None:
        async with database.system() as tx:
            await remove_route(tx, domain)

    in_house(read_settings(data), change)
    say(f"The route for {domain} is gone.", {"domain": domain}, as_json=as_json)


def ask_password(file: Path | None) -> str:
    """From the file, or from who sits there. Raises Invalid."""
    if file is None:
        return str(typer.prompt("Password of the relay", hide_input=True, err=True))
    try:
        return file.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise Invalid(f"{file} cannot be read.") from None


def _told(tx: Tx, route: Route) -> dict[str, Any]:
    relay = written(route.kind, route.host, route.port)
    said = {"domain": route.domain, "relay": relay, "tls": route.tls}
    sign_in = sign_in_of(tx, route.domain, route.sign_in)
    return {**said, "user": sign_in.user} if sign_in else said
