"""BODY[…] sections looked up by offsets, served with CRLF line ends (RFC 9051 6.4.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from posthouse.protocols.mime.model import MESSAGE, MULTIPART, Part, Scan

Kind = Literal["", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"]

_BARE_LF = re.compile(rb"(?<!\r)\n")
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z)", re.MULTILINE)


def to_crlf(data: bytes) -> bytes:
    """A whole message in its served form: every LF without CR before it gets one.

    A lone CR is no line end and stays, unless there is no LF at all (old Macintosh text).
    """
    if b"\n" not in data:
        return data.replace(b"\r", b"\r\n")
    return _served(data)


def crlf_size(data: bytes) -> int:
    """len(to_crlf(data)) without making it."""
    if b"\n" not in data:
        return len(data) + data.count(b"\r")
    if b"\r" not in data:  # what a Maildir holds
        return len(data) + data.count(b"\n")
    return len(data) + data.count(b"\n") - data.count(b"\r\n")


def find_part(scan: Scan, path: Iterable[int]) -> Part | None:
    """The part an IMAP part number names, None when there is none.

    A message that is no multipart has one part, 1: itself. Numbers under a message/rfc822 part
    count the parts of the message in it.
    """
    part = scan.root
    at_root = True
    for number in path:
        if part.kind == MESSAGE and not at_root:
            part = scan.parts[part.children[0]]
            at_root = True
        if part.kind == MULTIPART:
            if not 1 <= number <= len(part.children):
                return None
            part = scan.parts[part.children[number - 1]]
            at_root = False
        elif at_root and number == 1:
            at_root = False
        else:
            return None
    return part


def section(
    scan: Scan,
    path: tuple[int, ...] = (),
    kind: Kind = "",
    fields: Iterable[bytes] = (),
    *,
    start: int = 0,
    length: int | None = None,
    prefix: bytes = b"",
) -> bytes | None:
    """BODY[path.kind (fields)]<start.length> as served; None when the part does not exist.

    `prefix` are stored bytes that stand before `scan.raw` (a message's trace prefix): they
    belong to the whole message and to its header.
    """
    data = _stored(scan, path, kind, fields, prefix)
    if data is None:
        return None
    data = _served(data)
    if start or length is not None:
        return data[start : None if length is None else start + length]
    return data


def _served(data: bytes) -> bytes:
    if b"\r" not in data:  # what a Maildir holds; counting would take four times as long
        return data.replace(b"\n", b"\r\n")
    if data.count(b"\n") == data.count(b"\r\n"):
        return data
    return _BARE_LF.sub(b"\r\n", data)


def _stored(
    scan: Scan, path: tuple[int, ...], kind: Kind, fields: Iterable[bytes], prefix: bytes
) -> bytes | None:
    raw = scan.raw
    if not path:
        return _of_message(raw, scan.root, kind, fields, prefix)
    part = find_part(scan, path)
    if part is None:
        return None
    if kind == "":
        return _body(scan, part)
    if kind == "MIME":
        # The header of a message's only part is the message's own header.
        return raw[part.header_start : part.body_start]
    if part.kind != MESSAGE:
        return None  # RFC 9051 6.4.5.1: HEADER and TEXT under a number need a message there
    return _of_message(raw, scan.parts[part.children[0]], kind, fields, b"")


def _body(scan: Scan, part: Part) -> bytes:
    return scan.raw[part.body_start : part.body_end]


def _of_message(
    raw: bytes, part: Part, kind: Kind, fields: Iterable[bytes], prefix: bytes
) -> bytes | None:
    if kind == "":
        return prefix + raw[part.header_start : part.body_end]
    if kind == "TEXT":
        return raw[part.body_start : part.body_end]
    if kind == "MIME":
        return None
    header = prefix + raw[part.header_start : part.body_start]
    return header if kind == "HEADER" else _chosen(header, kind, fields)


def _chosen(header: bytes, kind: Kind, fields: Iterable[bytes]) -> bytes:
    """The named fields (or all others) as they stand, and the blank line."""
    names = {name.lower() for name in fields}
    wanted = kind == "HEADER.FIELDS"
    chosen = [
        match[0] if match[0].endswith(b"\n") else match[0] + b"\r\n"
        for match in _FIELD.finditer(header)
        if (match[1].lower() in names) is wanted
    ]
    return b"".join([*chosen, b"\r\n"])
