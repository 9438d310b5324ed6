"""Commands for what waits in the queue."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Invalid
from posthouse.sending.outbox import queue
from posthouse.sending.outbox.queue import Chosen, QueueRow

T = TypeVar("T")

queue_app = typer.Typer(help="Mail on its way out.", no_args_is_help=True)
app.add_typer(queue_app, name="queue")

OnlyOption = Annotated[
    str | None, typer.Option("--domain", help="Only mail for this domain.", show_default=False)
]
IdsArgument = Annotated[list[UUID], typer.Argument(help="Ids that “queue list” shows.")]
MaybeIdsArgument = Annotated[
    list[UUID] | None, typer.Argument(help="Ids that “queue list” shows.", show_default=False)
]


@queue_app.command("list")
def list_queue(
    domain: OnlyOption = None,
    sender: Annotated[
        str | None, typer.Option(help="Only what this mailbox sent.", show_default=False)
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="waiting, trying, scheduled or held.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(help="At most so many recipients.")] = 100,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the recipients that mail waits for, what is due first on top."""

    async def read(tx: Tx) -> list[QueueRow]:
        return await queue.read_queue(tx, domain=domain, sender=sender, state=state, limit=limit)

    rows = _within(data, read)
    for row in rows:
        when = "now" if row.in_progress else f"{row.due_at:%Y-%m-%d %H:%M}"
        when = "held" if row.state == "held" else when
        text = f"{row.recipient_id}  {when:<16}  {row.attempts:>3} tries  {row.address}"
        say(f"{text}  {row.reply}".rstrip(), _told(row), as_json=as_json)
    if not rows and not as_json:
        typer.echo("Nothing waits.")


@queue_app.command("why")
def why(
    recipient_id: Annotated[UUID, typer.Argument(help="An id that “queue list” shows.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell all that is known of one recipient that waits."""
    row = _within(data, lambda tx: queue.read_one(tx, recipient_id))
    said = _told(row)
    lines = [f"{name.replace('_', ' '):<16}  {value}" for name, value in said.items() if value]
    say("\n".join(lines), said, as_json=as_json)


@queue_app.command("retry")
def retry(
    recipient_ids: MaybeIdsArgument = None,
    domain: OnlyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try now what waits for its next attempt: some, all for a domain, or everything."""
    chosen = Chosen(recipient_ids=recipient_ids or None, domain=domain)
    count = _within(data, lambda tx: queue.retry_now(tx, chosen))
    say(f"{count} recipients are tried now.", {"recipients": count}, as_json=as_json)


@queue_app.command("hold")
def hold(
    recipient_ids: MaybeIdsArgument = None,
    domain: OnlyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep back what waits: some, or all for a domain."""
    chosen = _named(recipient_ids, domain)
    count = _within(data, lambda tx: queue.hold(tx, chosen))
    say(f"{count} recipients are held.", {"recipients": count}, as_json=as_json)


@queue_app.command("release")
def release(
    recipient_ids: MaybeIdsArgument = None,
    domain: OnlyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let go on what was held: some, all for a domain, or everything."""
    chosen = Chosen(recipient_ids=recipient_ids or None, domain=domain)
    count = _within(data, lambda tx: queue.release(tx, chosen))
    say(f"{count} recipients are released.", {"recipients": count}, as_json=as_json)


@queue_app.command("drop")
def drop(
    recipient_ids: IdsArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give up on recipients. Their senders see it; no report is sent."""
    count = _within(data, lambda tx: queue.drop(tx, recipient_ids))
    say(f"{count} recipients were dropped.", {"recipients": count}, as_json=as_json)


def _named(recipient_ids: list[UUID] | None, domain: str | None) -> Chosen:
    """Nobody holds the whole queue by forgetting a word."""
    if not recipient_ids and not domain:
        raise Invalid("Name recipients or a domain.")
    return Chosen(recipient_ids=recipient_ids or None, domain=domain)


def _within(data: DataOption, act: Callable[[Tx], Awaitable[T]]) -> T:
    async def run(database: Database) -> T:
        async with database.system() as tx:
            return await act(tx)

    return in_house(read_settings(data), run)


def _told(row: QueueRow) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in row.__slots__}
    for name, value in said.items():
        if isinstance(value, datetime):
            said[name] = value.isoformat(timespec="seconds")
    return {**said, "in_progress": row.in_progress}
