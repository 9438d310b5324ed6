"""Commands for how long mail stays."""

from typing import Annotated

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.mail.retention import actions
from posthouse.mail.retention.model import Due, KeptRule, Place, Rule
from posthouse.security.members import Actor, workspace_of_domain

retention_app = typer.Typer(help="How long mail stays in folders.", no_args_is_help=True)
app.add_typer(retention_app, name="retention")

DomainArgument = Annotated[str, typer.Argument(help="A hosted domain of the workspace.")]


@retention_app.command("list")
def list_rules(
    domain: DomainArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the rules of the workspace, with what each has taken out since it was set."""

    async def read(database: Database) -> list[KeptRule]:
        async with database.workspace(await workspace_of_domain(database, domain)) as tx:
            return await actions.list_rules(tx)

    found = in_house(read_settings(data), read)
    for each in found:
        _say_rule(each, as_json=as_json)
    if not found and not as_json:
        typer.echo("All mail stays.")


@retention_app.command("set")
def set_rules(
    domain: DomainArgument,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            help="PLACE=DAYS or PLACE=never; places: all, inbox, sent, drafts, archive, junk,"
            " trash, own (folders that members made). Repeat it; none means that all mail stays.",
            show_default=False,
        ),
    ] = None,
    trial: Annotated[
        bool, typer.Option("--trial", help="Only tell what they would take out now.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set the rules of the workspace: these instead of all there were."""
    rules = [_rule(text) for text in rule or []]
    settings = read_settings(data)
    if trial:
        for due in in_house(settings, lambda database: _try(database, domain, rules)):
            text = f"{due.place:<8} {due.messages:>9,} messages of {due.mailboxes:,} mailboxes"
            told = {"place": due.place, "messages": due.messages, "mailboxes": due.mailboxes}
            say(text, told, as_json=as_json)
        return

    async def change(database: Database) -> list[KeptRule]:
        workspace_id = await workspace_of_domain(database, domain)
        async with database.workspace(workspace_id) as tx:
            return await actions.set_rules(tx, Actor.system(workspace_id), rules)

    for each in in_house(settings, change):
        _say_rule(each, as_json=as_json)


async def _try(database: Database, domain: str, rules: list[Rule]) -> list[Due]:
    workspace_id = await workspace_of_domain(database, domain)
    async with database.workspace(workspace_id) as tx:
        return await actions.try_rules(tx, Actor.system(workspace_id), rules)


def _rule(text: str) -> Rule:
    place, _, days = text.partition("=")
    try:
        return Rule(place=Place(place), days=None if days == "never" else int(days))
    except ValueError:
        raise Invalid(f"“{text}” is no rule: write trash=30 or archive=never.") from None


def _say_rule(kept: KeptRule, *, as_json: bool) -> None:
    rule = kept.rule
    after = "never" if rule.days is None else f"after {rule.days:,} days"
    swept = f"{kept.swept_count:,} messages since {kept.changed_at:%Y-%m-%d}"
    told = {
        "place": rule.place,
        "days": rule.days,
        "changed_at": kept.changed_at,
        "swept_at": kept.swept_at,
        "swept_count": kept.swept_count,
    }
    say(f"{rule.place:<8} {after:<18} {swept}", told, as_json=as_json)
