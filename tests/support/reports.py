"""Aggregate reports as receivers and senders mail them to a domain."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Mails of one source as a receiver reports them."""

    source: str
    count: int = 1
    dkim: str = "pass"
    spf: str = "pass"
    disposition: str = "none"
    reason: str = ""
    author: str = "acme.example"
    signed_by: Sequence[str] = ()
    sent_by: Sequence[str] = ()


def dmarc_xml(
    *seen: Seen,
    day: date,
    domain: str = "acme.example",
    reporter: str = "kunde.example",
    report_id: str = "1",
) -> bytes:
    """RFC 7489 appendix C."""
    begin = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    records = "".join(_record(each) for each in seen)
    return (
        f"<?xml version='1.0'?><feedback><report_metadata><org_name>{reporter}</org_name>"
        f"<email>dmarc@{reporter}</email><report_id>{report_id}</report_id><date_range>"
        f"<begin>{begin}</begin><end>{begin + 86_399}</end></date_range></report_metadata>"
        f"<policy_published><domain>{domain}</domain><p>none</p></policy_published>"
        f"{records}</feedback>"
    ).encode()


def _record(seen: Seen) -> str:
    reason = f"<reason><type>{seen.reason}</type></reason>" if seen.reason else ""
    results = "".join(
        f"<{check}><domain>{name}</domain><result>pass</result></{check}>"
        for check, names in (("dkim", seen.signed_by), ("spf", seen.sent_by))
        for name in names
    )
    return (
        f"<record><row><source_ip>{seen.source}</source_ip><count>{seen.count}</count>"
        f"<policy_evaluated><disposition>{seen.disposition}</disposition><dkim>{seen.dkim}</dkim>"
        f"<spf>{seen.spf}</spf>{reason}</policy_evaluated></row>"
        f"<identifiers><header_from>{seen.author}</header_from></identifiers>"
        f"<auth_results>{results}</auth_results></record>"
    )


def tls_json(
    *,
    day: date,
    succeeded: int,
    failed: Mapping[str, int] | None = None,
    domain: str = "acme.example",
    reporter: str = "Kunde",
) -> bytes:
    """RFC 8460 4.4."""
    failures = dict(failed or {})
    policy: dict[str, object] = {"policy-type": "sts"}
    if domain:
        policy["policy-domain"] = domain
    return json.dumps(
        {
            "organization-name": reporter,
            "date-range": {
                "start-datetime": f"{day}T00:00:00Z",
                "end-datetime": f"{day + timedelta(days=1)}T00:00:00Z",
            },
            "contact-info": "tls@kunde.example",
            "report-id": f"{day}_{domain}",
            "policies": [
                {
                    "policy": policy,
                    "summary": {
                        "total-successful-session-count": succeeded,
                        "total-failure-session-count": sum(failures.values()),
                    },
                    "failure-details": [
                        {
                            "result-type": kind,
                            "failed-session-count": count,
                            "receiving-mx-hostname": "mx.acme.example",
                        }
                        for kind, count in failures.items()
                    ],
                }
            ],
        }
    ).encode()


def report_mail(document: bytes, *, to: str, trace: bool = True) -> bytes:
    """A mail with the report in it; with `trace`, as intake has filed it."""
    message = EmailMessage()
    message["From"] = "dmarc@kunde.example"
    message["To"] = to
    message["Subject"] = "Report Domain: acme.example"
    message["TLS-Report-Domain"] = "acme.example"
    message.set_content("This is an aggregate report.")
    kind = "tlsrpt+gzip" if document.startswith(b"{") else "gzip"
    message.add_attachment(
        gzip.compress(document), maintype="application", subtype=kind, filename="report.gz"
    )
    top = f"Return-Path: <dmarc@kunde.example>\r\nDelivered-To: {to}\r\n" if trace else ""
    return top.encode() + message.as_bytes().replace(b"\n", b"\r\n")
