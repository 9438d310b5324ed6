"""What imap_tools expects of its messages, beside what we read in them."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from posthouse.protocols import mime
from posthouse.protocols.mime.text import is_attached

Facts = dict[str, Any]


def cases(corpora: Path) -> list[Path]:
    return sorted((corpora / "imap_tools/tests/messages").rglob("*.eml"))


def expected(path: Path) -> Facts:
    said = json.loads(path.with_suffix(".expected.json").read_text("utf-8"))
    sender = said["from_values"] or {"name": "", "email": ""}
    return {
        "subject": one_line(said["subject"]),
        "from": [(one_line(sender["name"]), sender["email"])] if sender["email"] else [],
        **{
            field: [(one_line(who["name"]), who["email"]) for who in said[f"{field}_values"] or ()]
            for field in ("to", "cc", "bcc", "reply_to")
        },
        "date": _with_zone(said["date"]),
        "text": squeezed(said["text"]),
        "html": _markup(said["html"]),
        "attachments": [
            (item["filename"], item["content_type"], item["content_id"], _payload(item))
            for item in said["attachments"]
        ],
    }


def found(path: Path) -> Facts:
    scan = mime.scan(path.read_bytes())
    date = mime.date(scan)
    return {
        "subject": one_line(mime.subject(scan)),
        "from": _people(scan, b"from")[:1],
        **{
            field: _people(scan, field.replace("_", "-").encode())
            for field in ("to", "cc", "bcc", "reply_to")
        },
        "date": _as_theirs(date),
        "text": squeezed(_texts(scan, "plain")),
        "html": _markup(_texts(scan, "html")),
        "attachments": list(_files(scan)),
    }


def _texts(scan: mime.Scan, subtype: str) -> str:
    """As they count: also the text of messages inside."""
    return "\n".join(
        mime.text_of(scan, part)
        for part in scan.parts
        if part.mime_type == f"text/{subtype}" and not is_attached(scan, part)
    )


def _files(scan: mime.Scan) -> Iterator[tuple[str, str, str, bytes]]:
    """As they count: also the files of messages inside, but no delivery status."""
    for item in mime.attachments(scan):
        part = scan.parts[item.part]
        if item.mime_type == "message/delivery-status":
            continue
        data = mime.attachment_bytes(scan, item)
        name = item.name if mime.file_name(scan, part) else ""
        yield name, item.mime_type, item.content_id, re.sub(rb"\s+", b"", data)
        if part.kind == mime.MESSAGE:
            yield from _files(mime.scan(data))


def one_line(text: str) -> str:
    return " ".join((text or "").split())


def squeezed(text: str) -> str:
    """Line ends and white space differ by taste (they keep CRLF); the words must not."""
    return re.sub(r"\s+", " ", text or "").strip()


def _with_zone(date: str) -> str | None:
    """They leave a date without zone naive, and write 1900 for none."""
    if date.startswith("1900-01-01"):
        return None
    return date if re.search(r"[+-]\d\d:\d\d$", date) else f"{date}+00:00"


def _markup(html: str) -> str:
    """They rewrite the charset that the markup names."""
    return re.sub(r"(charset=)[\w-]+", r"\1any", squeezed(html))


def _payload(item: Facts) -> bytes:
    return re.sub(rb"\s+", b"", b64decode(item["payload"].get("base64", "")))


def _people(scan: mime.Scan, field: bytes) -> list[tuple[str, str]]:
    return [
        (one_line(who.name), who.address)
        for who in mime.addresses(scan, field)
        if who.name or who.address
    ]


def _as_theirs(date: datetime | None) -> str | None:
    return date.isoformat() if date else None
