"""The command that tells what others report on a hosted domain."""

from typing import Annotated

import msgspec
import typer

from posthouse.commands.domains import domain_app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.mail.domain_reports.actions import read_overview
from posthouse.mail.domain_reports.model import Finding, Overview, Source, State
from posthouse.mail.domain_reports.views import view_of
from posthouse.security.members import Actor, workspace_of_domain

_MARKS = {State.GOOD: "ok  ", State.ADVICE: "hint", State.BAD: "LOOK"}
_ADVICE = {
    Finding.RIGHT: "signed, and named by SPF",
    Finding.SIGNED: "signed; SPF does not name it, which a signature makes up for",
    Finding.UNSIGNED: "not all of it is signed in your name: set up DKIM there",
    Finding.PARTLY: "some of it proves nothing: look at how it is signed there",
    Finding.FORWARDED: "forwarded on the way; nothing to do",
    Finding.FOREIGN: "proves to be theirs, not yours: if you use it, set up your DKIM there",
    Finding.UNPROVEN: "nothing speaks for it: a forgery, unless you know the machine",
}


@domain_app.command("reports")
def reports(
    domain: str,
    days: Annotated[int, typer.Option("--days", help="How many, up to 400.")] = 30,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what receivers and senders report on a hosted domain (DMARC and TLS reports)."""

    async def read(database: Database) -> Overview:
        workspace_id = await workspace_of_domain(database, domain)
        async with database.workspace(workspace_id) as tx:
            return await read_overview(tx, Actor.system(workspace_id), domain, days)

    overview = in_house(read_settings(data), read)
    say(_in_words(overview), msgspec.to_builtins(view_of(overview)), as_json=as_json)


def _in_words(overview: Overview) -> str:
    if not overview.reporters:
        return f"No reports on {overview.domain} from {overview.since} to {overview.until}."
    reports = sum(reporter.reports for reporter in overview.reporters)
    sent = sum(day.messages for day in overview.mail_days)
    passed = sum(day.passed for day in overview.mail_days)
    connected = sum(day.succeeded for day in overview.session_days)
    failed = sum(day.failed for day in overview.session_days)
    lines = [
        f"{reports} reports by {len(overview.reporters)}, {overview.since} to {overview.until}",
        f"mail in your name: {sent}, of which {passed} passed DMARC",
        *(_source_in_words(source) for source in overview.sources),
    ]
    if overview.more_sources:
        lines.append(f"     and {overview.more_sources} more sources")
    lines.append(f"connections to you: {connected} with TLS as promised, {failed} failed")
    lines += [
        f"     {failure.sessions}  {failure.outcome}  {' '.join(failure.hosts)}".rstrip()
        for failure in overview.failures
    ]
    return "\n".join(lines)


def _source_in_words(source: Source) -> str:
    who = f" ({', '.join(source.proofs)})" if source.proofs else ""
    passed = f"{source.passed} of {source.messages} passed"
    return f"{_MARKS[source.state]} {source.address}{who}: {passed}; {_ADVICE[source.finding]}"
