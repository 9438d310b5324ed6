"""Commands for what mailboxes may hold."""

import re
from typing import Annotated, Any

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.mail.quotas import actions
from posthouse.mail.quotas.model import Limits, MailboxUsage
from posthouse.security.members import Actor, workspace_of_domain

quota_app = typer.Typer(help="How much mailboxes may hold.", no_args_is_help=True)
app.add_typer(quota_app, name="quota")

_SIZE = re.compile(r"(\d{1,12})\s*([KMGT]?)(?:I?B)?", re.IGNORECASE)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}

SizeOption = Annotated[
    str | None,
    typer.Option(help="Such as 500M or 10G; “none” is no limit.", show_default=False),
]
MessagesOption = Annotated[
    str | None,
    typer.Option(help="A number of messages; “none” is no limit.", show_default=False),
]


@quota_app.command("list")
def list_quotas(
    domain: Annotated[str, typer.Argument(help="A hosted domain.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what the mailboxes of the workspace hold and may hold."""

    async def read(database: Database) -> tuple[Limits, list[MailboxUsage]]:
        workspace_id = await workspace_of_domain(database, domain)
        async with database.workspace(workspace_id) as tx:
            return await actions.all_usage(tx, Actor.system(workspace_id))

    _, found = in_house(read_settings(data), read)
    for each in found:
        usage = each.usage
        most, most_messages = _size(usage.limits.octets, "–"), _number(usage.limits.messages, "–")
        text = (
            f"{each.address:<40} {_size(usage.octets):>9} of {most:>9}"
            f"  {usage.messages:>9,} of {most_messages:>9}  {usage.percent:>3} %"
        )
        say(text, _told(each), as_json=as_json)


@quota_app.command("default")
def set_default(
    domain: Annotated[str, typer.Argument(help="A hosted domain of the workspace.")],
    size: SizeOption = None,
    messages: MessagesOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set what every mailbox without limits of its own may hold; what is not named stays."""

    async def change(database: Database) -> Limits:
        workspace_id = await workspace_of_domain(database, domain)
        actor = Actor.system(workspace_id)
        async with database.workspace(workspace_id) as tx:
            now, _ = await actions.all_usage(tx, actor)
            wanted = Limits(
                octets=now.octets if size is None else _octets(size),
                messages=now.messages if messages is None else _messages(messages),
            )
            return await actions.set_default(tx, actor, wanted)

    made = in_house(read_settings(data), change)
    text = f"A mailbox may hold {_size(made.octets, 'any size')} and {_number(made.messages)}"
    say(
        f"{text} messages.",
        {"octets": made.octets, "messages": made.messages},
        as_json=as_json,
    )


@quota_app.command("set")
def set_limits(
    mailbox: Annotated[str, typer.Argument(help="The address of the mailbox.")],
    size: SizeOption = None,
    messages: MessagesOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set what one mailbox may hold. What is not named is as the workspace says."""

    async def change(database: Database) -> MailboxUsage:
        workspace_id = await workspace_of_domain(database, mailbox.rpartition("@")[2])
        async with database.workspace(workspace_id) as tx:
            return await actions.set_limits(
                tx,
                Actor.system(workspace_id),
                mailbox,
                octets=None if size is None else _octets(size),
                messages=None if messages is None else _messages(messages),
            )

    found = in_house(read_settings(data), change)
    limits = found.usage.limits
    text = f"{found.address} may hold {_size(limits.octets, 'any size')}"
    say(f"{text} and {_number(limits.messages)} messages.", _told(found), as_json=as_json)


def _octets(text: str) -> int:
    if text == "none":
        return 0
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise Invalid(f"“{text}” is no size: write 500M or 10G.")
    return int(found[1]) << _UNITS[found[2].upper()]


def _messages(text: str) -> int:
    if text == "none":
        return 0
    if not (text.isascii() and text.isdigit()):
        raise Invalid(f"“{text}” is no number of messages.")
    return int(text)


def _size(octets: int, nothing: str = "0") -> str:
    if not octets:
        return nothing
    value, unit = float(octets), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.1f} {unit}"


def _number(limit: int, nothing: str = "any number of") -> str:
    return f"{limit:,}" if limit else nothing


def _told(found: MailboxUsage) -> dict[str, Any]:
    usage = found.usage
    return {
        "mailbox": found.address,
        "octets": usage.octets,
        "messages": usage.messages,
        "most_octets": usage.limits.octets,
        "most_messages": usage.limits.messages,
        "percent": usage.percent,
    }
