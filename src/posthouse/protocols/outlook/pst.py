"""A `.pst` or `.ost` file of Outlook: its folders, and its messages made mail (MS-PST 2.4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from posthouse.protocols.outlook.errors import NotAMail
from posthouse.protocols.outlook.letter import Letter, make_letter
from posthouse.protocols.outlook.properties import DEEPEST, Item, fixed, string_charset, variable
from posthouse.protocols.outlook.pst_heap import Raw, read_properties, read_table
from posthouse.protocols.outlook.pst_nodes import Node, NodeFile, Read

# MS-PST 2.2.2.1, 2.4.1: kinds of nodes, and nodes with an id of their own.
_FOLDER, _MESSAGE = 0x02, 0x04
_STORE, _ROOT, _ATTACHMENTS, _RECIPIENTS = 0x21, 0x122, 0x671, 0x692
# Ids of MS-OXPROPS.
_NAME, _RECORD_KEY, _CONTAINER, _MESSAGE_SIZE = 0x3001, 0x0FF9, 0x3613, 0x0E08
_TOP, _SENT, _TRASH = 0x35E0, 0x35E4, 0x35E3
_SUBJECT, _DATA, _METHOD = 0x0037, 0x3701, 0x3705
_EMBEDDED = b"\5\0\0\0"  # MS-OXCMSG 2.2.2.9: afEmbeddedMessage
_OBJECT = 0x000D
_MOST_ATTACHMENTS = 2048
_DEEPEST_FOLDER = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFolder:
    """A folder: its name with those above it, what it is for, and its messages.

    `use` is a special use of RFC 6154 in lower case, or empty; `kind` is empty, or says what its
    items are: `IPF.Note` is mail.
    """

    levels: tuple[str, ...]
    use: str
    kind: str
    messages: tuple[int, ...]


class Store:
    """An open file. Everything raises NotAMail for what is damaged or not understood."""

    def __init__(self, read: Read) -> None:
        self._file = NodeFile(read)
        self._about = _values(read_properties(self._file, self._file.node(_STORE)).values, "")

    @property
    def key(self) -> bytes:
        """By which the file is known, wherever it lies; a message keeps its id in it."""
        return self._about.octets(_RECORD_KEY)

    def folders(self) -> Iterator[StoredFolder]:
        """Folders with something in them, each before those below it."""
        below: dict[int, list[int]] = {}
        messages: dict[int, list[int]] = {}
        for node in self._file.nodes():
            kind = node.nid & 0x1F
            if kind == _FOLDER and node.parent != node.nid:
                below.setdefault(node.parent, []).append(node.nid)
            elif kind == _MESSAGE:
                messages.setdefault(node.parent, []).append(node.nid)
        uses = {self._entry(_SENT): "\\sent", self._entry(_TRASH): "\\trash"}
        top = self._entry(_TOP) or _ROOT
        waiting: list[tuple[int, tuple[str, ...]]] = [(top, ())]
        while waiting:
            nid, above = waiting.pop()
            self._file.begin()
            about = self._folder(nid)
            levels = above if nid == top else (*above, about.text(_NAME) or "?")
            if nid in messages:
                yield StoredFolder(
                    levels=levels,
                    use=uses.get(nid, ""),
                    kind=about.text(_CONTAINER),
                    messages=tuple(messages[nid]),
                )
            if len(levels) < _DEEPEST_FOLDER:
                waiting += [(each, levels) for each in reversed(below.get(nid, []))]

    def size(self, nid: int) -> int:
        """About how many octets a message has; 0 when that cannot be said."""
        self._file.begin()
        try:
            properties = read_properties(self._file, self._file.node(nid))
        except NotAMail:
            return 0
        return int.from_bytes(properties.values.get(_MESSAGE_SIZE, (0, b""))[1], "little")

    def letter(self, nid: int) -> Letter:
        """A message as mail; the same file gives the same bytes."""
        self._file.begin()
        item = self._message(self._file.node(nid), DEEPEST)
        return make_letter(item, sha256(self.key + nid.to_bytes(4, "big")).digest())

    def _folder(self, nid: int) -> Item:
        """One that cannot be read still has messages."""
        try:
            return _values(read_properties(self._file, self._file.node(nid)).values, "")
        except NotAMail:
            return Item()

    def _entry(self, one: int) -> int:
        """The folder that an entry id of the store means (2.4.3.2); 0 for none."""
        return int.from_bytes(self._about.octets(one)[20:24], "little")

    def _message(self, node: Node, deepest: int) -> Item:
        properties = read_properties(self._file, node)
        item = _values(properties.values, "")
        charset = string_charset(item)
        subject = item.values.get(_SUBJECT)
        if isinstance(subject, str) and subject.startswith("\1"):
            # 2.5.3.1.1.1: how long `Re: ` is stands in front of it.
            item.values[_SUBJECT] = subject[2:]
        if _RECIPIENTS in properties.below:
            rows = read_table(self._file, properties.below[_RECIPIENTS])
            item.recipients += [_values(row, charset) for _, row in rows]
        if _ATTACHMENTS in properties.below:
            rows = read_table(self._file, properties.below[_ATTACHMENTS])
            if len(rows) > _MOST_ATTACHMENTS:
                raise NotAMail("has more parts than a message may have")
            item.attachments += [
                self._attachment(properties.below[nid], charset, deepest)
                for nid, _ in rows
                if nid in properties.below
            ]
        return item

    def _attachment(self, node: Node, charset: str, deepest: int) -> Item:
        properties = read_properties(self._file, node)
        item = _values(properties.values, charset)
        kind, there = properties.values.get(_DATA, (0, b""))
        inner = properties.below.get(int.from_bytes(there[:4], "little"))
        if kind != _OBJECT or inner is None:
            return item
        if properties.values.get(_METHOD, (0, b""))[1] != _EMBEDDED:
            # Something of another program: its storage as a file (2.4.6.2.2).
            item.values[_DATA] = b"".join(self._file.blocks(inner))
            return item
        if not deepest:
            raise NotAMail("holds messages in messages without end")
        item.embedded = self._message(inner, deepest - 1)
        return item


def _values(raw: Mapping[int, Raw], charset: str) -> Item:
    """Octets of texts are in the charset that the values name, else in this one."""
    item = Item()
    for key, (kind, octets) in raw.items():
        if (value := fixed(kind, octets)) is not None:
            item.values[key] = value
    charset = charset or string_charset(item)
    for key, (kind, octets) in raw.items():
        if (said := variable(kind, octets, charset)) is not None:
            item.values[key] = said
    return item
