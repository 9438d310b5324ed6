"""The nodes of a `.pst` or `.ost` file: made of blocks, found by B-trees (MS-PST 2.2).

Three forms: of Outlook until 2002 (ANSI), since 2003 (Unicode), and with pages of 4 KiB (`.ost`
since 2013, which Microsoft has not described; libpff has).
"""

import struct
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from posthouse.protocols.outlook.errors import NotAMail
from posthouse.protocols.outlook.pst_coding import cycled, permuted

Read = Callable[[int, int], bytes]
"""So many octets from this place of a file on; fewer when it ends."""
_Page = tuple[int, list[int], list[tuple[int, ...]]]
MAGIC = b"!BDN"
_DAMAGED = "is damaged"
_BLOCK_TREE, _NODE_TREE = 0x80, 0x81
_INTERNAL = 2  # in the id of a block: it lists others, and is never encoded (2.2.2.2)
_PERMUTED, _CYCLED, _BY_WINDOWS = 1, 2, 0x10
_DEEPEST = 8
_PAGES_KEPT = 4096
_MOST_BELOW = 1 << 16
_END = 1 << 48  # no file is so large
# What one message may take: Outlook stops at 150 MB.
_LARGEST = 512 << 20
_COST_OF_ANYTHING = 512  # or empty blocks could be read without end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """Where things stand and how large they are (2.2.2.6, 2.2.2.7, 2.2.2.8)."""

    roots: tuple[int, int]
    coding: int
    word: struct.Struct
    page: int
    kind_at: int
    check_at: int
    counts_at: int
    counts: struct.Struct
    branch: struct.Struct
    node: struct.Struct
    block: struct.Struct
    trailer: struct.Struct
    aligned: int
    below_at: int
    heap_bits: int


_UNICODE = _Form(
    roots=(224, 240),
    coding=513,
    word=struct.Struct("<Q"),
    page=512,
    kind_at=496,
    check_at=500,
    counts_at=488,
    counts=struct.Struct("<BBBB"),
    branch=struct.Struct("<QQQ"),
    node=struct.Struct("<QQQI4x"),
    block=struct.Struct("<QQHH4x"),
    trailer=struct.Struct("<HHIQ"),
    aligned=64,
    below_at=8,
    heap_bits=11,
)
_ANSI = _Form(
    roots=(188, 196),
    coding=461,
    word=struct.Struct("<I"),
    page=512,
    kind_at=500,
    check_at=508,
    counts_at=496,
    counts=struct.Struct("<BBBB"),
    branch=struct.Struct("<III"),
    node=struct.Struct("<IIII"),
    block=struct.Struct("<IIHH"),
    trailer=struct.Struct("<HHII"),
    aligned=64,
    below_at=4,
    heap_bits=11,
)
_LARGE_PAGES = _Form(
    roots=_UNICODE.roots,
    coding=_UNICODE.coding,
    word=_UNICODE.word,
    page=4096,
    kind_at=4072,
    check_at=4076,
    counts_at=4056,
    counts=struct.Struct("<HHBB"),
    branch=_UNICODE.branch,
    node=_UNICODE.node,
    block=_UNICODE.block,
    trailer=struct.Struct("<HHIQ2xH4x"),
    aligned=512,
    below_at=8,
    heap_bits=14,
)
_FORMS = {14: _ANSI, 15: _ANSI, 21: _UNICODE, 23: _UNICODE, 36: _LARGE_PAGES}


@dataclass(frozen=True, slots=True)
class Node:
    """Where its octets and the nodes below it are; `parent` is only known of those in the tree."""

    nid: int
    data: int
    below: int
    parent: int = 0


