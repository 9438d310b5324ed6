"""A message to send, as bytes: header, bodies, inline images, attachments. CRLF everywhere."""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote

from posthouse.protocols.mime.addresses import Address, ascii_domain
from posthouse.protocols.mime.attachments import safe_name
from posthouse.protocols.mime.encoded_words import encode_words
from posthouse.protocols.mime.fold import (
    HARD_LINE,
    LINE,
    Unbuildable,
    address_field,
    field,
    id_field,
    trim_references,
)
from posthouse.protocols.mime.html import html_to_text

__all__ = ["Attached", "Outgoing", "Unbuildable", "build", "format_date", "make_message_id"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
)  # fmt: skip
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w.+-]{0,60}/[A-Za-z0-9][\w.+-]{0,80}", re.ASCII)
_OWN_FIELDS = frozenset(
    ("from", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references",
     "reply-to", "mime-version", "content-type", "content-transfer-encoding")
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file of the message; with a `content_id` (no brackets) it is shown inside the HTML."""

    name: str
    mime_type: str
    data: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What the composer knows. Ids are without brackets; `references` is oldest first.

    `text` None with an `html` makes the text from the HTML; "" leaves the text part out.
    `fields` are further unstructured fields (name, value), such as List-Unsubscribe.
    """

    sender: Address
    subject: str
    date: datetime
    message_id: str
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    text: str | None = None
    html: str | None = None
    attachments: tuple[Attached, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


def build(
    message: Outgoing, *, randomness: bytes, smtputf8: bool = False, with_bcc: bool = False
) -> bytes:
    """The message. The same `randomness` gives the same bytes; it only feeds the boundaries.

    `with_bcc` writes the Bcc field (for the sender's own copy). Raises Unbuildable for an
    address, id or field name no header can carry, and for an address that needs SMTPUTF8.
    """
    boundary = _boundaries(randomness)
    return b"".join(
        (
            *_header(message, smtputf8=smtputf8, with_bcc=with_bcc),
            b"MIME-Version: 1.0\r\n",
            _content(message, boundary),
        )
    )


def make_message_id(randomness: bytes, domain: str) -> str:
    """A message id (no brackets) of 160 bits taken from `randomness`."""
    return f"{sha256(b'message-id' + randomness).hexdigest()[:40]}@{ascii_domain(domain)}"


def format_date(moment: datetime) -> str:
    """RFC 5322 3.3; a naive time counts as of unknown zone (-0000)."""
    offset = moment.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset is not None else 0
    sign = "-" if minutes < 0 or offset is None else "+"
    hours, rest = divmod(abs(minutes), 60)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year:04}"
        f" {moment:%H:%M:%S} {sign}{hours:02}{rest:02}"
    )


