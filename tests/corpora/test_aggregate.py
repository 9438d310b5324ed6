"""Every DMARC and TLS report of the corpora, beside what others read in it."""

import gzip
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from posthouse.protocols import mime
from posthouse.protocols.aggregate import (
    BadReport,
    DmarcReport,
    TlsReport,
    find_reports,
    parse_dmarc,
    read_report,
)
from tests.corpora.deviations import judge

pytestmark = [pytest.mark.corpora, pytest.mark.timeout(300)]

# What no XML parser takes, with what stands in it all the same.
BROKEN = {
    "ikea.com!example.de!1538690400!1538776800.xml": ("example.de", "234.234.234.234", 1),
    "invalid_utf_8.xml": ("example.com", "12.20.127.122", 1),
    "invalid_xml.xml": ("example.com", "199.230.200.36", 1),
}


def reports_of(path: Path) -> list[DmarcReport | TlsReport]:
    data = path.read_bytes()
    return find_reports(mime.scan(data)) if path.suffix == ".eml" else [read_report(data)]


def the_report(path: Path) -> DmarcReport:
    (report,) = reports_of(path)
    assert isinstance(report, DmarcReport), path.name
    return report


def as_element_tree(path: Path) -> list[tuple[Any, ...]]:
    """The rows of a well-formed document as Python's own parser sees them."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read(archive.namelist()[0])
    root = ElementTree.fromstring(data)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]

    def said(element: ElementTree.Element, where: str) -> str:
        return (element.findtext(where) or "").strip().lower()

    return [
        (
            said(root, "policy_published/domain"),
            said(record, "row/source_ip"),
            int(said(record, "row/count")),
            said(record, "row/policy_evaluated/disposition").replace("pass", "none"),
            said(record, "row/policy_evaluated/dkim") == "pass",
            said(record, "row/policy_evaluated/spf") == "pass",
            said(record, "identifiers/header_from"),
            [(said(e, "domain"), said(e, "result")) for e in record.findall("auth_results/dkim")],
        )
        for record in root.findall("record")
    ]


def as_read(report: DmarcReport) -> list[tuple[Any, ...]]:
    return [
        (
            report.domain,
            record.source,
            record.count,
            record.disposition,
            record.dkim,
            record.spf,
            record.header_from,
            [(each.domain, each.result) for each in record.signatures],
        )
        for record in report.records
    ]


def test_reports_of_parsedmarc(corpora: Path):
    folder = corpora / "parsedmarc/samples"
    files = [
        path
        for name in ("aggregate", "aggregate_invalid", "extract_report")
        for path in sorted((folder / name).iterdir())
    ]
    assert len(files) == 24
    for path in files:
        if path.suffix == ".eml":
            assert the_report(path).records, path.name
        elif path.name in BROKEN:
            report = the_report(path)
            (record,) = report.records
            assert (report.domain, record.source, record.count) == BROKEN[path.name]
            with pytest.raises(ElementTree.ParseError):
                as_element_tree(path)
        else:
            assert as_read(the_report(path)) == as_element_tree(path), path.name


def test_mails_of_parsedmarc(corpora: Path):
    folder = corpora / "parsedmarc/samples/aggregate"
    found = {
        (report.reporter, report.domain, sum(record.count for record in report.records))
        for report in map(the_report, folder.glob("*.eml"))
    }
    assert found == {
        ("google.com", "borschow.com", 1),
        ("google.com", "twlnet.com", 1),
        ("Mimecast", "ab.id.au", 1),
    }


def test_reports_on_single_mails_are_none(corpora: Path):
    for path in (corpora / "parsedmarc/samples/failure").iterdir():
        assert reports_of(path) == [], path.name
    with pytest.raises(BadReport):
        read_report((corpora / "parsedmarc/samples/empty.xml").read_bytes())


def test_dmarc_reports_of_stalwart(corpora: Path):
    folder = corpora / "stalwart-mail-auth/resources/dmarc-feedback"
    differences: dict[str, str] = {}
    files = [path for path in sorted(folder.iterdir()) if path.suffix != ".json"]
    for path in files:
        report, theirs = the_report(path), json.loads(path.with_suffix(".json").read_text())
        for field, expected, found in _compared(report, theirs):
            if expected != found:
                differences[f"{path.name} {field}"] = f"{expected} != {found}"
    assert len(files) == 10
    assert not judge("dmarc-feedback", differences)


def _compared(report: DmarcReport, theirs: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    metadata, published = theirs["report_metadata"], theirs["policy_published"]
    compared: list[tuple[str, Any, Any]] = [
        ("reporter", metadata["org_name"], report.reporter),
        ("contact", metadata["email"], report.contact),
        ("id", metadata["report_id"], report.report_id),
        ("begin", metadata["date_range"]["begin"], report.begins_at.timestamp()),
        ("end", metadata["date_range"]["end"], report.ends_at.timestamp()),
        ("domain", published["domain"], report.domain),
        ("policy", published["p"].lower(), report.policy),
        ("records", len(theirs["record"]), len(report.records)),
    ]
    for number, (each, record) in enumerate(zip(theirs["record"], report.records, strict=True)):
        row, evaluated = each["row"], each["row"]["policy_evaluated"]
        reasons = [reason["type_"].replace("_", "").lower() for reason in evaluated["reason"]]
        signed = [
            (signature["domain"], signature["selector"], signature["result"].lower())
            for signature in each["auth_results"]["dkim"]
        ]
        senders = [(s["domain"], s["result"].lower()) for s in each["auth_results"]["spf"]]
        compared += [
            (f"{number} source", row["source_ip"], record.source),
            (f"{number} count", row["count"], record.count),
            (f"{number} disposition", evaluated["disposition"].lower(), record.disposition),
            (f"{number} dkim", evaluated["dkim"] == "Pass", record.dkim),
            (f"{number} spf", evaluated["spf"] == "Pass", record.spf),
            (f"{number} reasons", reasons, [r.replace("_", "") for r in record.reasons]),
            (f"{number} from", each["identifiers"]["header_from"], record.header_from),
            (f"{number} envelope", each["identifiers"]["envelope_from"], record.envelope_from),
            (
                f"{number} signed",
                signed,
                [(s.domain, s.selector, s.result) for s in record.signatures],
            ),
            (f"{number} senders", senders, [(s.domain, s.result) for s in record.senders]),
        ]
    return compared


def test_tls_reports(corpora: Path):
    folders = [
        corpora / "stalwart-mail-auth/resources/tlsrpt",
        corpora / "parsedmarc/samples/smtp_tls",
    ]
    seen: Counter[str] = Counter()
    for path in sorted(path for folder in folders for path in folder.iterdir()):
        (report,) = reports_of(path)
        assert isinstance(report, TlsReport)
        seen[path.suffix] += 1
        if path.suffix == ".json":
            _same(report, json.loads(path.read_text()))
        elif path.with_suffix(".json").exists():
            _same(report, json.loads(path.with_suffix(".json").read_text()))
        else:
            (policy,) = report.policies
            assert (policy.kind, policy.succeeded, policy.failed) == ("no-policy-found", 48, 0)
    assert seen == {".json": 6, ".eml": 3}


def _same(report: TlsReport, theirs: dict[str, Any]) -> None:
    assert report.reporter == theirs["organization-name"]
    assert report.report_id == theirs["report-id"]
    assert f"{report.begins_at:%Y-%m-%dT%H:%M:%SZ}" == theirs["date-range"]["start-datetime"]
    assert f"{report.ends_at:%Y-%m-%dT%H:%M:%SZ}" == theirs["date-range"]["end-datetime"]
    for policy, each in zip(report.policies, theirs["policies"], strict=True):
        assert policy.kind == each["policy"]["policy-type"]
        assert policy.domain == each["policy"].get("policy-domain", "")
        assert policy.succeeded == each["summary"].get("total-successful-session-count", 0)
        assert policy.failed == each["summary"].get("total-failure-session-count", 0)
        details = [(f.kind, f.sessions, f.receiving_host, f.detail) for f in policy.failures]
        assert details == [
            (
                detail["result-type"],
                detail["failed-session-count"],
                detail.get("receiving-mx-hostname", ""),
                detail.get("failure-reason-code", ""),
            )
            for detail in each.get("failure-details", [])
        ]


def test_a_broken_document_is_read_like_a_whole_one(corpora: Path):
    """The one with a broken address beside the one that was broken on purpose."""
    folder = corpora / "parsedmarc/samples/aggregate"
    whole = parse_dmarc((folder / "veeam.com!example.com!1530133200!1530219600.xml").read_bytes())
    broken = parse_dmarc((folder / "invalid_xml.xml").read_bytes())
    assert whole.records[0].header_from == "example.com"
    assert broken.records[0].header_from == "bad<xml.net"
    assert (broken.reporter, broken.report_id) == (whole.reporter, whole.report_id)