class NodeFile:
    """The nodes of a file. Everything raises NotAMail for what is damaged or not understood."""

    def __init__(self, read: Read) -> None:
        self._read = read
        head = read(0, 564)
        if len(head) < 564 or not head.startswith(MAGIC):
            raise NotAMail("is no file of Outlook")
        version = int.from_bytes(head[10:12], "little")
        if version not in _FORMS:
            raise NotAMail(f"is of an unknown version ({version})")
        self._form = _FORMS[version]
        self._coding = head[self._form.coding]
        if self._coding == _BY_WINDOWS:
            raise NotAMail("is encrypted by Windows")
        node_root, block_root = (
            self._form.word.unpack_from(head, at)[0] for at in self._form.roots
        )
        self._node_root, self._block_root = int(node_root), int(block_root)
        self._pages: OrderedDict[tuple[int, int], _Page] = OrderedDict()
        self._left = _LARGEST

    @property
    def heap_bits(self) -> int:
        """How many bits number an item in a block of a heap (2.3.1.1)."""
        return self._form.heap_bits

    def begin(self) -> None:
        """Something else is read now: it may be as large as anything."""
        self._left = _LARGEST

    def spend(self, octets: int) -> None:
        """So many more are read. Raises NotAMail when that is too much for one message."""
        self._left -= octets + _COST_OF_ANYTHING
        if self._left < 0:
            raise NotAMail("is larger than a message may be")

    def nodes(self) -> Iterator[Node]:
        """All of the tree, by their ids."""
        yield from self._leaves(self._node_root, _DEEPEST, set())

    def node(self, nid: int) -> Node:
        """One of the tree."""
        return Node(*self._find(_NODE_TREE, self._node_root, nid))

    def blocks(self, node: Node) -> Iterator[bytes]:
        """The octets of a node, block after block."""
        if node.data:
            yield from self._data(node.data, 2)

    def below(self, node: Node) -> dict[int, Node]:
        """The nodes below a node, by their ids (2.2.2.8.3.3)."""
        found: dict[int, Node] = {}
        if node.below:
            self._collect_below(node.below, found, 1)
        return found

    # -- trees

    def _leaves(self, place: int, above: int, seen: set[int]) -> Iterator[Node]:
        level, keys, entries = self._page(_NODE_TREE, place)
        if level >= above or place in seen:
            raise NotAMail(_DAMAGED)
        seen.add(place)
        for key, entry in zip(keys, entries, strict=True):
            if level:
                yield from self._leaves(entry[2], level, seen)
            else:
                yield Node(key, *entry[1:])

    def _find(self, kind: int, place: int, key: int) -> tuple[int, ...]:
        above = _DEEPEST
        while True:
            level, keys, entries = self._page(kind, place)
            at = bisect_right(keys, key) - 1
            if level >= above or at < 0:
                raise NotAMail(_DAMAGED)
            if not level:
                if keys[at] != key:
                    raise NotAMail(_DAMAGED)
                return entries[at]
            above, place = level, entries[at][2]

    def _page(self, kind: int, place: int) -> _Page:
        """Level, keys and entries (2.2.2.7.7.1); those read last are kept."""
        kept = self._pages.get((kind, place))
        if kept is not None:
            self._pages.move_to_end((kind, place))
            return kept
        form = self._form
        page = self._octets(place, form.page)
        if len(page) < form.page or page[form.kind_at] != kind:
            raise NotAMail(_DAMAGED)
        if form is not _LARGE_PAGES:  # what a check covers there, nobody has described
            check = int.from_bytes(page[form.check_at : form.check_at + 4], "little")
            _verify(page[: form.kind_at], check)
        count, _, size, level = form.counts.unpack_from(page, form.counts_at)
        leaf = form.node if kind == _NODE_TREE else form.block
        entry = form.branch if level else leaf
        if size < entry.size or count * size > form.counts_at:
            raise NotAMail(_DAMAGED)
        entries = [entry.unpack_from(page, number * size) for number in range(count)]
        # Ids of nodes have 32 bits in all forms; the last bit of a block's says nothing.
        mask = 0xFFFFFFFF if kind == _NODE_TREE else ~1
        keys = [each[0] & mask for each in entries]
        read = self._pages[kind, place] = level, keys, entries
        if len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)
        return read

    # -- blocks

    def _data(self, one: int, deepest: int) -> Iterator[bytes]:
        """2.2.2.8.3.2: a block, or a list of blocks, or a list of lists."""
        octets = self._block(one)
        if not one & _INTERNAL:
            yield octets
            return
        kind, level, count = struct.unpack_from("<BBH", octets.ljust(4, b"\0"))
        size = self._form.word.size
        if kind != 1 or not 1 <= level <= deepest or 8 + count * size > len(octets):
            raise NotAMail(_DAMAGED)
        for (each,) in self._form.word.iter_unpack(octets[8 : 8 + count * size]):
            yield from self._data(each, level - 1)

    def _collect_below(self, one: int, found: dict[int, Node], deepest: int) -> None:
        octets = self._block(one)
        kind, level, count = struct.unpack_from("<BBH", octets.ljust(4, b"\0"))
        word, at = self._form.word, self._form.below_at
        size = word.size * (2 if level else 3)
        if kind != 2 or level > deepest or at + count * size > len(octets):
            raise NotAMail(_DAMAGED)
        for number in range(count):
            place = at + number * size
            nid, data = (word.unpack_from(octets, place + n * word.size)[0] for n in (0, 1))
            if level:
                self._collect_below(data, found, level - 1)
            else:
                (below,) = word.unpack_from(octets, place + 2 * word.size)
                found[nid & 0xFFFFFFFF] = Node(nid & 0xFFFFFFFF, data, below)
        if len(found) > _MOST_BELOW:
            raise NotAMail("has more parts than a message may have")

    def _block(self, one: int) -> bytes:
        """2.2.2.8.1: its octets, decoded, as long as there are no more than a message may have."""
        one &= ~1
        _, place, size, other = self._find(_BLOCK_TREE, self._block_root, one)
        form = self._form
        whole = self._octets(place, _rounded(size + form.trailer.size, form.aligned))
        if len(whole) < size + form.trailer.size:
            raise NotAMail(_DAMAGED)
        trailer = form.trailer.unpack_from(whole, len(whole) - form.trailer.size)
        ids = trailer[2:4] if form is _ANSI else trailer[3:1:-1]
        if trailer[0] != size or ids[0] & ~1 != one:
            raise NotAMail(_DAMAGED)
        octets = whole[:size]
        if form is not _LARGE_PAGES:
            _verify(octets, ids[1])
        elif other not in (0, size):
            octets = _inflated(octets, other)
        self.spend(len(octets))
        if one & _INTERNAL or not self._coding:
            return octets
        if self._coding == _PERMUTED:
            return permuted(octets)
        if self._coding == _CYCLED:
            return cycled(octets, one & 0xFFFFFFFF)
        raise NotAMail("is encoded in a way that is not known")

    def _octets(self, place: int, size: int) -> bytes:
        if place >= _END:
            raise NotAMail(_DAMAGED)
        return self._read(place, size)


def _verify(octets: bytes, check: int) -> None:
    """5.3: the CRC of zlib, begun and ended with zeros; 0 where nobody wrote one."""
    if check and zlib.crc32(octets, 0xFFFFFFFF) ^ 0xFFFFFFFF != check:
        raise NotAMail(_DAMAGED)


def _inflated(octets: bytes, size: int) -> bytes:
    try:
        inflated = zlib.decompressobj().decompress(octets, size)
    except zlib.error:
        raise NotAMail(_DAMAGED) from None
    if len(inflated) != size:
        raise NotAMail(_DAMAGED)
    return inflated


def _rounded(size: int, unit: int) -> int:
    return -(-size // unit) * unit
