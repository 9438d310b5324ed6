"""The report message: a part for people in Chinese and English, one for machines, the header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from posthouse.protocols.mime.addresses import Address
from posthouse.protocols.mime.build import encode_text, format_date, multipart, text_part
from posthouse.protocols.mime.fold import address_field, field, id_field
from posthouse.protocols.mime.sections import to_crlf

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MAX_HEADER = 64 * 1024

_SUBJECTS: dict[Action, str] = {
    "failed": "邮件未能送达 / Undelivered mail: {}",
    "delayed": "邮件投递延迟 / Delayed mail: {}",
    "delivered": "邮件已送达 / Delivered mail: {}",
    "relayed": "邮件已转交 / Relayed mail: {}",
    "expanded": "邮件已分发 / Expanded mail: {}",
}
_OPENINGS: dict[Action, tuple[str, str]] = {
    "failed": (
        "您的邮件未能送达以下收件人，系统不会再次尝试：",
        "Your message could not be delivered to the recipients below. It will not be tried again:",
    ),
    "delayed": (
        "您的邮件暂时未能送达以下收件人，系统仍在继续尝试，您无需重新发送：",
        "Your message has not reached the recipients below yet. We keep trying; there is no need"
        " to send it again:",
    ),
    "delivered": (
        "您的邮件已送达以下收件人的邮箱：",
        "Your message was delivered to the mailboxes of:",
    ),
    "relayed": (
        "您的邮件已转交下一台服务器，该服务器不提供送达回执：",
        "Your message was handed to a server that gives no notice of delivery:",
    ),
    "expanded": (
        "您的邮件已分发给邮件列表的成员：",
        "Your message was sent on to the members of a list:",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """What happened to one recipient. `status` is an enhanced code such as "5.1.1".

    `diagnostic` is the remote server's answer, without line ends; `original` is ORCPT.
    """

    address: str
    action: Action
    status: str
    diagnostic: str = ""
    remote_host: str = ""
    original: str = ""
    last_attempt: datetime | None = None
    retry_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One notification. `to` is the return path of the message it is about.

    `header` is that message's header block (bytes as stored); `content` is the whole message, for
    who asked to have it back (RFC 3461 4.3).
    """

    to: str
    host: str
    date: datetime
    message_id: str
    recipients: tuple[Recipient, ...]
    header: bytes
    subject: str = ""
    envelope_id: str = ""
    arrived: datetime | None = None
    content: bytes = b""


def build_dsn(report: Report, *, smtputf8: bool = False) -> bytes:
    """The multipart/report message (RFC 6522, 3464); to be sent with the null return path."""
    action = report.recipients[0].action
    title = " ".join(report.subject.split())[:120]
    boundary = "=_" + sha256(b"dsn" + report.message_id.encode()).hexdigest()[:32]
    sender = Address("Mail Delivery System", f"mailer-daemon@{report.host}")
    parts = [
        text_part(_words(report, action)),
        b"Content-Type: message/delivery-status\r\n\r\n" + _status(report),
        _returned_whole(report.content) if report.content else _returned(report.header),
    ]
    return b"".join(
        (
            address_field("From", [sender]),
            address_field("To", [Address("", report.to)], smtputf8=smtputf8),
            field("Subject", _SUBJECTS[action].format(title or "(no subject)")),
            f"Date: {format_date(report.date)}\r\n".encode(),
            id_field("Message-ID", [report.message_id]),
            b"Auto-Submitted: auto-replied\r\n",
            b"MIME-Version: 1.0\r\n",
            # RFC 2045 6.4: a multipart is as wide as what is in it.
            b"" if report.content.isascii() else b"Content-Transfer-Encoding: 8bit\r\n",
            multipart("report", boundary, parts, " report-type=delivery-status;"),
        )
    )


def _words(report: Report, action: Action) -> str:
    chinese, english = _OPENINGS[action]
    people = "\n\n".join(
        f"    {recipient.address}"
        + (f"\n    {_line(recipient.diagnostic)}" if recipient.diagnostic else "")
        for recipient in report.recipients
    )
    return (
        f"{chinese}\n{english}\n\n{people}\n\n"
        f"本邮件由 {report.host} 的邮件系统自动发出，请勿回复。\n"
        f"This message was made by the mail system at {report.host}. Please do not reply.\n"
    )


def _status(report: Report) -> bytes:
    """The per-message fields, then a block for each recipient (RFC 3464 2.2, 2.3)."""
    lines = [f"Reporting-MTA: dns; {_line(report.host)}"]
    if report.envelope_id:
        lines.insert(0, f"Original-Envelope-Id: {_line(report.envelope_id)}")
    if report.arrived is not None:
        lines.append(f"Arrival-Date: {format_date(report.arrived)}")
    blocks = ["\r\n".join(lines), *(_block(recipient) for recipient in report.recipients)]
    text = "\r\n\r\n".join(blocks) + "\r\n"
    return text.encode("ascii", "replace")


def _block(recipient: Recipient) -> str:
    lines = [f"Original-Recipient: {_line(recipient.original)}"] if recipient.original else []
    status = recipient.status if _STATUS.fullmatch(recipient.status) else _general(recipient.action)
    lines += [
        f"Final-Recipient: {_typed(recipient.address)}",
        f"Action: {recipient.action}",
        f"Status: {status}",
    ]
    if recipient.remote_host:
        lines.append(f"Remote-MTA: dns; {_line(recipient.remote_host)}")
    if recipient.diagnostic:
        lines.append(f"Diagnostic-Code: smtp; {_line(recipient.diagnostic)[:900]}")
    if recipient.last_attempt is not None:
        lines.append(f"Last-Attempt-Date: {format_date(recipient.last_attempt)}")
    if recipient.retry_until is not None and recipient.action == "delayed":
        lines.append(f"Will-Retry-Until: {format_date(recipient.retry_until)}")
    return "\r\n".join(lines)


def _typed(address: str) -> str:
    """RFC 6533 3: an address outside ASCII in the form that any 7-bit report may carry."""
    address = _line(address)
    if address.isascii():
        return f"rfc822; {address}"
    coded = "".join(char if "!" <= char <= "~" else f"\\x{{{ord(char):X}}}" for char in address)
    return f"utf-8; {coded}"


def _general(action: Action) -> str:
    return {"failed": "5.0.0", "delayed": "4.0.0"}.get(action, "2.0.0")


def _returned(header: bytes) -> bytes:
    data = to_crlf(header[:_MAX_HEADER]).rstrip(b"\r\n") + b"\r\n"
    encoding, body = encode_text(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    return b"Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: %b\r\n\r\n%b" % (
        encoding.encode("ascii"),
        body,
    )


def _returned_whole(content: bytes) -> bytes:
    # RFC 2046 5.2.1, RFC 6532 3.7: the encoding of what is inside is left as it is.
    head = content[: content.find(b"\r\n\r\n")]
    kind = b"message/rfc822" if head.isascii() else b"message/global"
    encoding = b"7bit" if content.isascii() else b"8bit"
    lines = to_crlf(content)
    return b"Content-Type: %b\r\nContent-Transfer-Encoding: %b\r\n\r\n%b" % (
        kind,
        encoding,
        lines if lines.endswith(b"\r\n") else lines + b"\r\n",
    )


def _line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())
