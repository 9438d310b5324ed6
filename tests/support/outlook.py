"""`.msg` files for tests, written as MS-CFB and MS-OXMSG say."""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_FILE, _EMBEDDED, _OTHER = 32, 24, 8

Node = dict[str, Any]
"""A storage: streams are bytes, storages are nodes."""


def msg_file(
    values: Mapping[int, Any],
    *,
    recipients: list[Mapping[int, Any]] | None = None,
    attachments: list[Mapping[int, Any]] | None = None,
) -> bytes:
    """A message by its properties: int, str (UTF-16), bytes, datetime, or (octets, 0x001E).

    An attachment's 0x3701 may be what `embedded` made.
    """
    node = _message(values, recipients or [], attachments or [], _FILE)
    names = (f"__substg1.0_{one:04X}0102" for one in (2, 3, 4))
    return _compound({**node, "__nameid_version1.0": dict.fromkeys(names, b"")})


def embedded(values: Mapping[int, Any]) -> Node:
    """A message inside a message."""
    return _message(values, [], [], _EMBEDDED)


def packed_rtf(rtf: bytes) -> bytes:
    """RTF of literals only (MS-OXRTFCP): it need not be small."""
    body = b"".join(b"\0" + rtf[at : at + 8] for at in range(0, len(rtf), 8))
    return struct.pack("<II4sI", len(body) + 12, len(rtf), b"LZFu", 0) + body


def _message(
    values: Mapping[int, Any],
    recipients: list[Mapping[int, Any]],
    attachments: list[Mapping[int, Any]],
    header: int,
) -> Node:
    node = _item(values, header)
    for kind, items in (("recip", recipients), ("attach", attachments)):
        for number, item in enumerate(items):
            node[f"__{kind}_version1.0_#{number:08X}"] = _item(item, _OTHER)
    return node


def _item(values: Mapping[int, Any], header: int) -> Node:
    node: Node = {}
    entries = bytearray(header)
    for one, value in values.items():
        if isinstance(value, int):
            entries += struct.pack("<HHIQ", 0x0003, one, 6, value)
        elif isinstance(value, datetime):
            ticks = int((value - _EPOCH).total_seconds() * 10_000_000)
            entries += struct.pack("<HHIQ", 0x0040, one, 6, ticks)
        else:
            kind, content = _variable(value)
            node[f"__substg1.0_{one:04X}{kind:04X}"] = content
            size = len(content) if isinstance(content, bytes) else 0xFFFFFFFF
            entries += struct.pack("<HHIQ", kind, one, 6, size)
    node["__properties_version1.0"] = bytes(entries)
    return node


def _variable(value: Any) -> tuple[int, Any]:
    if isinstance(value, str):
        return 0x001F, value.encode("utf-16-le")
    if isinstance(value, tuple):
        return value[1], value[0]
    return (0x000D if isinstance(value, dict) else 0x0102), value


# -- MS-CFB, version 3


class _Compound:
    def __init__(self) -> None:
        self.sectors: list[bytes] = []
        self.chain: list[int] = []
        self.mini = bytearray()
        self.mini_chain: list[int] = []
        self.entries: list[bytes] = []

    def store(self, data: bytes) -> int:
        """Where it begins, among the sectors."""
        return _chained(data, _SECTOR, self.chain, self.sectors.append)

    def store_small(self, data: bytes) -> int:
        """Where it begins, in the mini stream."""
        return _chained(data, _MINI, self.mini_chain, self.mini.extend)


def _chained(data: bytes, size: int, chain: list[int], keep: Any) -> int:
    if not data:
        return _END
    first = len(chain)
    count = -(-len(data) // size)
    for number in range(count):
        keep(data[number * size : (number + 1) * size].ljust(size, b"\0"))
        chain.append(first + number + 1 if number + 1 < count else _END)
    return first


def _compound(root: Node) -> bytes:
    made = _Compound()
    made.entries.append(b"")
    child = _children(made, root)
    mini_start = made.store(bytes(made.mini))
    made.entries[0] = _entry("Root Entry", 5, _FREE, child, mini_start, len(made.mini))
    directory = made.store(b"".join(made.entries))
    mini_fat = made.store(b"".join(struct.pack("<I", each) for each in made.mini_chain))
    mini_fat_count = -(-len(made.mini_chain) * 4 // _SECTOR)
    fat_count = 1
    while (len(made.chain) + fat_count) * 4 > fat_count * _SECTOR:
        fat_count += 1
    fat_start = len(made.chain)
    chain = made.chain + [_FAT] * fat_count
    chain += [_FREE] * (fat_count * _SECTOR // 4 - len(chain))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        fat_count,
        directory,
        0,
        _CUTOFF,
        mini_fat if mini_fat_count else _END,
        mini_fat_count,
        _END,
        0,
        fat_start,
    )
    places = [fat_start + number for number in range(1, fat_count)]
    header += struct.pack(f"<{len(places)}I", *places)
    header = header.ljust(_SECTOR, b"\xff")
    fat = b"".join(struct.pack("<I", each) for each in chain)
    return header + b"".join(made.sectors) + fat


def _children(made: _Compound, node: Node) -> int:
    """The entries of a storage, each the right sibling of the one before; the first of them."""
    names = sorted(node, key=lambda name: (len(name), name.upper()))
    places = []
    for _ in names:
        places.append(len(made.entries))
        made.entries.append(b"")
    for name, place, following in zip(names, places, [*places[1:], _FREE], strict=True):
        content = node[name]
        if isinstance(content, dict):
            made.entries[place] = _entry(name, 1, following, _children(made, content), 0, 0)
        else:
            large = len(content) >= _CUTOFF
            start = made.store(content) if large else made.store_small(content)
            made.entries[place] = _entry(name, 2, following, _FREE, start, len(content))
    return places[0] if places else _FREE


def _entry(name: str, kind: int, following: int, child: int, start: int, size: int) -> bytes:
    spelled = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII36xIQ",
        spelled,
        len(spelled) + 2,
        kind,
        1,
        _FREE,
        following,
        child,
        start,
        size,
    )
