"""From bytes to a part tree in one linear pass: headers, boundaries, nested messages."""

from __future__ import annotations

import re
from functools import lru_cache

from posthouse.protocols.mime.model import (
    LEAF,
    MAX_FIELDS,
    MESSAGE,
    MULTIPART,
    STRAY,
    Part,
    Scan,
    read_fields,
    read_lines,
)
from posthouse.protocols.mime.parameters import content_type

MAX_DEPTH = 100
MAX_PARTS = 10_000
_MAX_BOUNDARY = 998  # RFC 2046 5.1.1 says 70; real mailers say more, but never more than a line

_BLANK = re.compile(rb"\n\r*+\n")
_FIELD_LINES = re.compile(rb"(?:[!-9;-~]++[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z))*+")
_STRAY_LINE = re.compile(rb"[^\n]*+\n(?:[ \t][^\n]*+\n)*+")
_FIELD_START = re.compile(rb"[!-9;-~]++[ \t]*+:")
_MBOX_FROM = re.compile(rb">?From (?![ \t]*:)[^\n]*\n")
_FIRST_BOUNDARY = re.compile(rb"[\r\n]*+--([!-~][^\r\n]{0,200})")
_IDENTITY = frozenset({"7bit", "8bit", "binary"})


def scan(raw: bytes) -> Scan:
    """The part tree of a message (RFC 5322, 2045, 2046). Never raises, whatever the bytes.

    Beyond MAX_DEPTH a container is kept as a leaf; beyond MAX_PARTS the rest stays in its
    multipart, undivided. Both set `Scan.truncated`.
    """
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")  # old Macintosh text: CR is the line end
    scanner = _Scanner(raw)
    scanner.run()
    return Scan(raw, scanner.parts, truncated=scanner.truncated)


