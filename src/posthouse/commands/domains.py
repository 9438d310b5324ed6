"""Commands for hosted domains: host one, print what to publish for it, see whether it is right."""

from typing import Annotated, Any

import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.mail.domains.actions import check_domain
from posthouse.mail.domains.model import Check, Finding, State, Subject
from posthouse.security.members import (
    Actor,
    DnsRecord,
    dns_records,
    find_workspace,
    signing_keys,
    workspace_of_domain,
)
from posthouse.security.members import add_domain as host_domain

domain_app = typer.Typer(help="Domains whose mail is kept here.", no_args_is_help=True)
app.add_typer(domain_app, name="domain")

WorkspaceOption = Annotated[
    str | None,
    typer.Option("--workspace", help="Its name or a domain of it, when there are several."),
]

_MARKS = {State.GOOD: "ok  ", State.ADVICE: "hint", State.BAD: "FIX ", State.UNKNOWN: "?   "}
_ADVICE = {
    Finding.UNKNOWN: "DNS does not answer; try again",
    Finding.MISSING: "publish it",
    Finding.SEVERAL: "several records stand there and none of them counts: leave one",
    Finding.BROKEN: "it cannot be read; publish it again as it is written here",
    Finding.ELSEWHERE: "it names somebody else",
    Finding.OTHER_KEY: "it is another key than ours: mail fails its signature",
    Finding.NOT_COVERED: "it does not allow the address that we send from",
    Finding.OPEN: "it allows everybody to send in your name",
    Finding.WATCHING: "forgeries are still let through: p=quarantine, once the reports look right",
    Finding.SILENT: "it asks for no reports: add rua=",
}
_OF_MACHINE = {
    (Subject.HOST, Finding.MISSING): "the machine's name has no address: mail cannot arrive",
    (Subject.REVERSE, Finding.MISSING): "whoever rents you the address must name it",
    (Subject.REVERSE, Finding.ELSEWHERE): "whoever rents you the address must rename it",
    (Subject.MX, Finding.ELSEWHERE): "mail arrives elsewhere; fine when that passes it on to us",
}


@domain_app.command("add")
def add_domain(
    domain: str,
    workspace: WorkspaceOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Host a domain, and print the DNS records to publish for it."""

    async def make(database: Database) -> None:
        await host_domain(database, await find_workspace(database, workspace), domain)

    in_house(read_settings(data), make)
    _print_records(domain, data, as_json)


@domain_app.command("records")
def print_records(domain: str, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print the DNS records to publish for a hosted domain."""
    _print_records(domain, data, as_json)


@domain_app.command("check")
def check(domain: str, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Ask DNS how a hosted domain stands. Exits with 1 when mail is lost or distrusted."""

    async def ask(database: Database) -> list[Check]:
        workspace_id = await workspace_of_domain(database, domain)
        return await check_domain(database, Actor.system(workspace_id), domain)

    checks = in_house(read_settings(data), ask)
    for each in checks:
        say(_in_words(each), _told(each), as_json=as_json)
    if any(each.state is State.BAD for each in checks):
        raise typer.Exit(1)


def advice_on(check: Check) -> str:
    """What to do about it, if there is something."""
    return _OF_MACHINE.get((check.subject, check.finding)) or _ADVICE.get(check.finding, "")


def _in_words(check: Check) -> str:
    advice = advice_on(check)
    lines = [
        f"{_MARKS[check.state]} {check.name}  {check.type}" + (f": {advice}" if advice else "")
    ]
    if check.state is not State.GOOD:
        lines += [f"       wanted  {check.wanted}"] if check.wanted else []
        lines += [f"       found   {text}" for text in check.found]
    return "\n".join(lines)


def _told(check: Check) -> dict[str, Any]:
    return {
        "subject": check.subject,
        "name": check.name,
        "type": check.type,
        "wanted": check.wanted,
        "found": list(check.found),
        "finding": check.finding,
        "state": check.state,
    }


def _print_records(domain: str, data: Any, as_json: bool) -> None:
    settings = read_settings(data)

    async def read(database: Database) -> list[DnsRecord]:
        workspace_id = await workspace_of_domain(database, domain)
        async with database.workspace(workspace_id) as tx:
            return dns_records(domain, settings.hostname, await signing_keys(tx, domain))

    for record in in_house(settings, read):
        said = {"name": record.name, "type": record.type, "value": record.value}
        say(f"{record.name}  {record.type}  {record.value}", said, as_json=as_json)
