"""Messages with NUL, which only BINARY carries (RFC 3516): made fit for every other way."""

from __future__ import annotations

import re
from binascii import b2a_base64
from itertools import chain

from posthouse.protocols.mime.model import LEAF, Part
from posthouse.protocols.mime.scan import scan

_ENCODING = re.compile(
    rb"^content-transfer-encoding[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z)", re.I | re.M
)
_LINE = 57  # octets that become a line of 76


def without_nul(raw: bytes) -> bytes | None:
    """`raw` with base64 for the parts that hold NUL (RFC 3516 4.4 lets a server do so).

    None when a NUL stands where no encoding helps: in a header, or between parts.
    """
    if b"\x00" not in raw:
        return raw
    pieces: list[bytes] = []
    position = 0
    for part in scan(raw).parts:
        if part.kind == LEAF and b"\x00" in raw[part.body_start : part.body_end]:
            pieces += [raw[position : part.header_start], *_encoded(raw, part)]
            position = part.body_end
    fit = b"".join([*pieces, raw[position:]])
    return None if b"\x00" in fit else fit


def _encoded(raw: bytes, part: Part) -> tuple[bytes, bytes, bytes]:
    header = raw[part.header_start : part.body_start]
    body = raw[part.body_start : part.body_end]
    lines = (b2a_base64(body[i : i + _LINE], newline=False) for i in range(0, len(body), _LINE))
    return (
        b"Content-Transfer-Encoding: base64\r\n",
        _ENCODING.sub(b"", header),
        b"".join(chain.from_iterable((line, b"\r\n") for line in lines)).removesuffix(b"\r\n"),
    )
