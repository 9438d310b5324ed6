"""A line for each certificate that listeners show, and one for what an authority was asked for."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from posthouse.commands.certificates import ADVICE
from posthouse.commands.doctor.finding import Finding, Level
from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import Settings
from posthouse.security.certificates.actions import Standing, read_standing
from posthouse.security.certificates.model import Shown, Wish
from posthouse.security.certificates.probing import shown_at

_SOON = timedelta(days=14)
# The role looks once a minute; a conversation takes a few.
_OVERDUE = timedelta(hours=1)
_SOURCES = {"given": "your own", "issued": "issued", "self-made": "made by ourselves"}


async def look_at_certificates(database: Database) -> list[Finding]:
    """What is to be shown first, then what listeners show instead."""
    settings = database.service(Settings)
    try:
        standing = await read_standing(database)
    except Invalid as refused:
        return [Finding(what="certificate", level=Level.WRONG, says=refused.reason)]
    return told(standing, await shown_at(settings), settings.hostname, clock.now())


def told(
    standing: Standing, shown: Mapping[str, Shown | None], hostname: str, now: datetime
) -> list[Finding]:
    """`shown` at each listener, None where nobody answers."""
    groups: dict[Shown, list[str]] = {standing.shown: []}
    for listener, certificate in shown.items():
        if certificate is not None:
            groups.setdefault(certificate, []).append(listener)
    findings = [_of_certificate(standing, groups.pop(standing.shown), hostname, now)]
    findings += [_of_other(each, listeners, now) for each, listeners in groups.items()]
    if standing.wish is not None:
        findings.append(_of_wish(standing.wish, now))
    return findings


def _of_certificate(
    standing: Standing, listeners: list[str], hostname: str, now: datetime
) -> Finding:
    shown, source = standing.shown, standing.source
    level, advice = _age(shown, now)
    if advice is None and not standing.covers_hostname:
        level, advice = Level.WARNING, f"it is not for {hostname}, the name we greet with"
    if advice is None and source == "self-made":
        level, advice = Level.WARNING, "mail programs warn: “posthouse certificate get”"
    says = f"{_SOURCES[source]}, {_in_words(shown, listeners, now)}"
    return Finding(
        what="certificate",
        level=level,
        says=f"{says}: {advice}" if advice else says,
        details={"source": source, **_figures(shown, listeners, now)},
    )


def _of_other(shown: Shown, listeners: list[str], now: datetime) -> Finding:
    """Of a file that cannot be used since it changed, or of another server that has the port."""
    level, _ = _age(shown, now)
    says = f"not the one above but another one, {_in_words(shown, listeners, now)}"
    return Finding(
        what=f"certificate at {', '.join(listeners)}",
        level=max(level, Level.WARNING, key=list(Level).index),
        says=f"{says}: the log says why, if the port is ours",
        details={"source": None, **_figures(shown, listeners, now)},
    )


def _of_wish(wish: Wish, now: datetime) -> Finding:
    level, says = Level.OK, f"due {wish.due_at:%Y-%m-%d %H:%M} UTC, from {wish.directory}"
    if wish.problem is not None:
        level = Level.WARNING
        says = (
            f"{ADVICE[wish.problem]}. {wish.directory} said: {wish.detail}"
            f" (tried {wish.failures} times, next {wish.due_at:%Y-%m-%d %H:%M} UTC)"
        )
    elif now - wish.due_at > _OVERDUE:
        level, says = Level.WRONG, f"{says}, and not tried: does the role certificates run?"
    return Finding(
        what="certificate renewal",
        level=level,
        says=says,
        details={
            "authority": wish.directory,
            "names": list(wish.names),
            "due_at": wish.due_at,
            "tried_at": wish.tried_at,
            "failures": wish.failures,
            "problem": wish.problem,
            "detail": wish.detail,
        },
    )


def _age(shown: Shown, now: datetime) -> tuple[Level, str | None]:
    if now >= shown.not_after:
        return Level.WRONG, "it has expired"
    if now < shown.not_before:
        return Level.WRONG, "it is not valid yet: is the clock right?"
    if shown.not_after - now < _SOON:
        return Level.WARNING, "it expires soon"
    return Level.OK, None


def _in_words(shown: Shown, listeners: list[str], now: datetime) -> str:
    where = f"at {', '.join(listeners)}" if listeners else "no listener answers"
    return (
        f"for {', '.join(shown.names) or 'nobody'}, by {shown.issuer},"
        f" {_days(shown, now)} days left, {where}"
    )


def _figures(shown: Shown, listeners: list[str], now: datetime) -> dict[str, object]:
    return {
        "listeners": listeners,
        "names": list(shown.names),
        "issuer": shown.issuer,
        "not_after": shown.not_after,
        "days_left": _days(shown, now),
        "self_signed": shown.self_signed,
    }


def _days(shown: Shown, now: datetime) -> int:
    """Whole days; negative since it expired."""
    return (shown.not_after - now) // timedelta(days=1)
