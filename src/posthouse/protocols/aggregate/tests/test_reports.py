"""What a report says, in what it may be packed, and what is none."""

import gzip
import io
import zipfile
import zlib
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols import mime
from posthouse.protocols.aggregate import (
    MOST_OCTETS,
    BadReport,
    DmarcReport,
    TlsReport,
    find_reports,
    parse_dmarc,
    parse_tls,
    read_report,
    unpack,
)

RECORD = """<record><row><source_ip>{source}</source_ip><count>{count}</count>
<policy_evaluated><disposition>{disposition}</disposition><dkim>Pass</dkim><spf>fail</spf>
<reason><type>forwarded</type></reason></policy_evaluated></row>
<identifiers><header_from>Acme.example.</header_from></identifiers>
<auth_results><dkim><domain>acme.example</domain><selector>s1</selector><result>pass</result></dkim>
<spf><domain>list.example</domain><result>softfail</result></spf></auth_results></record>"""
REPORT = """<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
<report_metadata><org_name>Kunde &amp; Co</org_name><email>dmarc@kunde.example</email>
<report_id>77</report_id><date_range><begin>1763769600</begin><end>1763855999</end></date_range>
</report_metadata><policy_published><domain>ACME.example</domain><p>reject</p></policy_published>
{records}</feedback>"""
DMARC = REPORT.format(records=RECORD.format(source="192.0.2.7", count=12, disposition="pass"))
TLS: dict[str, Any] = {
    "organization-name": "Kunde",
    "date-range": {
        "start-datetime": "2026-11-21T00:00:00Z",
        "end-datetime": "2026-11-21T23:59:59+00:00",
    },
    "contact-info": "tls@kunde.example",
    "report-id": "8",
    "policies": [
        {
            "policy": {"policy-type": "sts", "policy-domain": "acme.example"},
            "summary": {"total-successful-session-count": 5, "total-failure-session-count": 2},
            "failure-details": [
                {"result-type": "certificate-expired", "failed-session-count": 1},
                {"result-type": "made-up", "failed-session-count": 1},
            ],
        }
    ],
}


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a folder/", b"")
        archive.writestr("readme.txt", b"hello")
        archive.writestr(name, content)
    return file.getvalue()


def test_a_dmarc_report():
    report = parse_dmarc(DMARC.encode())
    assert (report.reporter, report.contact, report.report_id) == (
        "Kunde & Co",
        "dmarc@kunde.example",
        "77",
    )
    assert report.begins_at == datetime(2025, 11, 22, tzinfo=UTC)
    assert (report.domain, report.policy) == ("acme.example", "reject")
    (record,) = report.records
    assert (record.source, record.count, record.disposition) == ("192.0.2.7", 12, "none")
    assert (record.dkim, record.spf, record.reasons) == (True, False, ("forwarded",))
    assert record.header_from == "acme.example"
    assert [(s.domain, s.selector, s.result) for s in record.signatures] == [
        ("acme.example", "s1", "pass")
    ]
    assert [(s.domain, s.result) for s in record.senders] == [("list.example", "softfail")]


def test_records_that_cannot_be_read_are_left_out():
    good = RECORD.format(source="::ffff:192.0.2.7", count=1, disposition="odd")
    bad = RECORD.format(source="nobody", count=1, disposition="none")
    worse = RECORD.format(source="192.0.2.8", count="-1", disposition="none")
    (record,) = parse_dmarc(REPORT.format(records=good + bad + worse).encode()).records
    assert (record.source, record.disposition) == ("192.0.2.7", "none")
    with pytest.raises(BadReport):
        parse_dmarc(REPORT.format(records=bad).encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<domain>ACME.example</domain>", ""),
        ("1763769600", "yesterday"),
        ("1763769600", "99999999999"),
        ("<begin>1763769600</begin>", ""),
    ],
)
def test_what_a_dmarc_report_cannot_be_without(old: str, new: str):
    with pytest.raises(BadReport):
        parse_dmarc(DMARC.replace(old, new).encode())


def test_a_tls_report():
    report = parse_tls(msgspec.json.encode(TLS))
    assert (report.reporter, report.report_id) == ("Kunde", "8")
    assert report.begins_at == datetime(2026, 11, 21, tzinfo=UTC)
    (policy,) = report.policies
    assert (policy.kind, policy.domain, policy.succeeded, policy.failed) == (
        "sts",
        "acme.example",
        5,
        2,
    )
    assert [failure.kind for failure in policy.failures] == ["certificate-expired", "other"]


