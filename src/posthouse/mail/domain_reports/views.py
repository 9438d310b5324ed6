"""What the door of this room gives."""

from datetime import date

import msgspec

from posthouse.mail.domain_reports.model import Finding, Overview, State


class ReporterView(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent reports, and the day the newest is about."""

    name: str
    reports: int
    last_day: date


class MailDayView(msgspec.Struct, frozen=True, kw_only=True):
    """Mail in the domain's name on a day: passed is by DKIM or SPF, each in the domain's name."""

    day: date
    messages: int
    passed: int
    dkim: int
    spf: int
    quarantined: int
    rejected: int


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that sent in the domain's name; `proofs` are whose mail it proved to be."""

    address: str
    messages: int
    passed: int
    dkim: int
    spf: int
    quarantined: int
    rejected: int
    forwarded: int
    proofs: list[str]
    finding: Finding
    state: State


class SessionDayView(msgspec.Struct, frozen=True, kw_only=True):
    """Connections to the domain's hosts on a day."""

    day: date
    succeeded: int
    failed: int


class FailureView(msgspec.Struct, frozen=True, kw_only=True):
    """Why connections failed: a result type of RFC 8460, or `other`."""

    outcome: str
    sessions: int
    hosts: list[str]


class DomainReports(msgspec.Struct, frozen=True, kw_only=True):
    """What others report on a domain; only days that something was reported on are listed.

    `addresses` are where DNS asks for reports, as it was found within the last hour.
    """

    domain: str
    since: date
    until: date
    addresses: list[str]
    reporters: list[ReporterView]
    mail_days: list[MailDayView]
    sources: list[SourceView]
    more_sources: int
    session_days: list[SessionDayView]
    failures: list[FailureView]


def view_of(overview: Overview) -> DomainReports:
    """As the API gives it."""
    return msgspec.convert(overview, DomainReports, from_attributes=True)
