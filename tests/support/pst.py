"""`.pst` files for tests, written as MS-PST says: small ones.

libpff and libpst read what is written here: tests/interop/test_outlook_files.py.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from posthouse.protocols.outlook.pst_coding import cycled, permuted
from tests.support.pst_heaps import (
    ANSI,
    INTEGER,
    LARGE_PAGES,
    LONG_VALUE,
    OBJECT,
    UNICODE,
    UNICODE_TEXT,
    Form,
    Heap,
    Values,
    properties,
    table,
)

__all__ = ["ANSI", "LARGE_PAGES", "RECORD_KEY", "UNICODE", "Folder", "Form", "Mail", "pst_file"]

RECORD_KEY = bytes(range(16))
# MS-PST 2.2.2.1: kinds of nodes, and the nodes that every file has.
_FOLDER, _MESSAGE, _ATTACHMENT = 0x02, 0x04, 0x05
_HIERARCHY, _CONTENTS, _ASSOCIATED = 0x0D, 0x0E, 0x0F
_STORE, _NAMES, _ROOT, _TOP = 0x21, 0x61, 0x122, 0x8022
_ATTACHMENTS, _RECIPIENTS = 0x671, 0x692
# 5.1: what undoes it is a table.
_PERMUTE = bytes(permuted(bytes(range(256))).index(octet) for octet in range(256))


@dataclass(kw_only=True)
class Mail:
    """A message in a folder, or inside another."""

    values: Values
    recipients: Sequence[Values] = ()
    attachments: "Sequence[Values | Mail]" = ()


@dataclass(kw_only=True)
class Folder:
    """A folder below the top of a person's folders; `entry` is what the store calls it."""

    name: str
    entry: int = 0
    mails: Sequence[Mail] = ()
    folders: "Sequence[Folder]" = ()
    values: Values = field(default_factory=dict)


def pst_file(
    folders: Sequence[Folder], form: Form = UNICODE, coding: int = 0, *, checked: bool = True
) -> bytes:
    """The whole file; `coding` is none, permuted (1) or cyclic (2); `checked`: CRCs are written."""
    file = _File(form, coding, checked=checked)
    # 2.4.7: one named property, by its number.
    names = {0x0002: bytes(16), 0x0003: struct.pack("<IHH", 0x8503, 3 << 1, 0), 0x0004: bytes(4)}
    file.node(_NAMES, properties({0x0001: 251, **names}, form))
    top = Folder(name="Top of Personal Folders", entry=0x35E0, folders=folders)
    file.folder(_TOP, _ROOT, top)
    file.folder_tables(_ROOT, [_TOP], [])
    entries = {
        one: bytes(4) + RECORD_KEY + struct.pack("<I", nid) for one, nid in file.entries.items()
    }
    file.node(_STORE, properties({0x0FF9: RECORD_KEY, 0x3001: "Archive", **entries}, form))
    file.node(_ROOT, properties({0x3001: "", 0x3602: 0, 0x360A: True}, form), parent=_ROOT)
    return file.finish()


# -- NDB: nodes, blocks, pages (MS-PST 2.2)