@pytest.mark.parametrize(
    "change",
    [
        {"date-range": {}},
        {"policies": {}},
        {"policies": [{"summary": {"total-successful-session-count": -1}}]},
        {"policies": [{"summary": {"total-successful-session-count": 1 << 60}}]},
    ],
)
def test_a_tls_report_that_is_none(change: dict[str, Any]):
    with pytest.raises(BadReport):
        parse_tls(msgspec.json.encode({**TLS, **change}))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_any_json_is_read_or_refused(value: Any):
    for odd in ({**TLS, "policies": value}, {**TLS, "date-range": value}, value):
        try:
            parse_tls(msgspec.json.encode(odd))
        except BadReport:
            continue


def test_json_that_is_deep():
    with pytest.raises(BadReport):
        parse_tls(b'{"policies":' + b"[" * 1_000_000)


@pytest.mark.parametrize(
    "data",
    [
        DMARC.encode(),
        b"\xef\xbb\xbf" + DMARC.encode(),
        DMARC.encode("utf-16"),
        gzip.compress(DMARC.encode()),
        gzip.compress(DMARC.encode())[:-8],
        gzip.compress(DMARC.encode()) + b"more",
        zipped("report.XML", DMARC.encode()),
    ],
)
def test_what_it_may_be_packed_in(data: bytes):
    report = read_report(data)
    assert isinstance(report, DmarcReport)
    assert report.report_id == "77"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Hello",
        b"\x1f\x8b\x08broken",
        b"PK\x03\x04broken",
        zipped("a.xml", DMARC.encode())[:-30],
        gzip.compress(b" " * (MOST_OCTETS + 1)),
        zipped("a.xml", b" " * (MOST_OCTETS + 1)),
        gzip.compress(b"hello"),
        b"<html><body>no report</body></html>",
        b'{"policies": 1}',
    ],
)
def test_what_is_no_report(data: bytes):
    with pytest.raises(BadReport):
        read_report(data)


@given(st.binary(max_size=300), st.sampled_from([b"\x1f\x8b\x08\0", b"PK\x03\x04", b""]))
def test_any_bytes_are_unpacked_or_refused(data: bytes, beginning: bytes):
    try:
        unpack(beginning + data)
    except BadReport:
        return


@given(st.data())
def test_damaged_files_are_read_or_refused(data: st.DataObject):
    whole = data.draw(
        st.sampled_from(
            [
                zipped("a.xml", DMARC.encode()),
                gzip.compress(DMARC.encode()),
                DMARC.encode(),
                msgspec.json.encode(TLS),
            ]
        )
    )
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_report(bytes(damaged))
    except BadReport:
        return


def mail(*files: tuple[str, str, bytes], body: str = "A report.") -> bytes:
    message = EmailMessage()
    message["Subject"] = "Report Domain: acme.example"
    message.set_content(body)
    for media_type, name, content in files:
        maintype, _, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes()


def test_reports_in_mail():
    tls = msgspec.json.encode(TLS)
    raw = mail(
        ("application/gzip", "a.xml.gz", gzip.compress(DMARC.encode())),
        ("application/octet-stream", "whatever", zipped("b.xml", DMARC.encode())),
        ("application/tlsrpt+json", "c.json", tls),
        ("application/tlsrpt+gzip", "c.json.gz", gzip.compress(tls)),
        ("image/png", "d.png", gzip.compress(tls)),
        ("application/zip", "e.zip", b"PK\x03\x04broken"),
    )
    kinds = [type(report) for report in find_reports(mime.scan(raw))]
    assert kinds == [DmarcReport, DmarcReport, TlsReport, TlsReport]
    assert len(find_reports(mime.scan(mail(body=DMARC)))) == 1
    assert find_reports(mime.scan(mail())) == []


def test_many_bombs_in_a_mail_cost_what_one_costs():
    bomb = zlib.compress(b"<feedback>" + b" " * (MOST_OCTETS - 100), wbits=31)
    raw = mail(*[("application/gzip", f"{n}.gz", bomb) for n in range(15)])
    assert find_reports(mime.scan(raw)) == []
