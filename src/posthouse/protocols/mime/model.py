"""The part tree of one message: byte offsets into the stored bytes and what its MIME fields say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from posthouse.protocols.mime.parameters import Parameterised, content_type, disposition

LEAF, MULTIPART, MESSAGE = 0, 1, 2

MAX_FIELDS = 10_000
MAX_HEADER = 4 << 20

# A field that may be folded, or else a line that is none: it gives the two empty strings STRAY.
# Each match begins where the last one ended, at the start of a line.
_FIELD = re.compile(
    rb"(?:([!-9;-~]++)[ \t]*+:[ \t]*+([^\n]*+(?:\n[ \t][^\n]*+)*+)|[^\n]++)(?:\n|\Z)"
)
STRAY = (b"", b"")
_SMALL_HEADER = 1 << 16
_ENCODING_TOKEN = re.compile(r"[a-z0-9-]+")


class Part:
    """One entity of the tree. Offsets are into `Scan.raw`; sizes are of the CRLF form IMAP serves.

    header_start ≤ body_start ≤ body_end ≤ end. `end` includes the line end that belongs to the
    following boundary, `body_end` does not. `size`, `lines` and `header_size` are -1 until
    `measure` ran. A `MESSAGE` has one child: the message inside, whose header starts at the
    part's body_start.
    """

    __slots__ = (
        "_content_type",
        "_disposition",
        "_encoding",
        "_fields",
        "_first",
        "_raw",
        "body_end",
        "body_start",
        "children",
        "depth",
        "end",
        "header_size",
        "header_start",
        "index",
        "kind",
        "lines",
        "parent",
        "size",
        "subtype",
        "type",
    )

    def __init__(
        self, raw: bytes, index: int, parent: int, depth: int, header_start: int, body_start: int
    ) -> None:
        self._raw = raw
        self.index = index
        self.parent = parent
        self.depth = depth
        self.children: list[int] = []
        self.header_start = header_start
        self.body_start = body_start
        self.body_end = body_start
        self.end = body_start
        self.kind = LEAF
        self.type = "text"
        self.subtype = "plain"
        self._fields: list[tuple[bytes, bytes]] | None = None
        self._first: dict[bytes, int] | None = None
        self.size = -1
        self.lines = -1
        self.header_size = -1
        self._content_type: Parameterised | None = None
        self._disposition: Parameterised | None = None
        self._encoding: str | None = None

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """(name, folded value) of each field, read when first asked for."""
        if self._fields is None:
            self._fields = read_fields(self._raw, self.header_start, self.body_start)
        return self._fields

    @fields.setter
    def fields(self, read: list[tuple[bytes, bytes]]) -> None:
        self._fields = read

    @property
    def mime_type(self) -> str:
        return f"{self.type}/{self.subtype}"

    @property
    def content_type(self) -> Parameterised:
        """Type and parameters as the field says (the tree may know better: see `type`)."""
        if self._content_type is None:
            self._content_type = content_type(self.get(b"content-type") or b"")
        return self._content_type

    @property
    def disposition(self) -> Parameterised:
        """Content-Disposition; its `value` is "" when there is none."""
        if self._disposition is None:
            self._disposition = disposition(self.get(b"content-disposition") or b"")
        return self._disposition

    @property
    def encoding(self) -> str:
        """Content-Transfer-Encoding in lower case, "7bit" when absent."""
        if self._encoding is None:
            said = (self.get(b"content-transfer-encoding") or b"7bit").decode("latin-1").lower()
            word = _ENCODING_TOKEN.search(said)
            self._encoding = word[0] if word else "7bit"
        return self._encoding

    @property
    def charset(self) -> str | None:
        return self.content_type.params.get("charset")

    def get(self, name: bytes) -> bytes | None:
        """The first field of that (lower-case) name: its value, still folded and encoded."""
        place = (self._first or self._find_first()).get(name)
        return None if place is None else self.fields[place][1].rstrip()

    def has_any(self, names: frozenset[bytes]) -> bool:
        """Whether there is a field of one of these (lower-case) names."""
        return not names.isdisjoint(self._first or self._find_first())

    def get_all(self, name: bytes) -> list[bytes]:
        first = self._first or self._find_first()
        place = first.get(name)
        if place is None:
            return []
        if len(first) == len(self.fields):
            return [self.fields[place][1].rstrip()]
        return [field[1].rstrip() for field in self.fields[place:] if field[0].lower() == name]

    def _find_first(self) -> dict[bytes, int]:
        """Lower-case name → where the first field of it stands."""
        last = len(self.fields) - 1
        names = [field.lower() for field, _ in reversed(self.fields)]
        self._first = dict(zip(names, range(last, -1, -1), strict=True))
        return self._first

    def __repr__(self) -> str:
        return (
            f"<Part {self.index} {self.mime_type} {self.header_start}/{self.body_start}"
            f"/{self.body_end}/{self.end}>"
        )


class Scan:
    """One scanned message: the bytes and the parts in the order they begin (`parts[0]` is all).

    `raw` equals the bytes given, except that in a message without any LF each CR became LF
    (offsets hold for both).
    """

    __slots__ = ("_measured", "parts", "raw", "truncated")

    def __init__(self, raw: bytes, parts: list[Part], *, truncated: bool = False) -> None:
        self.raw = raw
        self.parts = parts
        self.truncated = truncated
        self._measured = False

    @property
    def root(self) -> Part:
        return self.parts[0]

    def header(self, name: bytes) -> bytes | None:
        """The first value of a field of the message itself, still folded and encoded."""
        return self.parts[0].get(name)

    def headers(self, name: bytes) -> list[bytes]:
        return self.parts[0].get_all(name)

    def body(self, part: Part) -> bytes:
        """The part's body as it came: still transfer-encoded, line ends as stored."""
        return self.raw[part.body_start : part.body_end]

    def children(self, part: Part) -> list[Part]:
        return [self.parts[index] for index in part.children]

    def measure(self) -> None:
        """Fill size, lines and header_size of every part: once, one pass over the bytes."""
        if not self._measured:
            _measure(self.raw, self.parts)
            self._measured = True

    def mark_measured(self) -> None:
        """The sizes came with the parts (a stored tree)."""
        self._measured = True


