"""The part tree as compact bytes for the database, and back: msgpack of flat tuples."""

from __future__ import annotations

import msgspec

from posthouse.protocols.mime.model import Part, Scan

_VERSION = 1


class _Stored(msgspec.Struct, array_like=True, gc=False):
    parent: int
    kind: int
    type: str
    subtype: str
    header_start: int
    body_start: int
    body_end: int
    end: int
    header_size: int
    size: int
    lines: int


class _Tree(msgspec.Struct, array_like=True, gc=False):
    version: int
    truncated: bool
    parts: list[_Stored]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Tree)


def encode_tree(scan: Scan) -> bytes:
    """The tree with its sizes; about 40 bytes a part."""
    scan.measure()
    parts = [
        _Stored(
            part.parent,
            part.kind,
            part.type,
            part.subtype,
            part.header_start,
            part.body_start,
            part.body_end,
            part.end,
            part.header_size,
            part.size,
            part.lines,
        )
        for part in scan.parts
    ]
    return _encoder.encode(_Tree(_VERSION, scan.truncated, parts))


def decode_tree(data: bytes, raw: bytes) -> Scan:
    """The scan of `raw` as it was when its tree was stored. Raises ValueError on a damaged tree."""
    try:
        tree = _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError("This is not a stored part tree.") from error
    if tree.version != _VERSION or not tree.parts:
        raise ValueError("This part tree was stored by another version.")
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    parts: list[Part] = []
    for index, stored in enumerate(tree.parts):
        parent = parts[stored.parent] if 0 <= stored.parent < index else None
        part = Part(
            raw,
            index,
            stored.parent,
            parent.depth + 1 if parent else 0,
            stored.header_start,
            stored.body_start,
        )
        if parent is not None:
            parent.children.append(index)
        part.kind, part.type, part.subtype = stored.kind, stored.type, stored.subtype
        part.body_end, part.end = stored.body_end, stored.end
        part.header_size, part.size, part.lines = stored.header_size, stored.size, stored.lines
        parts.append(part)
    scan = Scan(raw, parts, truncated=tree.truncated)
    scan.mark_measured()
    return scan
