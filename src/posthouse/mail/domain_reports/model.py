"""What is kept of a report, and what the kept rows say of a source."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from posthouse.protocols.aggregate import DmarcRecord, DmarcReport, TlsPolicy, TlsReport

MOST_DAYS = 400
SUCCESS = "ok"
# RFC 7489 appendix C, PolicyOverrideType: the mail took a way that breaks SPF or the signature.
_WAYS_AROUND = frozenset({"forwarded", "trusted_forwarder", "mailing_list"})
_MOST_PROOFS = 5


class Kind(StrEnum):
    """The two kinds of report."""

    DMARC = "dmarc"
    TLS = "tls"


class MailRow(NamedTuple):
    """Mails of one source that fared alike; `proofs` are domains in whose name anything passed."""

    source: str
    dkim: bool
    spf: bool
    disposition: str
    forwarded: bool
    proofs: tuple[str, ...]


class SessionRow(NamedTuple):
    """Sessions that went alike: `SUCCESS` or a result type of RFC 8460, and the host asked."""

    outcome: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one report says of one hosted domain; `name` is equal when it is told again."""

    kind: Kind
    domain: str
    reporter: str
    day: date
    name: str
    mails: Counter[MailRow]
    sessions: Counter[SessionRow]


class Finding(StrEnum):
    """What to think of a source. The page and the command have a sentence for each."""

    RIGHT = "right"
    SIGNED = "signed"  # by its signature alone: SPF does not name it
    UNSIGNED = "unsigned"  # by SPF alone, or some of it
    PARTLY = "partly"  # some of its mail proves nothing
    FORWARDED = "forwarded"  # mailing lists and the like break what was right
    FOREIGN = "foreign"  # proven to be somebody's, but not yours
    UNPROVEN = "unproven"  # nothing speaks for it


class State(StrEnum):
    """How bad it is."""

    GOOD = "good"
    ADVICE = "advice"
    BAD = "bad"


