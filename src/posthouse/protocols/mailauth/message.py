"""A message as authentication sees it: header fields in order and a body, lines ended by CRLF."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

PIECE = 256 * 1024  # octets; about a millisecond of canonicalisation
MAX_FIELDS = 10_000  # honest mail has up to about 150
HEAVY_OCTETS = 500_000
HEAVY_HEADER = 32_000
_FIELD = re.compile(rb"(([^:\n]*+)(:?+)[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z))")
# Up to this size a header is read at one go, which takes half the time.
_SMALL_HEADER = 1 << 16


class Field(NamedTuple):
    """One header field: `name` in lower case, `raw` as it came with its folding and its CRLF."""

    name: bytes
    raw: bytes

    @property
    def value(self) -> bytes:
        return self.raw.partition(b":")[2]


@dataclass(frozen=True, slots=True)
class SplitMessage:
    fields: tuple[Field, ...]
    body: bytes


def split_message(raw: bytes) -> SplitMessage:
    """Splits once, linear in the size. Bare LF becomes CRLF, as any signer will have seen it.

    Of a header with more than MAX_FIELDS fields nothing is believed: it comes out empty.
    """
    return split_crlf(with_crlf(raw))


def is_heavy(raw: bytes) -> bool:
    """Whether work on the message may take longer than an event loop should wait.

    Canonicalisation takes 10 ms for a megabyte, a field of the header 2 µs.
    """
    return len(raw) > HEAVY_OCTETS or header_end(raw) > HEAVY_HEADER


def split_crlf(text: bytes) -> SplitMessage:
    """Splits what is known to have no bare LF."""
    end = header_end(text)
    fields = _small_header(text, end) if end <= _SMALL_HEADER else _large_header(text[:end])
    if len(fields) > MAX_FIELDS:
        fields.clear()
    return SplitMessage(tuple(fields), text[end + 2 if text.startswith(b"\r\n", end) else end :])


def _small_header(text: bytes, end: int) -> list[Field]:
    found = _FIELD.findall(text, 0, end)
    return [
        Field(name, raw)
        for raw, before, colon in found
        if colon and (name := before.strip(b" \t").lower())
    ]


def _large_header(header: bytes) -> list[Field]:
    fields: list[Field] = []
    for name, start, stop in field_spans(header):
        if name:
            fields.append(Field(name, header[start:stop]))
        if len(fields) > MAX_FIELDS:
            break
    return fields


def with_crlf(raw: bytes) -> bytes:
    if not any(_has_bare_lf(raw, at) for at in range(0, len(raw), PIECE)):
        return raw
    return b"".join(piece.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for piece in pieces(raw))


def _has_bare_lf(raw: bytes, at: int) -> bool:
    end = at + PIECE
    return raw.count(b"\n", at, end) != raw.count(b"\r\n", max(at - 1, 0), end)


def pieces(text: bytes) -> Iterator[bytes]:
    """The text in pieces, cut anywhere but between CR and LF; itself when it is small.

    A call into C holds the interpreter while it lasts: a large message that a thread takes as a
    whole would stop the event loop all the same.
    """
    start, size = 0, len(text)
    while size - start > PIECE:
        cut = start + PIECE
        cut -= text[cut - 1] == 0x0D
        yield text[start:cut]
        start = cut
    yield text[start:] if start else text


def header_end(raw: bytes) -> int:
    """Where the header stops: at the empty line, which is not part of it, or at the end.

    Both line ends count, as real mail mixes them.
    """
    if raw.startswith((b"\r\n", b"\n")):
        return 0
    end = raw.find(b"\n\r\n") + 1 or len(raw)
    return raw.find(b"\n\n", 0, end) + 1 or end


def field_spans(header: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(lower-case name, start, end) of each field, line end included; no name when no colon."""
    for match in _FIELD.finditer(header):
        name, colon = match.group(2, 3)
        start, end = match.span()
        if start < end:
            yield (name.strip(b" \t").lower() if colon else b""), start, end
