"""Commands for outgoing mail: routes to relays, and what waits in the queue."""

from typing import Annotated, Any
from uuid import UUID

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.sending.outbox import queue
from posthouse.sending.outbox.routes import list_routes, remove_route, set_route
from posthouse.sending.outbox.store import Route

route_app = typer.Typer(help="Domains whose mail goes to a relay.", no_args_is_help=True)
queue_app = typer.Typer(help="Mail on its way out.", no_args_is_help=True)
app.add_typer(route_app, name="route")
app.add_typer(queue_app, name="queue")

DomainOption = Annotated[str, typer.Option("--domain", help="A domain, or '*' for all others.")]
OnlyOption = Annotated[
    str | None, typer.Option("--domain", help="Only mail for this domain.", show_default=False)
]


@route_app.command("add")
def add(
    domain: DomainOption,
    relay: Annotated[str, typer.Option(help="HOST:PORT to hand its mail to.")],
    tls: Annotated[
        str | None,
        typer.Option(
            help="opportunistic, encrypted, verified or implicit; implicit at port 465.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send mail for a domain to a relay instead of its MX. Replaces an earlier route."""

    async def change(database: Database) -> dict[str, Any]:
        async with database.system() as tx:
            return _told(await set_route(tx, domain, relay, tls))

    said = in_house(read_settings(data), change)
    say(f"Mail for {said['domain']} goes to {said['relay']}.", said, as_json=as_json)


@route_app.command("list")
def list_all(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the routes."""

    async def read(database: Database) -> list[dict[str, Any]]:
        async with database.system() as tx:
            return [_told(route) for route in await list_routes(tx)]

    rows = in_house(read_settings(data), read)
    for row in rows:
        say(f"{row['domain']:<30} {row['relay']:<30} {row['tls']}", row, as_json=as_json)
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


def _told(route: Route) -> dict[str, Any]:
    host = f"[{route.host}]" if ":" in route.host else route.host
    return {"domain": route.domain, "relay": f"{host}:{route.port}", "tls": route.tls}


@queue_app.command("list")
def list_queue(
    domain: OnlyOption = None,
    limit: Annotated[int, typer.Option(help="At most so many recipients.")] = 100,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the recipients that mail waits for, what is due first on top."""
    rows = in_house(read_settings(data), lambda house: queue.read_queue(house, domain, limit))
    for row in rows:
        said = {
            "recipient_id": row.recipient_id,
            "address": row.address,
            "attempts": row.attempts,
            "due_at": row.due_at.isoformat(timespec="seconds"),
            "in_progress": row.in_progress,
            "reply": row.reply,
        }
        when = "now" if row.in_progress else f"{row.due_at:%Y-%m-%d %H:%M}"
        text = f"{row.recipient_id}  {when:<16}  {row.attempts:>3} tries  {row.address}"
        say(f"{text}  {row.reply}".rstrip(), said, as_json=as_json)
    if not rows and not as_json:
        typer.echo("Nothing waits.")


@queue_app.command("retry")
def retry(domain: OnlyOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Try now what waits for its next attempt."""
    count = in_house(read_settings(data), lambda house: queue.retry_now(house, domain))
    say(f"{count} recipients are tried now.", {"recipients": count}, as_json=as_json)


@queue_app.command("drop")
def drop(
    recipient_ids: Annotated[list[UUID], typer.Argument(help="Ids that “queue list” shows.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give up on recipients. Their senders see it; no report is sent."""
    count = in_house(read_settings(data), lambda house: queue.drop(house, recipient_ids))
    say(f"{count} recipients were dropped.", {"recipients": count}, as_json=as_json)
