"""SMTP TLS reports (RFC 8460 section 4): JSON → facts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from posthouse.protocols.aggregate.errors import BadReport

_MOST_SESSIONS = 1 << 40
_LONGEST = 255
# RFC 8460 4.2.1 (STARTTLS), 4.2.2.1 (DANE), 4.2.2.2 (MTA-STS), 4.2.3 (the rest), 4.3.1.3.
RESULT_TYPES = frozenset(
    {
        "starttls-not-supported",
        "certificate-host-mismatch",
        "certificate-expired",
        "certificate-not-trusted",
        "validation-failure",
        "tlsa-invalid",
        "dnssec-invalid",
        "dane-required",
        "sts-policy-fetch-error",
        "sts-policy-invalid",
        "sts-webpki-invalid",
    }
)

_Number = Annotated[int, msgspec.Meta(ge=0, le=_MOST_SESSIONS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFailure:
    """Sessions that failed for one reason; `kind` is a result type of the RFC or `other`."""

    kind: str
    sessions: int
    receiving_host: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPolicy:
    """Sessions under one policy: `sts`, `tlsa` or `no-policy-found`; `domain` may be left out."""

    kind: str
    domain: str
    succeeded: int
    failed: int
    failures: tuple[TlsFailure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsReport:
    """Who reports about which time, policy by policy."""

    reporter: str
    contact: str
    report_id: str
    begins_at: datetime
    ends_at: datetime
    policies: tuple[TlsPolicy, ...]


class _Named(msgspec.Struct, rename="kebab"):
    policy_type: str = ""
    policy_domain: str = ""


class _Summary(msgspec.Struct, rename="kebab"):
    total_successful_session_count: _Number = 0
    total_failure_session_count: _Number = 0


class _Failure(msgspec.Struct, rename="kebab"):
    result_type: str = ""
    failed_session_count: _Number = 0
    receiving_mx_hostname: str | None = ""
    failure_reason_code: str | None = ""


class _Policy(msgspec.Struct, rename="kebab"):
    policy: _Named = msgspec.field(default_factory=_Named)
    summary: _Summary = msgspec.field(default_factory=_Summary)
    failure_details: list[_Failure] | None = None


class _DateRange(msgspec.Struct, rename="kebab"):
    start_datetime: datetime
    end_datetime: datetime


class _Report(msgspec.Struct, rename="kebab"):
    date_range: _DateRange
    organization_name: str | None = ""
    contact_info: str | None = ""
    report_id: str | None = ""
    policies: list[_Policy] = msgspec.field(default_factory=list)


_DECODER = msgspec.json.Decoder(_Report)


def parse_tls(data: bytes) -> TlsReport:
    """One document. Raises BadReport."""
    try:
        report = _DECODER.decode(data.removeprefix(b"\xef\xbb\xbf"))
        begins_at = _moment(report.date_range.start_datetime)
        ends_at = _moment(report.date_range.end_datetime)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError) as error:
        raise BadReport(f"not a TLS report: {type(error).__name__}") from None
    return TlsReport(
        reporter=_text(report.organization_name),
        contact=_text(report.contact_info),
        report_id=_text(report.report_id),
        begins_at=begins_at,
        ends_at=max(begins_at, ends_at),
        policies=tuple(_policy(each) for each in report.policies),
    )


def _policy(each: _Policy) -> TlsPolicy:
    return TlsPolicy(
        kind=_text(each.policy.policy_type).lower(),
        domain=_text(each.policy.policy_domain).lower().rstrip("."),
        succeeded=each.summary.total_successful_session_count,
        failed=each.summary.total_failure_session_count,
        failures=tuple(_failure(detail) for detail in each.failure_details or ()),
    )


def _failure(each: _Failure) -> TlsFailure:
    kind = _text(each.result_type).lower()
    return TlsFailure(
        kind=kind if kind in RESULT_TYPES else "other",
        sessions=each.failed_session_count,
        receiving_host=_text(each.receiving_mx_hostname).lower(),
        detail=_text(each.failure_reason_code),
    )


def _moment(moment: datetime) -> datetime:
    """A time without a zone is UTC."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(text: str | None) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in (text or "")[:_LONGEST])
    return printable.strip()
