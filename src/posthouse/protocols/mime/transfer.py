"""Content-Transfer-Encoding undone: base64 with junk, broken quoted-printable, uuencode."""

from __future__ import annotations

import re
from binascii import Error as BinasciiError
from binascii import a2b_base64, a2b_qp, a2b_uu

_STREAM = re.compile(rb"([^=]++)(?:=[^\n]*+)?")
_BASE64_SIGNS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n"
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_PADDED_ENDS = (b" \r\n", b" \n", b"\t\r\n", b"\t\n")
_PADDING = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n)")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]+)\r?\n", re.MULTILINE)
_UU_NAMES = frozenset(("x-uuencode", "uuencode", "x-uue", "uue"))
KNOWN_ENCODINGS = _UU_NAMES | {"", "7bit", "8bit", "binary", "base64", "quoted-printable"}


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """The content of an encoded body. Never raises: damage costs at most the damaged bytes."""
    if encoding == "base64":
        return decode_base64(data)
    if encoding == "quoted-printable":
        return decode_quoted_printable(data)
    if encoding in _UU_NAMES:
        return decode_uu(data)
    return data


def decode_base64(data: bytes) -> bytes:
    """Base64 with line ends, junk between, no padding, or several streams one after another.

    What follows the padding on its line is dropped; a body that is no base64 at all is returned
    as it is.
    """
    if len(data.translate(None, _BASE64_SIGNS)) * 10 > len(data):
        return data
    padding = data.find(b"=")
    if padding < 0 or not data[padding:].strip(b"= \t\r\n\x00"):
        try:
            return a2b_base64(data)
        except BinasciiError:
            return _decode_segment(data)
    return b"".join(_decode_segment(match[1]) for match in _STREAM.finditer(data))


def decode_quoted_printable(data: bytes) -> bytes:
    """Quoted-printable; `=` before anything else than two hex digits stays as it is.

    White space at the end of a line was added on the way (RFC 2045 6.7, rule 3).
    """
    if any(end in data for end in _PADDED_ENDS):
        data = _PADDING.sub(b"", data)
    return a2b_qp(data) if b"=" in data or b"\n" in data else data


def decode_uu(data: bytes) -> bytes:
    """The first uuencoded file in the text, or all of it when there is no begin line."""
    begin = _UU_BEGIN.search(data)
    return _uu_lines(data, begin.end() if begin else 0)[0]


def find_uu(data: bytes) -> list[tuple[str, int, int]]:
    """Files uuencoded in a text: (name, start of `begin`, end after `end`)."""
    found: list[tuple[str, int, int]] = []
    position = 0
    while begin := _UU_BEGIN.search(data, position):
        content, position = _uu_lines(data, begin.end())
        if content:
            name = begin[1].decode("utf-8", "replace").strip()
            found.append((name, begin.start(), position))
    return found


def _uu_lines(data: bytes, position: int) -> tuple[bytes, int]:
    out: list[bytes] = []
    while position < len(data):
        line_end = data.find(b"\n", position)
        after = len(data) if line_end < 0 else line_end + 1
        line = data[position:after].rstrip(b"\r\n")
        if line.strip() == b"end":
            return b"".join(out), after
        if line and line.strip() != b"`":
            try:
                out.append(a2b_uu(line))
            except BinasciiError:
                length = ((line[0] - 32) & 63) * 4 // 3 + 2  # trailing garbage: cut to the count
                try:
                    out.append(a2b_uu(line[: length + 1]))
                except BinasciiError:
                    return b"".join(out), position
        position = after
    return b"".join(out), position


def _decode_segment(data: bytes) -> bytes:
    clean = _NOT_BASE64.sub(b"", data)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return a2b_base64(clean + b"=" * (-len(clean) % 4))
