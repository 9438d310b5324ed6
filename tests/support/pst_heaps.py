"""Heaps, properties and tables of `.pst` files for tests, written as MS-PST 2.3 says."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

Values = Mapping[int, Any]
"""Properties by their ids: int, bool, str, bytes, datetime, or (octets, type)."""

INTEGER, OBJECT, UNICODE_TEXT = 0x0003, 0x000D, 0x001F
LONG_VALUE = 0x1F  # MS-PST 2.2.2.1: a node that holds one value
_BOOLEAN, _TIME, _BINARY = 0x000B, 0x0040, 0x0102
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_LARGEST_IN_HEAP, _LARGEST_IN_BLOCK = 3580, 8176
_SPARE = 18  # in a block of a heap, for its header and the frame of its map


@dataclass(frozen=True, kw_only=True)
class Form:
    """How large things are in a kind of file. `room` is for the entries of a page."""

    version: int
    word: str
    page: int
    room: int
    counts: str
    first_map: int
    covered: int
    aligned: int
    largest: int


UNICODE = Form(
    version=23,
    word="Q",
    page=512,
    room=488,
    counts="<BBBBI",
    first_map=0x4400,
    covered=253_952,
    aligned=64,
    largest=_LARGEST_IN_BLOCK,
)
ANSI = replace(UNICODE, version=14, word="I", room=496, counts="<BBBB")
LARGE_PAGES = replace(
    UNICODE,
    version=36,
    page=4096,
    room=4056,
    counts="<HHBB10x",
    first_map=0x22000,
    covered=16_678_912,
    aligned=512,
    largest=65_512,
)


@dataclass
class Heap:
    """The blocks of a node, and nodes below it by their ids."""

    blocks: list[bytes]
    below: "dict[int, Heap]" = field(default_factory=dict)


class _HeapMaker:
    def __init__(self, kind: int, form: Form) -> None:
        self._kind = kind
        self._shift = 19 if form is LARGE_PAGES else 16
        self._blocks: list[list[bytes]] = [[]]
        self._left = _LARGEST_IN_BLOCK - _SPARE
        self.below: dict[int, Heap] = {}

    def add(self, octets: bytes) -> int:
        """2.3.1.1: the HID, a number in a block and that of the block; nothing is 0."""
        if not octets:
            return 0
        if len(octets) > _LARGEST_IN_HEAP:
            nid = (len(self.below) + 1) << 5 | LONG_VALUE
            self.below[nid] = Heap([octets])
            return nid
        if len(octets) + 2 > self._left:
            self._blocks.append([])
            self._left = _LARGEST_IN_BLOCK - _SPARE
        self._left -= len(octets) + 2
        self._blocks[-1].append(octets)
        return len(self._blocks[-1]) << 5 | len(self._blocks) - 1 << self._shift

    def add_rows(self, rows: list[bytes], largest: int) -> int:
        """2.3.4.4: no row reaches from one block into the next."""
        if sum(map(len, rows)) <= _LARGEST_IN_HEAP:
            return self.add(b"".join(rows))
        each = largest // len(rows[0])
        parts = [b"".join(rows[at : at + each]) for at in range(0, len(rows), each)]
        nid = (len(self.below) + 1) << 5 | LONG_VALUE
        self.below[nid] = Heap([*(part.ljust(largest, b"\0") for part in parts[:-1]), parts[-1]])
        return nid

    def tree(self, key: int, entry: int, records: Sequence[bytes]) -> int:
        """2.3.2: a BTH of one level."""
        leaf = self.add(b"".join(records))
        return self.add(struct.pack("<BBBBI", 0xB5, key, entry, 0, leaf))

    def finish(self, root: int) -> Heap:
        assert len(self._blocks) <= 8, "the ninth block has another header (2.3.1.4)"
        blocks = []
        for number, items in enumerate(self._blocks):
            head = struct.pack("<BBII", 0xEC, self._kind, root, 0) if number == 0 else b""
            places = [2 + len(head)]
            for item in items:
                places.append(places[-1] + len(item))
            body = head + b"".join(items)
            body += bytes(len(body) % 2)
            said = struct.pack(f"<HH{len(places)}H", len(items), 0, *places)
            blocks.append(struct.pack("<H", 2 + len(body)) + body + said)
        return Heap(blocks, self.below)


def _typed(value: Any) -> tuple[int, bytes]:
    match value:
        case bool():
            return _BOOLEAN, struct.pack("<I", value)
        case int():
            return INTEGER, struct.pack("<i", value)
        case str():
            return UNICODE_TEXT, value.encode("utf-16-le")
        case datetime():
            ticks = int((value - _EPOCH).total_seconds() * 10_000_000)
            return _TIME, struct.pack("<Q", ticks)
        case (octets, kind):
            return kind, octets
    return _BINARY, value


def properties(values: Values, form: Form, below: Mapping[int, Heap] | None = None) -> Heap:
    """2.3.3: a PC."""
    heap = _HeapMaker(0xBC, form)
    records = []
    for one, value in sorted(values.items()):
        kind, octets = _typed(value)
        at = octets if kind in (_BOOLEAN, INTEGER) else struct.pack("<I", heap.add(octets))
        records.append(struct.pack("<HH4s", one, kind, at))
    made = heap.finish(heap.tree(2, 6, records))
    made.below.update(below or {})
    return made


def table(columns: Mapping[int, int], rows: Sequence[tuple[int, Values]], form: Form) -> Heap:
    """2.3.4: a TC; each cell has four octets, what is larger stands in the heap."""
    heap = _HeapMaker(0x7C, form)
    kinds = {0x67F2: INTEGER, 0x67F3: INTEGER, **columns}
    places = {one: 4 * number for number, one in enumerate(kinds)}
    width, bits = 4 * len(kinds), -(-len(kinds) // 8)
    described = b"".join(
        struct.pack("<HHHBB", kinds[one], one, places[one], 4, places[one] // 4)
        for one in sorted(kinds)
    )
    matrix: list[bytes] = []
    for number, (nid, values) in enumerate(rows):
        cells, there = bytearray(width), 0
        for one, value in {0x67F2: nid, 0x67F3: number + 1, **values}.items():
            kind, octets = _typed(value)
            at = octets if kind == INTEGER else struct.pack("<I", heap.add(octets))
            cells[places[one] : places[one] + 4] = at
            there |= 1 << (8 * bits - 1 - places[one] // 4)
        matrix.append(bytes(cells) + there.to_bytes(bits, "big"))
    index = [
        struct.pack("<IH" if form is ANSI else "<II", nid, number)
        for number, (nid, _) in enumerate(rows)
    ]
    index_at = heap.tree(4, 2 if form is ANSI else 4, index)
    info = struct.pack("<BB4H", 0x7C, len(kinds), width, width, width, width + bits)
    return heap.finish(
        heap.add(
            info + struct.pack("<III", index_at, heap.add_rows(matrix, form.largest), 0) + described
        )
    )