def text_part(text: str, subtype: str = "plain", extra: str = "") -> bytes:
    """A text part with its header, in the cheapest encoding that keeps lines within 76 columns."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if lines and not lines.endswith("\n"):
        lines += "\n"
    charset = "us-ascii" if lines.isascii() and subtype == "plain" else "utf-8"
    encoding, body = encode_text(lines.encode("utf-8", "replace"))
    return (
        f"Content-Type: text/{subtype}; charset={charset}{extra}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode("ascii") + body


def encode_text(data: bytes) -> tuple[str, bytes]:
    """(encoding name, CRLF body) of LF text: 7bit, else the shorter of the two encodings."""
    if data.isascii() and b"\x00" not in data and max(map(len, data.split(b"\n"))) <= LINE:
        return "7bit", data.replace(b"\n", b"\r\n")
    data = data.replace(b"\n", b"\r\n")
    encoded = b64(data)
    plain = len(data) - len(data.translate(None, _UNSAFE_IN_QP))  # bytes that cost three
    if len(data) + 2 * plain <= len(encoded):
        return "quoted-printable", _quoted_printable(data)
    return "base64", encoded


def b64(data: bytes) -> bytes:
    """Base64 in lines of 76, the last one ended too."""
    lines = [b2a_base64(data[at : at + 57], newline=False) for at in range(0, len(data), 57)]
    return b"\r\n".join([*lines, b""])


def multipart(subtype: str, boundary: str, parts: list[bytes], extra: str = "") -> bytes:
    """A multipart entity: its Content-Type field, blank line and the parts between boundaries."""
    head = f'Content-Type: multipart/{subtype};{extra}\r\n boundary="{boundary}"\r\n\r\n'
    mark = boundary.encode("ascii")
    inside = b"".join(b"--%b\r\n%b\r\n" % (mark, part) for part in parts)
    return head.encode("ascii") + inside + b"--%b--\r\n" % mark


def _header(message: Outgoing, *, smtputf8: bool, with_bcc: bool) -> list[bytes]:
    def people(name: str, who: tuple[Address, ...]) -> bytes:
        return address_field(name, who, smtputf8=smtputf8) if who else b""

    answered = (message.in_reply_to,) if message.in_reply_to else ()
    thread = trim_references(message.references, message.in_reply_to)
    for name, _ in message.fields:
        if name.lower() in _OWN_FIELDS:
            raise Unbuildable(f"{name} has a place of its own in the message.")
    return [
        people("From", (message.sender,)),
        people("To", message.to),
        people("Cc", message.cc),
        people("Bcc", message.bcc) if with_bcc else b"",
        people("Reply-To", message.reply_to),
        field("Subject", message.subject) if message.subject else b"Subject: \r\n",
        f"Date: {format_date(message.date)}\r\n".encode("ascii"),
        id_field("Message-ID", [message.message_id]),
        id_field("In-Reply-To", answered) if answered else b"",
        id_field("References", thread) if thread else b"",
        *(field(name, value) for name, value in message.fields),
    ]


def _content(message: Outgoing, boundary: Callable[[], str]) -> bytes:
    """Content-Type and body: mixed(alternative(text, related(html, images)), files)."""
    images = [item for item in message.attachments if item.content_id and message.html]
    files = [item for item in message.attachments if not (item.content_id and message.html)]
    text = message.text
    if text is None:
        text = html_to_text(message.html) if message.html else ""
    if message.html:
        body = text_part(message.html, "html")
        if images:
            body = multipart(
                "related", boundary(), [body, *map(_file_part, images)], ' type="text/html";'
            )
        if text:
            body = multipart("alternative", boundary(), [text_part(text), body])
    else:
        body = text_part(text)
    if files:
        body = multipart("mixed", boundary(), [body, *map(_file_part, files)])
    return body


def _file_part(item: Attached) -> bytes:
    mime_type = item.mime_type.lower() if _MEDIA_TYPE.fullmatch(item.mime_type) else ""
    name = safe_name(item.name) or "attachment"
    encoding, data = "base64", None
    if mime_type.startswith("message/"):
        # RFC 2046 5.2.1: no encoding is allowed here, so what is not plain goes as a file.
        if _is_plain(item.data):
            encoding, data = "7bit", re.sub(rb"\r?\n", b"\r\n", item.data)
        else:
            mime_type = ""
    elif mime_type.startswith("multipart/"):
        mime_type = ""
    kind = "inline" if item.content_id else "attachment"
    lines = [
        f"Content-Type: {mime_type or 'application/octet-stream'};" + _name_words("name", name),
        f"Content-Transfer-Encoding: {encoding}",
        f"Content-Disposition: {kind};" + _name_words("filename", name) + _name_2231(name),
    ]
    if item.content_id:
        lines.append(id_field("Content-ID", [item.content_id]).decode("ascii").rstrip())
    head = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"
    return head + (b64(item.data) if data is None else data)


def _name_words(param: str, name: str) -> str:
    """`name="…"` as RFC 2047 words: what QQ and older Outlook read (RFC 2231 they do not)."""
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'\r\n {param}="{escaped}"'
    words = encode_words(name, first_room=LINE - len(param) - 5, only_base64=True)
    return f'\r\n {param}="' + "\r\n ".join(words) + '"'


def _name_2231(name: str) -> str:
    """`filename*=`, for everyone else; in segments only when one line cannot hold it."""
    if name.isascii():
        return ""
    coded = quote(name, safe="")
    if len(coded) + 24 <= HARD_LINE:
        return f";\r\n filename*=UTF-8''{coded}"
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,200}", coded)
    return "".join(
        f";\r\n filename*{place}*={'' if place else 'UTF-8' + chr(39) * 2}{piece}"
        for place, piece in enumerate(pieces)
    )


def _is_plain(data: bytes) -> bool:
    return (
        data.isascii()
        and b"\x00" not in data
        and max(map(len, data.split(b"\n"))) < HARD_LINE
        and data.count(b"\r") == data.count(b"\r\n")
    )


def _quoted_printable(data: bytes) -> bytes:
    return b2a_qp(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def _boundaries(randomness: bytes) -> Callable[[], str]:
    count = 0

    def following() -> str:
        nonlocal count
        count += 1
        digest = sha256(b"boundary%d" % count + randomness).hexdigest()[:32]
        return f"=_{digest}"  # "=_" stands in no quoted-printable and no base64 line

    return following


_UNSAFE_IN_QP = bytes(set(range(256)) - set(range(33, 127)) - set(b" \t\r\n")) + b"="