_STATES = {
    Finding.RIGHT: State.GOOD,
    Finding.SIGNED: State.GOOD,
    Finding.FORWARDED: State.GOOD,
    Finding.UNSIGNED: State.ADVICE,
    Finding.PARTLY: State.ADVICE,
    Finding.FOREIGN: State.ADVICE,
    Finding.UNPROVEN: State.BAD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A machine that sent mail in a domain's name, over some days."""

    address: str
    messages: int
    passed: int
    dkim: int
    spf: int
    quarantined: int
    rejected: int
    forwarded: int
    proofs: tuple[str, ...]

    @property
    def finding(self) -> Finding:
        """Of all its mail together."""
        if self.passed == self.messages:
            if self.dkim < self.messages:
                return Finding.UNSIGNED
            return Finding.RIGHT if self.spf == self.messages else Finding.SIGNED
        if self.passed + self.forwarded >= self.messages:
            return Finding.FORWARDED
        if self.passed:
            return Finding.PARTLY
        return Finding.FOREIGN if self.proofs else Finding.UNPROVEN

    @property
    def state(self) -> State:
        """Whether there is anything to do."""
        return _STATES[self.finding]


@dataclass(frozen=True, slots=True)
class MailDay:
    """Mail in the domain's name that receivers saw on a day."""

    day: date
    messages: int
    passed: int
    dkim: int
    spf: int
    quarantined: int
    rejected: int


@dataclass(frozen=True, slots=True)
class SessionDay:
    """Connections of senders on a day."""

    day: date
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why sessions failed, and at which hosts of ours."""

    outcome: str
    sessions: int
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who sent reports, how many, and the day the last of them is about."""

    name: str
    reports: int
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What reports say of a domain since a day. `addresses` are where it asks for them."""

    domain: str
    since: date
    until: date
    addresses: tuple[str, ...]
    reporters: tuple[Reporter, ...]
    mail_days: tuple[MailDay, ...]
    sources: tuple[Source, ...]
    more_sources: int
    session_days: tuple[SessionDay, ...]
    failures: tuple[Failure, ...]


def told_by(
    report: DmarcReport | TlsReport, hosted: Collection[str], about: str = ""
) -> list[Told]:
    """What a report says of hosted domains; of others it may say what it likes.

    `about` is the domain that the mail itself names, for TLS reports that name none inside.
    """
    if isinstance(report, DmarcReport):
        return list(_told_of_mail(report, hosted))
    return list(_told_of_sessions(report, hosted, about))


def _told_of_mail(report: DmarcReport, hosted: Collection[str]) -> Iterator[Told]:
    """A record belongs to its author's domain, which may lie below the one with the policy."""
    below = _hosted_for(report.domain, hosted)
    mails: dict[str, Counter[MailRow]] = {}
    for record in report.records:
        domain = _hosted_for(record.header_from, hosted) or below
        if domain is not None:
            mails.setdefault(domain, Counter())[_mail_row(record)] += record.count
    for domain, rows in mails.items():
        yield Told(
            kind=Kind.DMARC,
            domain=domain,
            reporter=report.reporter or report.contact,
            day=report.begins_at.date(),
            name=_name(report, domain),
            mails=rows,
            sessions=Counter(),
        )


def _mail_row(record: DmarcRecord) -> MailRow:
    passed = [
        each.domain for each in (*record.signatures, *record.senders) if each.result == "pass"
    ]
    return MailRow(
        source=record.source,
        dkim=record.dkim,
        spf=record.spf,
        disposition=record.disposition,
        forwarded=not _WAYS_AROUND.isdisjoint(record.reasons),
        proofs=tuple(dict.fromkeys(passed))[:_MOST_PROOFS],
    )


def _told_of_sessions(report: TlsReport, hosted: Collection[str], about: str) -> Iterator[Told]:
    sessions: dict[str, Counter[SessionRow]] = {}
    for policy in report.policies:
        domain = _hosted_for(policy.domain or about, hosted)
        if domain is not None:
            sessions.setdefault(domain, Counter()).update(_session_rows(policy))
    for domain, rows in sessions.items():
        yield Told(
            kind=Kind.TLS,
            domain=domain,
            reporter=report.reporter or report.contact,
            day=report.begins_at.date(),
            name=_name(report, domain),
            mails=Counter(),
            sessions=rows,
        )


def _session_rows(policy: TlsPolicy) -> Counter[SessionRow]:
    """RFC 8460 4.4: the details need not tell of every failure that the summary counts."""
    rows: Counter[SessionRow] = Counter()
    rows[SessionRow(SUCCESS, "")] = policy.succeeded
    for failure in policy.failures:
        rows[SessionRow(failure.kind, failure.receiving_host)] += failure.sessions
    untold = policy.failed - sum(failure.sessions for failure in policy.failures)
    if untold > 0:
        rows[SessionRow("other", "")] += untold
    return +rows


def _name(report: DmarcReport | TlsReport, domain: str) -> str:
    """RFC 7489 7.2.1.1: a report's id is unique for its reporter; some count days by it only."""
    begins = int(report.begins_at.timestamp())
    return "\0".join((report.reporter, report.contact, report.report_id, str(begins), domain))


def _hosted_for(name: str, hosted: Collection[str]) -> str | None:
    """The hosted domain that is `name` or the nearest above it."""
    while name:
        if name in hosted:
            return name
        name = name.partition(".")[2]
    return None


def by_outcome(rows: Sequence[tuple[str, int, str]]) -> list[Failure]:
    """(outcome, sessions, host) rows put together, the most frequent first."""
    sessions: Counter[str] = Counter()
    hosts: dict[str, dict[str, None]] = {}
    for outcome, count, host in rows:
        sessions[outcome] += count
        if host:
            hosts.setdefault(outcome, {})[host] = None
    return [
        Failure(outcome=outcome, sessions=count, hosts=tuple(hosts.get(outcome, {}))[:10])
        for outcome, count in sessions.most_common()
    ]
