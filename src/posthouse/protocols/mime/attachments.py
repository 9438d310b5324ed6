"""Attachments of a message: what they are called, what they are, where their bytes stand."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass

from posthouse.protocols.mime.headers import decode_text
from posthouse.protocols.mime.model import LEAF, MESSAGE, MULTIPART, Part, Scan
from posthouse.protocols.mime.parameters import content_type, disposition
from posthouse.protocols.mime.text import content, is_attached
from posthouse.protocols.mime.transfer import decode_uu, find_uu

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069]')
_MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attachment. `part` is its place in `Scan.parts`; `start`, `end` its encoded bytes.

    `size` is of the decoded bytes, exact for base64 without junk, else a close upper bound.
    `content_id` is without brackets; `inline` means that the HTML body shows it.
    `uu` tells the place among the uuencoded files of a text part; -1 for a real part.
    """

    part: int
    name: str
    mime_type: str
    size: int
    start: int
    end: int
    content_id: str
    inline: bool
    uu: int = -1


def attachments(scan: Scan) -> list[Attachment]:
    """Every attachment and inline image, in order; nested messages are one attachment each."""
    if len(scan.parts) == 1 and scan.root.type == "text":
        return _uuencoded(scan, scan.root)
    found: list[Attachment] = []
    stack = [scan.root]
    while stack:
        part = stack.pop()
        if part.kind == MULTIPART:
            stack.extend(reversed(scan.children(part)))
        elif part.kind == MESSAGE or is_attached(scan, part) or part.type != "text":
            if part.parent >= 0 or part.kind == MESSAGE or part.type != "text":
                found.append(_attachment(scan, part))
        else:
            found.extend(_uuencoded(scan, part))
    return found


def attachment_bytes(scan: Scan, attachment: Attachment) -> bytes:
    """The decoded file."""
    part = scan.parts[attachment.part]
    if attachment.uu >= 0:
        data = content(scan, part)
        spans = find_uu(data)
        if attachment.uu >= len(spans):
            return b""
        _, start, end = spans[attachment.uu]
        return decode_uu(data[start:end])
    if part.kind == MESSAGE:
        return scan.raw[part.body_start : part.body_end]
    return content(scan, part)


def file_name(scan: Scan, part: Part) -> str:
    """The decoded name without folders and unsafe characters; "" when none is given."""
    hint = part.charset
    raw = part.get(b"content-disposition")
    said = (disposition(raw, hint) if raw and not raw.isascii() else part.disposition).params
    name = said.get("filename", "")
    if not name or "\ufffd" in name:
        raw = part.get(b"content-type")
        typed = content_type(raw, hint) if raw and not raw.isascii() else part.content_type
        name = typed.params.get("name", "") or name
    return safe_name(name)


def safe_name(name: str) -> str:
    """A name that is only a name: no path, no control or direction marks, ≤ 200 characters."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = _UNSAFE.sub("_", name).strip(" .")
    if len(name) <= _MAX_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 12:
        return stem[: _MAX_NAME - len(ending) - 1] + "." + ending
    return name[:_MAX_NAME]


def _attachment(scan: Scan, part: Part) -> Attachment:
    content_id = decode_text(part.get(b"content-id")).strip("<> ")
    said = part.disposition.value
    related = part.parent >= 0 and scan.parts[part.parent].subtype == "related"
    return Attachment(
        part=part.index,
        name=file_name(scan, part) or _made_up_name(scan, part),
        mime_type=part.mime_type,
        size=decoded_size(scan.raw, part),
        start=part.body_start,
        end=part.body_end,
        content_id=content_id,
        inline=bool(content_id) and said != "attachment" and (related or said == "inline"),
    )


def decoded_size(raw: bytes, part: Part) -> int:
    """Size of the decoded body, without decoding it."""
    start, end = part.body_start, part.body_end
    if part.encoding == "base64":
        signs = end - start - raw.count(b"\n", start, end) - raw.count(b"\r", start, end)
        tail = raw[max(start, end - 8) : end].rstrip()
        return max(signs * 3 // 4 - (len(tail) - len(tail.rstrip(b"="))), 0)
    if part.encoding == "quoted-printable":
        escapes = raw.count(b"=", start, end)
        soft = raw.count(b"=\r\n", start, end)
        bare = raw.count(b"=\n", start, end)
        return max(end - start - 2 * (escapes - soft - bare) - 3 * soft - 2 * bare, 0)
    return end - start


def _made_up_name(scan: Scan, part: Part) -> str:
    if part.kind == MESSAGE and part.children:
        title = decode_text(scan.parts[part.children[0]].get(b"subject"))
        return safe_name(f"{title[:80] or 'message'}.eml".replace("/", "-"))
    ending = mimetypes.guess_extension(part.mime_type) or (
        ".eml" if part.type == "message" else ".bin"
    )
    return f"{'image' if part.type == 'image' else 'attachment'}-{part.index}{ending}"


def _uuencoded(scan: Scan, part: Part) -> list[Attachment]:
    if part.kind != LEAF or scan.raw.find(b"begin ", part.body_start, part.body_end) < 0:
        return []
    data = content(scan, part)
    return [
        Attachment(
            part=part.index,
            name=safe_name(name) or "attachment.bin",
            mime_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
            size=len(decode_uu(data[start:end])),
            start=part.body_start,
            end=part.body_end,
            content_id="",
            inline=False,
            uu=number,
        )
        for number, (name, start, end) in enumerate(find_uu(data))
    ]
