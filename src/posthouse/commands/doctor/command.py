"""`posthouse doctor`: asks everything, says a line for each."""

import typer

from posthouse.commands.app import app
from posthouse.commands.doctor.certificates import look_at_certificates
from posthouse.commands.doctor.database import look_at_database, look_at_log
from posthouse.commands.doctor.domains import look_at_domains
from posthouse.commands.doctor.finding import Finding, Level, judged
from posthouse.commands.doctor.machine import look_at_machine
from posthouse.commands.doctor.queue import look_at_queue
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.filtering.screening import states

_MARKS = {Level.OK: "ok  ", Level.WARNING: "warn", Level.WRONG: "FIX "}


@app.command()
def doctor(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Say what is wrong, and how to mend it. Exits with 1 when something is.

    A warning is no failure yet.
    """
    settings = read_settings(data)
    findings = in_house(settings, lambda database: examine(database, settings))
    for finding in findings:
        line = f"{_MARKS[finding.level]} {finding.what}: {finding.says}"
        say(line, finding.told(), as_json=as_json)
    if any(finding.level is Level.WRONG for finding in findings):
        raise typer.Exit(1)


async def examine(database: Database, settings: Settings) -> list[Finding]:
    """Everything. Takes as long as DNS does, at most ten seconds."""
    return [
        *look_at_machine(settings),
        *await look_at_database(database),
        *await look_at_log(database),
        *await look_at_queue(database),
        *await look_at_certificates(database),
        *[
            judged(name, answer.ok, answer.says)
            for name, answer in (await states(settings)).items()
        ],
        *await look_at_domains(database),
    ]