def read_fields(raw: bytes, start: int, end: int) -> list[tuple[bytes, bytes]]:
    """The fields between two offsets as (name, folded value); at most MAX_FIELDS of them."""
    found = read_lines(raw, start, end)
    return [line for line in found if line[0]] if STRAY in found else found


def read_lines(raw: bytes, start: int, end: int) -> list[tuple[bytes, bytes]]:
    """As `read_fields`, with STRAY for each line that is no field."""
    if end - start <= _SMALL_HEADER:
        found: list[tuple[bytes, bytes]] = _FIELD.findall(raw, start, end)
        return found if len(found) <= MAX_FIELDS else found[:MAX_FIELDS]
    matches = _FIELD.finditer(raw, start, min(end, start + MAX_HEADER))
    return [(match[1] or b"", match[2] or b"") for match in islice(matches, MAX_FIELDS)]


def field_spans(raw: bytes, part: Part) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, end) of each field of a part; `end` is after its last line end."""
    stop = min(part.body_start, part.header_start + MAX_HEADER)
    for match in islice(_FIELD.finditer(raw, part.header_start, stop), MAX_FIELDS):
        if match[1]:
            yield match[1], match.start(), match.end()


def _measure(raw: bytes, parts: list[Part]) -> None:
    # Nested parts overlap: counting between sorted offsets once keeps this linear in any depth.
    offsets = sorted({offset for part in parts for offset in _offsets(part)})
    lines, bare = {offsets[0]: 0}, {offsets[0]: 0}
    total_lines = total_bare = 0
    has_returns = b"\r" in raw
    for start, end in pairwise(offsets):
        feeds = raw.count(b"\n", start, end)
        total_lines += feeds
        total_bare += feeds - (raw.count(b"\r\n", start, end) if has_returns else 0)
        lines[end], bare[end] = total_lines, total_bare
    for part in parts:
        start, middle, end = _offsets(part)
        part.header_size = middle - start + bare[middle] - bare[start]
        part.size = end - middle + bare[end] - bare[middle]
        part.lines = lines[end] - lines[middle]


def _offsets(part: Part) -> tuple[int, int, int]:
    return part.header_start, part.body_start, part.body_end
