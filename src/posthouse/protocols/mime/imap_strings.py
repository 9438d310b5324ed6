"""Values as IMAP writes them in a FETCH response: NIL, quoted string or literal (RFC 9051 4.3)."""

from __future__ import annotations

import re

from posthouse.protocols.mime.encoded_words import encode_words
from posthouse.protocols.mime.unfold import unfold

_NEEDS_LITERAL = re.compile(rb"[\x00\r\n\x80-\xff]")
_NEEDS_ESCAPE = re.compile(rb'(["\\])')
_MAX_QUOTED = 1_000  # some clients read a quoted string into a buffer of 1,024


def nstring(value: bytes | str | None) -> bytes:
    return b"NIL" if value is None else string(value)


def string(value: bytes | str) -> bytes:
    """A quoted string where that is allowed, else a literal. NUL is dropped: no form carries it."""
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if len(data) <= _MAX_QUOTED and not _NEEDS_LITERAL.search(data):
        if b'"' in data or b"\\" in data:
            data = _NEEDS_ESCAPE.sub(rb"\\\1", data)
        return b'"' + data + b'"'
    data = data.replace(b"\x00", b"")
    return b"{%d}\r\n%b" % (len(data), data)


def header_string(value: bytes | None, hint: str | None = None) -> bytes:
    """An unstructured field: encoded words stay as written, raw 8-bit text becomes some.

    A client cannot know the charset of raw bytes, so it is given words it can read.
    """
    if value is None:
        return b"NIL"
    return string(seven_bit(unfold(value, hint)))


def seven_bit(text: str) -> str:
    return text if text.isascii() else " ".join(encode_words(text))
