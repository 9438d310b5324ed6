"""Reports on TLS that we write: read again by our own reader, and folded as mail wants it."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols import mime
from posthouse.protocols.aggregate import TlsReport, find_reports, parse_tls, unpack
from posthouse.protocols.aggregate.tls_write import (
    DayReport,
    FailureSaid,
    PolicyResult,
    PolicySaid,
    report_mail,
)

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
COUNTS = st.integers(min_value=0, max_value=1 << 30)
TEXTS = st.text(
    st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=40
)


def report(results: list[PolicyResult], domain: str = "kunde.example") -> DayReport:
    return DayReport(
        organization="mail.acme.example",
        contact="postmaster@acme.example",
        report_id="0123456789abcdef@mail.acme.example",
        domain=domain,
        day=date(2026, 11, 22),
        results=results,
    )


def policy(kind: str = "sts", domain: str = "kunde.example") -> PolicySaid:
    return PolicySaid(policy_type=kind, policy_domain=domain, policy_string=("version: STSv1",))


@given(COUNTS, st.lists(st.tuples(TEXTS, COUNTS), max_size=5))
def test_what_is_written_is_read_again(succeeded: int, failed: list[tuple[str, int]]):
    failures = [
        (FailureSaid(result_type="certificate-expired", failure_reason_code=reason), sessions)
        for reason, sessions in failed
    ]
    written = report([PolicyResult(policy=policy(), succeeded=succeeded, failed=failures)])
    found = parse_tls(unpack(written.packed()))
    (read,) = found.policies
    assert (read.kind, read.domain, read.succeeded) == ("sts", "kunde.example", succeeded)
    assert read.failed == sum(sessions for _, sessions in failed)
    assert [(f.sessions, f.detail) for f in read.failures] == [(n, r) for r, n in failed]
    assert (found.begins_at, found.ends_at) == (
        datetime(2026, 11, 22, tzinfo=UTC),
        datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC),
    )


def test_the_mail_is_folded_and_found():
    domain = ".".join(["a" * 60] * 4)
    written = report([PolicyResult(policy=policy("tlsa", domain), succeeded=1, failed=[])], domain)
    raw = report_mail(written, f"tls@{domain}", "postmaster@acme.example", NOW)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    (found,) = find_reports(mime.scan(raw))
    assert isinstance(found, TlsReport)
    assert found.policies[0].domain == domain


def test_the_name_says_whose_and_when():
    name = report([]).file_name()
    assert name == "mail.acme.example!kunde.example!1795305600!1795391999!0123456789abcdef.json.gz"
