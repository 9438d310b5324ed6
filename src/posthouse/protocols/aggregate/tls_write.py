"""SMTP TLS reports of our own: facts → JSON → the mail that carries it (RFC 8460 4.4, 5.3)."""

import base64
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from posthouse.protocols.mime.build import format_date, make_message_id

_LINE = 76


class PolicySaid(msgspec.Struct, frozen=True, rename="kebab", omit_defaults=True, kw_only=True):
    """The policy that was applied (RFC 8460 4.4): `sts`, `tlsa` or `no-policy-found`."""

    policy_type: str
    policy_domain: str
    policy_string: tuple[str, ...] = ()
    mx_host: tuple[str, ...] = ()


class FailureSaid(msgspec.Struct, frozen=True, rename="kebab", omit_defaults=True, kw_only=True):
    """What went wrong, and at which host."""

    result_type: str
    sending_mta_ip: str = ""
    receiving_mx_hostname: str = ""
    receiving_ip: str = ""
    failure_reason_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyResult:
    """Sessions under one policy. `failed` are those that failed, by what went wrong."""

    policy: PolicySaid
    succeeded: int
    failed: Sequence[tuple[FailureSaid, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """What we report to one domain about one day (UTC)."""

    organization: str
    contact: str
    report_id: str
    domain: str
    day: date
    results: Sequence[PolicyResult]

    def file_name(self) -> str:
        """RFC 8460 5.1: submitter!domain!begin!end!unique.json.gz, times in Unix seconds."""
        begin = int(datetime.fromisoformat(f"{self.day}T00:00:00+00:00").timestamp())
        parts = (self.organization, self.domain, str(begin), str(begin + 86_399))
        return "!".join((*parts, self.report_id.partition("@")[0])) + ".json.gz"

    def packed(self) -> bytes:
        """The JSON document, gzipped; equal for equal reports."""
        return gzip.compress(msgspec.json.encode(self._document()), mtime=0)

    def _document(self) -> dict[str, object]:
        return {
            "organization-name": self.organization,
            "date-range": {
                "start-datetime": f"{self.day}T00:00:00Z",
                "end-datetime": f"{self.day}T23:59:59Z",
            },
            "contact-info": self.contact,
            "report-id": self.report_id,
            "policies": [_policy(each) for each in self.results],
        }


def report_mail(report: DayReport, to: str, sender: str, now: datetime) -> bytes:
    """The mail that brings it (RFC 8460 5.3). Whoever sends it signs it."""
    host = sender.rpartition("@")[2]
    boundary = f"=_{report.report_id.partition('@')[0]}"
    encoded = base64.b64encode(report.packed()).decode()
    lines = [encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)]
    name = report.file_name()
    # RFC 5322 2.1.1: names of domains may be long; what is longer than 78 is folded.
    head = (
        f"From: <{sender}>",
        f"To: <{to}>",
        f"Date: {format_date(now)}",
        f"Subject: Report Domain: {report.domain}",
        f" Submitter: {report.organization}",
        f" Report-ID: <{report.report_id}>",
        f"Message-ID: <{make_message_id(report.report_id.encode(), host)}>",
        f"TLS-Report-Domain: {report.domain}",
        f"TLS-Report-Submitter: {report.organization}",
        "TLS-Required: No",  # RFC 8689 5
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type="tlsrpt";',
        f' boundary="{boundary}"',
    )
    body = (
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"This is a report on TLS between {report.organization} and {report.domain}",
        f"on {report.day} (UTC), as RFC 8460 describes it.",
        "",
        f"--{boundary}",
        "Content-Type: application/tlsrpt+gzip",
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment;",
        f' filename="{name}"',
        "",
        *lines,
        f"--{boundary}--",
        "",
    )
    return "\r\n".join((*head, "", *body)).encode()


def _policy(result: PolicyResult) -> dict[str, object]:
    failed = [
        {**msgspec.to_builtins(failure), "failed-session-count": sessions}
        for failure, sessions in result.failed
    ]
    return {
        "policy": msgspec.to_builtins(result.policy),
        "summary": {
            "total-successful-session-count": result.succeeded,
            "total-failure-session-count": sum(sessions for _, sessions in result.failed),
        },
        **({"failure-details": failed} if failed else {}),
    }
