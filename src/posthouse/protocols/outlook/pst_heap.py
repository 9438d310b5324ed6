"""Properties and tables as nodes hold them: heaps, and trees on heaps (MS-PST 2.3)."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from posthouse.protocols.outlook.errors import NotAMail
from posthouse.protocols.outlook.pst_nodes import Node, NodeFile

_DAMAGED = "is damaged"
_HEAP, _TREE, _PROPERTIES, _TABLE = 0xEC, 0xB5, 0xBC, 0x7C
# MS-OXCDATA 2.11.1: what has at most four octets stands where others name their place.
_INLINE = {0x0001: 4, 0x0002: 2, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x000B: 1}
_COLUMN = struct.Struct("<HHHBB")
_DEEPEST = 8
_MOST_RECORDS = 1 << 20
_MOST_ROWS = 1 << 16
Raw = tuple[int, bytes]
"""The type of a value (MS-OXCDATA 2.11.1), and its octets."""


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties of a node by their ids, and the nodes below it."""

    values: Mapping[int, Raw]
    below: Mapping[int, Node]


def read_properties(file: NodeFile, node: Node) -> Properties:
    """A property context (2.3.3). Raises NotAMail."""
    heap = _Heap(file, node)
    if heap.kind != _PROPERTIES:
        raise NotAMail(_DAMAGED)
    values: dict[int, Raw] = {}
    for key, entry in heap.tree(heap.root, 2, 6):
        kind, at = struct.unpack("<H4s", entry)
        if kind in _INLINE:
            values[key] = kind, at[: _INLINE[kind]]
        else:
            values[key] = kind, heap.value(int.from_bytes(at, "little"))
    return Properties(values, heap.below)


def read_table(file: NodeFile, node: Node) -> list[tuple[int, dict[int, Raw]]]:
    """The rows of a table context (2.3.4): the id of each, and its values. Raises NotAMail."""
    heap = _Heap(file, node)
    info = heap.item(heap.root)
    if heap.kind != _TABLE or len(info) < 22 or info[0] != _TABLE:
        raise NotAMail(_DAMAGED)
    columns = info[22 : 22 + info[1] * _COLUMN.size]
    if len(columns) != info[1] * _COLUMN.size:
        raise NotAMail(_DAMAGED)
    bits_at, width = struct.unpack_from("<HH", info, 6)
    (rows_at,) = struct.unpack_from("<I", info, 14)
    if not 4 <= bits_at <= width:
        raise NotAMail(_DAMAGED)
    described = list(_COLUMN.iter_unpack(columns))
    rows: list[tuple[int, dict[int, Raw]]] = []
    for block in heap.row_blocks(rows_at):
        for start in range(0, len(block) - width + 1, width):
            cells = block[start : start + width]
            file.spend(width)
            rows.append(
                (int.from_bytes(cells[:4], "little"), _row(heap, cells, bits_at, described))
            )
            if len(rows) > _MOST_ROWS:
                raise NotAMail("has more parts than a message may have")
    return rows


def _row(
    heap: "_Heap", cells: bytes, bits_at: int, columns: list[tuple[int, int, int, int, int]]
) -> dict[int, Raw]:
    values: dict[int, Raw] = {}
    for kind, key, place, size, bit in columns:
        at = bits_at + bit // 8
        if at >= len(cells) or not cells[at] << bit % 8 & 0x80 or place + size > bits_at:
            continue
        cell = cells[place : place + size]
        # Fixed sizes up to eight octets stand in the row itself (2.3.4.4.2).
        fixed = kind in _INLINE or size == 8
        values[key] = kind, cell if fixed else heap.value(int.from_bytes(cell, "little"))
    return values


class _Heap:
    """The items of a node's blocks (2.3.1); large ones are nodes below it."""

    def __init__(self, file: NodeFile, node: Node) -> None:
        self._file = file
        self._blocks = list(file.blocks(node))
        self._maps: dict[int, tuple[int, ...]] = {}
        self.below = file.below(node)
        if not self._blocks or len(self._blocks[0]) < 12 or self._blocks[0][2] != _HEAP:
            raise NotAMail(_DAMAGED)
        _, _, self.kind, self.root = struct.unpack_from("<HBBI", self._blocks[0])

    def item(self, hid: int) -> bytes:
        """2.3.1.1: a number within a block, and the number of the block."""
        if not hid:
            return b""
        bits = self._file.heap_bits
        number, block = hid >> 5 & (1 << bits) - 1, hid >> 5 + bits
        if hid & 0x1F or not number or block >= len(self._blocks):
            raise NotAMail(_DAMAGED)
        places = self._places(block)
        if number >= len(places):
            raise NotAMail(_DAMAGED)
        return self._blocks[block][places[number - 1] : places[number]]

    def value(self, hnid: int) -> bytes:
        """2.3.3.2: an item, or all of a node below."""
        if not hnid & 0x1F:
            item = self.item(hnid)
            self._file.spend(len(item))  # a broken table may name one a million times
            return item
        return b"".join(self._file.blocks(self._node(hnid)))

    def row_blocks(self, hnid: int) -> Iterator[bytes]:
        """2.3.4.4: no row reaches from one block into the next."""
        if not hnid & 0x1F:
            yield self.item(hnid)
        else:
            yield from self._file.blocks(self._node(hnid))

    def tree(self, hid: int, key_size: int, entry_size: int) -> Iterator[tuple[int, bytes]]:
        """Keys and entries of a BTH (2.3.2)."""
        head = self.item(hid)
        if len(head) < 8 or (head[0], head[1], head[2]) != (_TREE, key_size, entry_size):
            raise NotAMail(_DAMAGED)
        if head[3] > _DEEPEST:
            raise NotAMail(_DAMAGED)
        records = 0
        for octets in self._leaves(int.from_bytes(head[4:8], "little"), head[3], key_size, set()):
            size = key_size + entry_size
            for at in range(0, len(octets) - size + 1, size):
                records += 1
                if records > _MOST_RECORDS:
                    raise NotAMail(_DAMAGED)
                record = octets[at : at + size]
                yield int.from_bytes(record[:key_size], "little"), record[key_size:]

    def _leaves(self, hid: int, level: int, key_size: int, seen: set[int]) -> Iterator[bytes]:
        if hid in seen:
            raise NotAMail(_DAMAGED)
        seen.add(hid)
        octets = self.item(hid)
        if not level:
            yield octets
            return
        size = key_size + 4
        for at in range(0, len(octets) - size + 1, size):
            below = int.from_bytes(octets[at + key_size : at + size], "little")
            yield from self._leaves(below, level - 1, key_size, seen)

    def _places(self, block: int) -> tuple[int, ...]:
        """Where the items of a block begin, and where the last one ends (2.3.1.5)."""
        if block not in self._maps:
            octets = self._blocks[block]
            at = int.from_bytes(octets[:2], "little")
            count = int.from_bytes(octets[at : at + 2], "little") + 1
            if at + 4 + 2 * count > len(octets):
                raise NotAMail(_DAMAGED)
            self._maps[block] = struct.unpack_from(f"<{count}H", octets, at + 4)
        return self._maps[block]

    def _node(self, nid: int) -> Node:
        found = self.below.get(nid)
        if found is None:
            raise NotAMail(_DAMAGED)
        return found
