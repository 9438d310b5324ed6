"""`posthouse search`: what the operator finds in one mailbox, newest first."""

from typing import Annotated

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.foundation.events import drain
from posthouse.mail.mailboxes.folders import find_mailbox
from posthouse.mail.mailboxes.model import Described, Role
from posthouse.mail.mailboxes.reading import describe_messages
from posthouse.mail.search.actions import search
from posthouse.mail.search.indexing import LISTENER
from posthouse.protocols import mime
from posthouse.security.members import Actor


@app.command("search")
def search_mail(
    query: Annotated[str, typer.Argument(help="Words, “a phrase”, from: to: subject: after: …")],
    mailbox: Annotated[str, typer.Option(help="The address of the mailbox.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find mail in one mailbox."""

    async def find(database: Database) -> list[Described]:
        async with database.system() as tx:
            workspace_id, mailbox_id = await find_mailbox(tx, mime.canonical(mailbox))
        actor = Actor.system(workspace_id)
        await drain(database, [LISTENER])  # nobody indexes while the server is down
        async with database.workspace(workspace_id) as tx:
            page = await search(tx, actor, query, mailbox_id=mailbox_id, limit=limit)
            return await describe_messages(tx, [hit.mailbox_message_id for hit in page.hits])

    found = in_house(read_settings(data), find)
    for message in found:
        print_found(message, as_json=as_json)
    if not found and not as_json:
        typer.echo("Nothing was found.")


def print_found(message: Described, *, as_json: bool) -> None:
    """One message on a line: its time in the reader's zone, for machines as it is (RFC 3339)."""
    senders = [person for person in message.people if person.role == Role.FROM]
    names = ", ".join(person.name or person.address for person in senders)
    values = {
        "id": message.mailbox_message_id,
        "thread_id": message.thread_id,
        "date": message.date,
        "from": names,
        "subject": message.subject,
    }
    local = f"{message.date.astimezone():%Y-%m-%d %H:%M}"
    say(f"{local}  {names:30.30}  {message.subject}", values, as_json=as_json)