class _Scanner:
    __slots__ = ("_blank_end", "_blank_start", "boundaries", "open", "parts", "raw", "truncated")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.parts: list[Part] = []
        self.open: list[tuple[Part, bytes | None]] = []  # containers that have not ended
        self.boundaries: dict[bytes, list[int]] = {}  # boundary → its places in `open`
        self.truncated = False
        self._blank_start = self._blank_end = -1

    def run(self) -> None:
        part: Part | None = self._begin(0, None)
        while part is not None:
            if part.kind == MESSAGE:
                self.open.append((part, None))
                part = self._begin(part.body_start, part)
                continue
            if part.kind == MULTIPART:
                self._enter(part)
            part = self._next_part(part)
        end = len(self.raw)
        self._close(0, end, end)

    def _next_part(self, part: Part) -> Part | None:
        """Find the boundary after `part`, end what it ends, begin what it begins."""
        position = part.body_start - 1
        leaf: Part | None = part if part.kind == LEAF else None
        while self.boundaries:
            hit = self._delimiter(position)
            if hit is None:
                break
            start, line_end, place, closing = hit
            content_end = start - 1 if self.raw[start - 1 : start] == b"\r" else start
            if leaf is not None:
                leaf.body_end = max(content_end, leaf.body_start)
                leaf.end = max(start + 1, leaf.body_start)
                leaf = None
            self._close(place + 1, content_end, start + 1)
            if not closing:
                if len(self.parts) >= MAX_PARTS:
                    self.truncated = True
                    self.boundaries.clear()
                    return None
                return self._begin(min(line_end + 1, len(self.raw)), self.open[place][0])
            self._leave(place)
            position = line_end
        if leaf is not None:
            leaf.body_end = leaf.end = len(self.raw)
        return None

    def _begin(self, start: int, parent: Part | None) -> Part:
        """Read the header at `start` and add the part; its ends are still unknown."""
        body_start, fields = self._header(start)
        if parent is None:
            part = Part(self.raw, 0, -1, 0, start, body_start)
        else:
            part = Part(
                self.raw, len(self.parts), parent.index, parent.depth + 1, start, body_start
            )
            parent.children.append(part.index)
        self.parts.append(part)
        part.fields = fields
        in_digest = parent is not None and parent.kind == MULTIPART and parent.subtype == "digest"
        self._classify(part, in_digest=in_digest)
        return part

    def _classify(self, part: Part, *, in_digest: bool) -> None:
        value = part.get(b"content-type")
        if value is not None:
            part.type, part.subtype = _type_of(value)
        elif in_digest:
            part.type, part.subtype = "message", "rfc822"  # RFC 2046 5.1.5
        if part.type == "multipart":
            kind = MULTIPART
        elif part.type == "message" and part.subtype in ("rfc822", "global"):
            kind = MESSAGE if part.encoding in _IDENTITY else LEAF
        else:
            return
        if part.depth >= MAX_DEPTH or len(self.parts) >= MAX_PARTS:
            self.truncated = True
            return
        part.kind = kind

    def _enter(self, part: Part) -> None:
        boundary = self._boundary_of(part)
        if boundary is None:
            _make_text(part)
            return
        self.boundaries.setdefault(boundary, []).append(len(self.open))
        self.open.append((part, boundary))

    def _boundary_of(self, part: Part) -> bytes | None:
        said = part.content_type.params.get("boundary", "").rstrip()
        if said:
            return said.encode("utf-8", "surrogateescape")[:_MAX_BOUNDARY].rstrip()
        guess = _FIRST_BOUNDARY.match(self.raw, part.body_start)
        return guess[1].rstrip() if guess else None

    def _delimiter(
        self, position: int, limit: int | None = None
    ) -> tuple[int, int, int, bool] | None:
        """The next boundary line: (its LF before, its end, place in `open`, closing?)."""
        raw, boundaries = self.raw, self.boundaries
        needle = b"\n--" + next(iter(boundaries)) if len(boundaries) == 1 else b"\n--"
        start = raw.find(needle, max(position, 0), limit)
        while start >= 0:
            line_end = raw.find(b"\n", start + 3)
            if line_end < 0:
                line_end = len(raw)
            if line_end - start <= _MAX_BOUNDARY + 64:
                line = raw[start + 3 : line_end].rstrip()
                places = boundaries.get(line)
                if places:
                    return start, line_end, places[-1], False
                if line.endswith(b"--"):
                    places = boundaries.get(line[:-2])
                    if places:
                        return start, line_end, places[-1], True
            start = raw.find(needle, line_end, limit)
        return None

    def _close(self, place: int, content_end: int, end: int) -> None:
        """End every container opened at `place` or later."""
        while len(self.open) > place:
            part, boundary = self.open.pop()
            if boundary is not None:
                self._forget(boundary)
            part.body_end = max(content_end, part.body_start)
            part.end = max(end, part.body_start)
            if part.kind == MULTIPART and not part.children:
                _make_text(part)

    def _leave(self, place: int) -> None:
        """The closing boundary was read: the multipart is in its epilogue."""
        part, boundary = self.open[place]
        if boundary is not None:
            self._forget(boundary)
        self.open[place] = (part, None)

    def _forget(self, boundary: bytes) -> None:
        places = self.boundaries.get(boundary)
        if places is None:
            return
        places.pop()
        if not places:
            del self.boundaries[boundary]

    def _header(self, start: int) -> tuple[int, list[tuple[bytes, bytes]]]:
        """(start of the body, fields) of the header that begins at `start`."""
        fields_end, body_start = self._blank_line(start)
        if fields_end <= start:
            return body_start, []
        if self.boundaries:
            hit = self._delimiter_before(start, fields_end)
            if hit is not None:
                fields_end = body_start = hit
        position = start
        if self.raw.startswith((b"From ", b">From "), start):
            skipped = _MBOX_FROM.match(self.raw, start, fields_end)
            position = skipped.end() if skipped else start
        fields = read_lines(self.raw, position, fields_end)
        if STRAY in fields or len(fields) == MAX_FIELDS:
            end = self._fields_end(position, fields_end)
            return (end if end < fields_end else body_start), read_fields(self.raw, position, end)
        return body_start, fields

    def _fields_end(self, start: int, limit: int) -> int:
        """Where the fields end that begin at `start`: at `limit`, or where the body begins."""
        position = start
        while True:
            match = _FIELD_LINES.match(self.raw, position, limit)
            position = match.end() if match else position
            if position >= limit:
                return limit
            # A line that is no field: a lone one between fields is skipped (a header wrapped
            # without indent), otherwise the blank line was forgotten and the body begins here.
            boundary = self.raw.startswith(b"--", position)
            stray = _STRAY_LINE.match(self.raw, position, limit)
            if boundary or not stray or not _FIELD_START.match(self.raw, stray.end(), limit):
                return position
            position = stray.end()

    def _blank_line(self, start: int) -> tuple[int, int]:
        # The next blank line is remembered, or 100,000 headers without one would be quadratic.
        raw = self.raw
        if start == 0 and raw.startswith((b"\r\n", b"\n")):
            return 0, raw.index(b"\n") + 1
        if self._blank_start < start:
            match = _BLANK.search(raw, max(start - 1, 0))
            if match is None:
                self._blank_start = self._blank_end = len(raw)
            else:
                self._blank_start, self._blank_end = match.start() + 1, match.end()
        return self._blank_start, self._blank_end

    def _delimiter_before(self, start: int, limit: int) -> int | None:
        """Start of a boundary line inside a header that nothing blank ended."""
        hit = self._delimiter(start - 1, limit)
        return None if hit is None else hit[0] + 1


def _make_text(part: Part) -> None:
    """A multipart that holds no part is read as the text it is (RFC 2045 5.2)."""
    part.kind = LEAF
    part.type, part.subtype = "text", "plain"


@lru_cache(maxsize=1024)
def _cached_type(value: bytes) -> tuple[str, str]:
    parsed = content_type(value)
    main, _, sub = parsed.value.partition("/")
    return main, sub


def _type_of(value: bytes) -> tuple[str, str]:
    if len(value) <= 64:
        return _cached_type(value)
    return _cached_type(value[:256].split(b";", 1)[0])