class _File:
    def __init__(self, form: Form, coding: int, *, checked: bool) -> None:
        self._crc = _crc if checked else lambda octets: 0
        self.entries: dict[int, int] = {}
        self._form = form
        self._coding = coding
        self._octets = bytearray(form.first_map + form.page)
        self._blocks: list[tuple[int, int, int, int]] = []
        self._nodes: list[tuple[int, int, int, int]] = []
        self._next_id = 0x400
        self._index = 0x500

    def node(self, nid: int, heap: Heap, parent: int = 0) -> None:
        self._nodes.append((nid, self._data(heap.blocks), self._below(heap.below), parent))

    def folder(self, nid: int, parent: int, folder: Folder) -> None:
        if folder.entry:
            self.entries[folder.entry] = nid
        below = [(self._new(_FOLDER), each) for each in folder.folders]
        mails = [(self._new(_MESSAGE), each) for each in folder.mails]
        for one, each in below:
            self.folder(one, nid, each)
        for one, mail in mails:
            self.node(one, _message(mail, self._form), parent=nid)
        counts = {0x3602: len(mails), 0x3603: 0, 0x360A: bool(below)}
        values = {0x3001: folder.name, **counts, **folder.values}
        self.node(nid, properties(values, self._form), parent=parent)
        self.folder_tables(nid, [one for one, _ in below], [one for one, _ in mails])

    def folder_tables(self, nid: int, folders: Iterable[int], mails: Iterable[int]) -> None:
        for kind, rows in ((_HIERARCHY, folders), (_CONTENTS, mails), (_ASSOCIATED, ())):
            columns = {0x3001: UNICODE_TEXT} if kind == _HIERARCHY else {0x0037: UNICODE_TEXT}
            listed = table(columns, [(one, {}) for one in rows], self._form)
            self.node(nid & ~0x1F | kind, listed)

    def _new(self, kind: int) -> int:
        self._index += 1
        return self._index << 5 | kind

    def _words(self, *values: int) -> bytes:
        return struct.pack(f"<{len(values)}{self._form.word}", *values)

    def _data(self, blocks: Sequence[bytes]) -> int:
        """2.2.2.8.3.2.1: what is larger than a block is a list of blocks."""
        largest = self._form.largest
        if len(blocks) == 1:
            [octets] = blocks
            blocks = [octets[at : at + largest] for at in range(0, len(octets), largest)]
        if len(blocks) == 1:
            return self._block(blocks[0])
        parts = [self._block(each) for each in blocks]
        head = struct.pack("<BBHI", 1, 1, len(parts), sum(map(len, blocks)))
        return self._block(head + self._words(*parts), internal=True)

    def _below(self, below: dict[int, Heap]) -> int:
        """2.2.2.8.3.3.1"""
        if not below:
            return 0
        entries = b"".join(
            self._words(nid, self._data(heap.blocks), self._below(heap.below))
            for nid, heap in sorted(below.items())
        )
        head = struct.pack("<BBH" if self._form is ANSI else "<BBH4x", 2, 0, len(below))
        return self._block(head + entries, internal=True)

    def _block(self, octets: bytes, *, internal: bool = False) -> int:
        one = self._new_id() | (2 if internal else 0)
        if not internal and self._coding:
            cyclic = self._coding == 2
            octets = cycled(octets, one) if cyclic else octets.translate(_PERMUTE)
        whole = len(octets)
        if self._form is LARGE_PAGES:
            octets = zlib.compress(octets)
        place, size = len(self._octets), len(octets)
        self._blocks.append((one, place, size, whole if self._form is LARGE_PAGES else 2))
        head, check = struct.pack("<HH", size, _signature(place, one)), self._crc(octets)
        if self._form is ANSI:
            trailer = head + struct.pack("<II", one, check)
        elif self._form is UNICODE:
            trailer = head + struct.pack("<IQ", check, one)
        else:
            trailer = head + struct.pack("<IQ2xH4x", check, one, whole)
        padding = -(size + len(trailer)) % self._form.aligned
        self._octets += octets + bytes(padding) + trailer
        return one

    def _new_id(self) -> int:
        self._next_id += 4
        return self._next_id

    def finish(self) -> bytes:
        blocks = [
            (one, self._words(one, place) + struct.pack("<HH", size, other))
            for one, place, size, other in self._blocks
        ]
        nodes = [
            (nid, self._words(nid, data, below) + struct.pack("<I", parent))
            for nid, data, below, parent in sorted(self._nodes)
        ]
        node_tree, block_tree = self._tree(0x81, nodes), self._tree(0x80, blocks)
        first = self._form.first_map
        assert len(self._octets) < first + self._form.covered, "the file needs more maps"
        there = b"\xff" * (self._form.page - len(self._page(0x84, b"", first, first)))
        self._octets[first : first + self._form.page] = self._page(0x84, there, first, first)
        header = self._header([*node_tree, *block_tree])
        self._octets[: len(header)] = header
        return bytes(self._octets)

    def _tree(self, kind: int, entries: list[tuple[int, bytes]]) -> tuple[int, int]:
        """2.2.2.7.7: leaves first; id and place of the root."""
        level, one, place, room = 0, 0, 0, self._form.room
        while True:
            size = -(-len(entries[0][1]) // struct.calcsize(self._form.word))
            size *= struct.calcsize(self._form.word)
            most = room // size
            made = []
            for at in range(0, len(entries), most):
                part = entries[at : at + most]
                self._octets += bytes(-len(self._octets) % self._form.page)
                one, place = self._new_id(), len(self._octets)
                body = b"".join(entry.ljust(size, b"\0") for _, entry in part).ljust(room, b"\0")
                counts = (len(part), most, size, level)
                unicode = (0,) if self._form is UNICODE else ()
                body += struct.pack(self._form.counts, *counts, *unicode)
                self._octets += self._page(kind, body, place, one)
                made.append((part[0][0], self._words(part[0][0], one, place)))
            if len(made) == 1:
                return one, place
            entries, level = made, level + 1

    def _page(self, kind: int, body: bytes, place: int, one: int) -> bytes:
        signature = 0 if kind == 0x84 else _signature(place, one)
        head = struct.pack("<BBH", kind, kind, signature)
        if self._form is ANSI:
            return body + head + struct.pack("<II", one, self._crc(body))
        trailer = head + struct.pack("<IQ", self._crc(body), one)
        return body + trailer + bytes(8 if self._form is LARGE_PAGES else 0)

    def _header(self, trees: Sequence[int]) -> bytes:
        """2.2.2.6"""
        next_id, form = self._next_id + 4, self._form
        root = bytes(4) + self._words(len(self._octets), form.first_map, 0, 0, *trees)
        root += struct.pack("<BBH", 2, 0, 0)
        body = struct.pack("<2sHHBBII", b"SM", form.version, 19, 1, 1, 0, 0)
        if form is ANSI:
            body += struct.pack("<III", next_id, next_id, 1) + bytes(128) + root + b"\xff" * 256
            body = (body + struct.pack("<BB", 0x80, self._coding)).ljust(504, b"\0")
            return b"!BDN" + struct.pack("<I", _crc(body[:471])) + body
        body += struct.pack("<QQI", 0, next_id, 1) + bytes(128 + 8) + root + bytes(4)
        body += b"\xff" * 256 + struct.pack("<BBHQ", 0x80, self._coding, 0, next_id)
        head = b"!BDN" + struct.pack("<I", _crc(body[:471])) + body
        return (head + struct.pack("<I", _crc(body[:516]))).ljust(564, b"\0")


def _signature(place: int, one: int) -> int:
    """5.5"""
    both = (place ^ one) & 0xFFFFFFFF
    return (both >> 16) ^ (both & 0xFFFF)


def _crc(octets: bytes) -> int:
    """5.3: that of zlib, begun and ended with zeros."""
    return zlib.crc32(octets, 0xFFFFFFFF) ^ 0xFFFFFFFF


# -- messages (MS-PST 2.4.5)


def _message(mail: Mail, form: Form) -> Heap:
    below: dict[int, Heap] = {}
    columns = {0x0C15: INTEGER, 0x3001: UNICODE_TEXT, 0x3003: UNICODE_TEXT, 0x39FE: UNICODE_TEXT}
    if mail.recipients:
        rows = [(number, values) for number, values in enumerate(mail.recipients)]
        below[_RECIPIENTS] = table(columns, rows, form)
    if mail.attachments:
        ids = [(number + 1) << 5 | _ATTACHMENT for number in range(len(mail.attachments))]
        listed = {0x3704: UNICODE_TEXT, 0x3705: INTEGER}
        below[_ATTACHMENTS] = table(listed, [(nid, {0x3705: 1}) for nid in ids], form)
        for nid, each in zip(ids, mail.attachments, strict=True):
            below[nid] = _attachment(each, form)
    return properties({0x001A: "IPM.Note", **mail.values}, form, below)


def _attachment(each: "Values | Mail", form: Form) -> Heap:
    if not isinstance(each, Mail):
        if each.get(0x3705) != 6:
            return properties({0x3705: 1, **each}, form)
        there = (struct.pack("<II", LONG_VALUE | 0x20, len(each[0x3701])), OBJECT)
        return properties({**each, 0x3701: there}, form, {LONG_VALUE | 0x20: Heap([each[0x3701]])})
    # 2.4.6.2.2: a message inside is a node below, named by its id and size.
    inner, nid = _message(each, form), 0x10000 | _MESSAGE
    there = (struct.pack("<II", nid, sum(map(len, inner.blocks))), OBJECT)
    return properties({0x3705: 5, 0x3701: there}, form, {nid: inner})
