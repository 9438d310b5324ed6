"""The notification reads as a report by machine and by people of both languages."""

from dataclasses import replace
from datetime import UTC, datetime

from posthouse.protocols import mime
from posthouse.protocols.dsn.build import Recipient, Report, build_dsn

REPORT = Report(
    to="anna@example.org",
    host="mx.example.org",
    date=datetime(2026, 11, 22, tzinfo=UTC),
    message_id="dsn1@mx.example.org",
    arrived=datetime(2026, 11, 21, tzinfo=UTC),
    envelope_id="QQ314159",
    subject="报价单",
    header="Subject: 报价单\nFrom: anna@example.org\n\n".encode("gbk"),
    recipients=(
        Recipient(
            address="ben@example.net",
            original="rfc822;benjamin@example.net",
            action="failed",
            status="5.1.1",
            diagnostic="550 5.1.1 no\r\nsuch one",
            remote_host="mx.example.net",
        ),
        Recipient(address="用户@例子.cn", action="failed", status="garbage"),
    ),
)


def test_three_parts():
    scan = mime.scan(build_dsn(REPORT))

    assert [part.mime_type for part in scan.parts] == [
        "multipart/report",
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    assert scan.root.content_type.params["report-type"] == "delivery-status"
    assert mime.subject(scan) == "邮件未能送达 / Undelivered mail: 报价单"
    assert scan.header(b"auto-submitted") == b"auto-replied"
    text = mime.plain_text(scan)
    assert "未能送达" in text
    assert "could not be delivered" in text
    assert mime.content(scan, scan.parts[3]).startswith("Subject: 报价单\r\n".encode("gbk"))


def test_delivery_status_fields():
    scan = mime.scan(build_dsn(REPORT))

    assert mime.content(scan, scan.parts[2]) == (
        b"Original-Envelope-Id: QQ314159\r\n"
        b"Reporting-MTA: dns; mx.example.org\r\n"
        b"Arrival-Date: Sat, 21 Nov 2026 00:00:00 +0000\r\n"
        b"\r\n"
        b"Original-Recipient: rfc822;benjamin@example.net\r\n"
        b"Final-Recipient: rfc822; ben@example.net\r\n"
        b"Action: failed\r\n"
        b"Status: 5.1.1\r\n"
        b"Remote-MTA: dns; mx.example.net\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 no such one\r\n"
        b"\r\n"
        b"Final-Recipient: utf-8; \\x{7528}\\x{6237}@\\x{4F8B}\\x{5B50}.cn\r\n"
        b"Action: failed\r\n"
        b"Status: 5.0.0\r\n"
    )


def test_report_is_seven_bit_with_short_lines():
    raw = build_dsn(REPORT)

    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_delay_says_how_long_we_try():
    late = Recipient(
        address="ben@example.net",
        action="delayed",
        status="4.4.1",
        retry_until=datetime(2026, 11, 25, tzinfo=UTC),
    )

    raw = build_dsn(replace(REPORT, recipients=(late,)))

    assert b"Will-Retry-Until: Wed, 25 Nov 2026 00:00:00 +0000\r\n" in raw
    assert "投递延迟" in mime.subject(mime.scan(raw))
