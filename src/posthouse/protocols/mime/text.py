"""The readable text of a message: which part, which charset, flowed lines, HTML as text."""

from __future__ import annotations

import re

from posthouse.protocols.mime.charsets import codec_for, decode
from posthouse.protocols.mime.html import html_to_text
from posthouse.protocols.mime.model import MESSAGE, MULTIPART, Part, Scan
from posthouse.protocols.mime.transfer import decode_transfer, find_uu

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_MAX_META = 4096


def content(scan: Scan, part: Part) -> bytes:
    """The decoded bytes of a leaf part."""
    return decode_transfer(scan.raw[part.body_start : part.body_end], part.encoding)


def text_of(scan: Scan, part: Part) -> str:
    """A text part as characters: label, HTML's own meta charset, or a guess. LF line ends."""
    return _characters(part, content(scan, part))


def _characters(part: Part, data: bytes) -> str:
    label = part.charset
    if (label is None or codec_for(label[:64]) is None) and part.subtype == "html":
        meta = _META_CHARSET.search(data, 0, _MAX_META)
        label = meta[1].decode("ascii", "replace") if meta else label
    text = decode(data, label)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\x00", "")


def body_parts(scan: Scan) -> tuple[list[Part], list[Part]]:
    """(text/plain, text/html) parts that make up the body, in reading order.

    Not attachments, nothing inside a nested message; of multipart/related only its root counts.
    """
    if len(scan.parts) == 1 and scan.root.type == "text":  # most mail, and it is asked twice
        whole = [scan.root]
        return ([], whole) if scan.root.subtype == "html" else (whole, [])
    plain: list[Part] = []
    html: list[Part] = []
    stack = [scan.root]
    while stack:
        part = stack.pop()
        if part.kind == MULTIPART:
            stack.extend(reversed(scan.children(part)))
        elif part.kind != MESSAGE and part.type == "text" and not is_attached(scan, part):
            if part.subtype == "html":
                html.append(part)
            elif part.subtype in ("plain", "enriched", "richtext", "x-markdown", "markdown"):
                plain.append(part)
    if any(part.subtype == "plain" for part in plain):  # text/enriched is its alternative
        plain = [part for part in plain if part.subtype == "plain"]
    return plain, html


def is_attached(scan: Scan, part: Part) -> bool:
    """Is this leaf an attachment rather than a piece of the body?"""
    if part.parent < 0:
        return part.disposition.value == "attachment" and part.type != "text"
    said = part.disposition
    if said.value == "attachment":
        return True
    named = "filename" in said.params or "name" in part.content_type.params
    if not named or part.type != "text" or part.subtype not in ("plain", "html"):
        return named or part.type != "text"
    # A named inline text is a body only where the body must be: first, or in an alternative.
    parent = scan.parts[part.parent]
    return parent.subtype != "alternative" and parent.children[0] != part.index


def plain_text(scan: Scan) -> str:
    """The text/plain body, format=flowed undone, uuencoded files cut out; "" if there is none."""
    return "\n".join(_plain(scan, part) for part in body_parts(scan)[0]).strip("\n")


def html_text(scan: Scan) -> str:
    """The text/html body as markup; "" if there is none."""
    return "\n".join(text_of(scan, part) for part in body_parts(scan)[1])


def readable_text(scan: Scan) -> str:
    """What a person reads: the plain body, else the HTML body as text."""
    plain, html = body_parts(scan)
    text = "\n".join(_plain(scan, part) for part in plain).strip()
    if text and not _is_placeholder(text, html):
        return text
    return "\n".join(html_to_text(text_of(scan, part)) for part in html).strip() or text


def opening_text(scan: Scan, octets: int) -> str | None:
    """Whole lines from the start of `readable_text`, of about so many octets of it.

    None when only the whole can tell: a short body, HTML, a charset that has to be guessed.
    """
    plain, _ = body_parts(scan)
    if not plain or plain[0].body_end - plain[0].body_start <= octets:
        return None
    part = plain[0]
    end = scan.raw.rfind(b"\n", part.body_start, part.body_start + octets)
    data = decode_transfer(scan.raw[part.body_start : max(end, part.body_start)], part.encoding)
    data = data[: data.rfind(b"\n") + 1]  # an encoded line can end inside a character
    unlabelled = part.charset is None or codec_for(part.charset[:64]) is None
    # In UTF-16 a line end is two octets; an uuencoded file is cut out of the whole.
    if b"\0" in data or b"begin " in data or (unlabelled and not data.isascii()):
        return None
    return _unflowed(part, _characters(part, data))


def unflow(text: str, *, delete_space: bool = False) -> str:
    """format=flowed lines joined (RFC 3676 4.2); quoted lines keep their `>`."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        stripped = line.lstrip(">")
        depth = len(line) - len(stripped)
        stripped = stripped.removeprefix(" ")
        flowed = stripped.endswith(" ") and stripped != "-- "
        joined = stripped[:-1] if flowed and delete_space else stripped
        if open_depth == depth and stripped != "-- ":
            out[-1] += joined
        else:
            out.append(">" * depth + (" " if depth else "") + joined)
        open_depth = depth if flowed else -1
    return "\n".join(out)


def _plain(scan: Scan, part: Part) -> str:
    text = text_of(scan, part)
    if "\nbegin " in text or text.startswith("begin "):
        text = _without_uu(text)
    return _unflowed(part, text)


def _unflowed(part: Part, text: str) -> str:
    params = part.content_type.params
    if params.get("format", "").lower() == "flowed":
        return unflow(text, delete_space=params.get("delsp", "").lower() == "yes")
    return text


def _without_uu(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    out: list[bytes] = []
    position = 0
    for _, start, end in find_uu(data):
        out.append(data[position:start])
        position = end
    return b"".join([*out, data[position:]]).decode("utf-8", "replace")


def _is_placeholder(text: str, html: list[Part]) -> bool:
    """A text part that only says that there is an HTML one."""
    return bool(html) and len(text) < 200 and "html" in text.lower() and "\n\n" not in text
