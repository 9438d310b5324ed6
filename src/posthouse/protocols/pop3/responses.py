"""Responses as octets: one line, several lines, messages with their dots doubled."""

import base64
import re
from collections.abc import Iterable, Iterator

END = b".\r\n"
_LONGEST_TEXT = 400  # RFC 2449 4: 512 octets with everything
_PIECE = 256 * 1024
_LOOK = 64 * 1024
_DOT_LINE = re.compile(rb"\r\n\.")


def ok(text: str) -> bytes:
    """`+OK text`"""
    return b"+OK " + _line(text)


def err(text: str, *, code: str | None = None) -> bytes:
    """`-ERR [CODE] text` (RFC 2449 8, RFC 3206)."""
    return b"-ERR " + _line(f"[{code}] {text}" if code else text)


def challenge(data: bytes) -> bytes:
    """`+ base64` (RFC 5034 4)."""
    return b"+ " + base64.b64encode(data) + b"\r\n"


def lines(text: str, following: Iterable[str]) -> bytes:
    """A short response of several lines, none of which begins with a dot."""
    return ok(text) + b"".join(_line(line) for line in following) + END


def message(text: str, octets: bytes) -> Iterator[bytes]:
    """`+OK text` and a message with CRLF line ends, in pieces: of a small message there is one.

    RFC 1939 3: a line that begins with a dot gets one more. A last line that was left open is
    ended, so that the dot after it stands alone.
    """
    before, start, at_line_start = ok(text), 0, True
    while start < len(octets):
        end = _end_of_piece(octets, start)
        piece = octets[start:end]
        if _DOT_LINE.search(piece):  # asking is cheaper than replacing nothing
            piece = piece.replace(b"\r\n.", b"\r\n..")
        if at_line_start and piece.startswith(b"."):
            before += b"."
        start, at_line_start = end, piece.endswith(b"\r\n")
        if start == len(octets):
            yield b"".join((before, piece, END if at_line_start else b"\r\n" + END))
            return
        yield before + piece
        before = b""
    yield before + END


def end_of_header(octets: bytes) -> int:
    """Behind the empty line after the header."""
    if octets.startswith(b"\r\n"):
        return 2
    end = octets.find(b"\r\n\r\n")
    return len(octets) if end < 0 else end + 4


def end_of_lines(octets: bytes, start: int, count: int) -> int:
    """Where `count` lines from `start` on end, or the octets do."""
    while count and start < len(octets):
        found = octets.count(b"\n", start, start + _LOOK)
        if found < count:
            count -= found
            start = min(start + _LOOK, len(octets))
            continue
        for _ in range(count):
            start = octets.index(b"\n", start) + 1
        return start
    return start


def _end_of_piece(octets: bytes, start: int) -> int:
    """After a line where there is one: what must be doubled then never lies across two pieces."""
    end = start + _PIECE
    if end >= len(octets):
        return len(octets)
    line_end = octets.rfind(b"\r\n", start, end)
    if line_end >= 0:
        return line_end + 2
    return end - 1 if octets[end - 1 : end] == b"\r" else end


def _line(text: str) -> bytes:
    # RFC 1939 3: ASCII. Our own sentences have typographic quotes.
    plain = text.replace("“", '"').replace("”", '"').encode("ascii", "replace")[:_LONGEST_TEXT]
    return b" ".join(plain.split(b"\n")).replace(b"\r", b"") + b"\r\n"
