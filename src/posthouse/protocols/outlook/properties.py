"""A message as its properties: storages of a compound file, read as MS-OXMSG 2 describes them."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from posthouse.protocols.mime.charsets import decode
from posthouse.protocols.outlook.errors import NotAMail

if TYPE_CHECKING:
    import olefile

_STREAM = "__substg1.0_"
_FIXED = "__properties_version1.0"
_RECIPIENT, _ATTACHMENT = "__recip_version1.0_", "__attach_version1.0_"
_EMBEDDED = f"{_STREAM}3701000D"
# MS-OXMSG 2.4: so many octets stand before the entries of the property stream.
_HEADER_OF_FILE, _HEADER_OF_EMBEDDED, _HEADER_OF_OTHERS = 32, 24, 8
_ENTRY = struct.Struct("<HHI8s")
# MS-OXCDATA 2.11.1
_INTEGER, _BOOLEAN, _TIME = 0x0003, 0x000B, 0x0040
_UNICODE, _STRING8, _BINARY = 0x001F, 0x001E, 0x0102
_CODE_PAGE, _INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE
# Those that MIME calls otherwise than `cp` and the number.
_CODE_PAGES = {
    936: "gbk",
    20936: "gb2312",
    52936: "hz-gb-2312",
    54936: "gb18030",
    950: "big5",
    20127: "us-ascii",
    65001: "utf-8",
    20866: "koi8-r",
    21866: "koi8-u",
    50220: "iso-2022-jp",
    50221: "iso-2022-jp",
    50222: "iso-2022-jp",
    50225: "iso-2022-kr",
    51932: "euc-jp",
    51936: "gb2312",
    51949: "euc-kr",
}
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
DEEPEST = 8
_MOST_PARTS = 2048

Value = int | str | bytes | datetime


@dataclass(slots=True)
class Item:
    """A message, a recipient or an attachment: its properties by their ids."""

    values: dict[int, Value] = field(default_factory=dict)
    recipients: list["Item"] = field(default_factory=list)
    attachments: list["Item"] = field(default_factory=list)
    embedded: "Item | None" = None

    def text(self, *ids: int) -> str:
        """The first of these that is there and not empty."""
        found = (self.values.get(one) for one in ids)
        return next((one for one in found if isinstance(one, str) and one), "")

    def number(self, one: int) -> int:
        """0 when it is not there."""
        value = self.values.get(one)
        return value if isinstance(value, int) else 0

    def octets(self, one: int) -> bytes:
        """Empty when it is not there."""
        value = self.values.get(one)
        return value if isinstance(value, bytes) else b""

    def time(self, *ids: int) -> datetime | None:
        """The first of these that is there."""
        found = (self.values.get(one) for one in ids)
        return next((one for one in found if isinstance(one, datetime)), None)


def read_file(data: bytes) -> Item:
    """The message in a `.msg` file. Raises NotAMail."""
    import olefile  # a tenth of what every import would wait for

    try:
        with olefile.OleFileIO(BytesIO(data)) as file:
            tree = _tree(file, len(data))
            if _FIXED not in tree:
                raise NotAMail("is an Office file, not a message")
            return _message(file, tree, (), _HEADER_OF_FILE, 0)
    except NotAMail:
        raise
    except Exception as error:
        # olefile raises whatever it stumbles over in a broken file, AttributeError among it.
        raise NotAMail("is damaged") from error


def body_charset(item: Item) -> str:
    """The charset of its HTML, as MIME names it; empty when nothing is said."""
    return _charset(item.number(_INTERNET_CODE_PAGE) or item.number(_CODE_PAGE))


def string_charset(item: Item) -> str:
    """The charset of its strings of 8 bits: that of the machine which wrote them, else as above."""
    return _charset(item.number(_CODE_PAGE) or item.number(_INTERNET_CODE_PAGE))


def _charset(code_page: int) -> str:
    if 28591 <= code_page <= 28605:
        return f"iso-8859-{code_page - 28590}"
    if 1250 <= code_page <= 1258:
        return f"windows-{code_page}"
    return _CODE_PAGES.get(code_page, f"cp{code_page}" if code_page else "")


_Tree = dict[str, "_Tree | None"]
_Path = tuple[str, ...]


def _tree(file: "olefile.OleFileIO", octets: int) -> _Tree:
    tree: _Tree = {}
    paths = file.listdir()
    # Streams of a whole file share nothing: together they are no larger than it.
    if sum(map(file.get_size, paths)) > octets:
        raise NotAMail("is damaged")
    for path in paths:
        at = tree
        for storage in path[:-1]:
            below = at.setdefault(storage, {})
            if below is None:
                raise NotAMail("is damaged")
            at = below
        at[path[-1]] = None
    return tree


def _message(file: "olefile.OleFileIO", tree: _Tree, path: _Path, header: int, depth: int) -> Item:
    item = _item(file, tree, path, header, "")
    charset = string_charset(item)
    for name, below in _storages(tree, _RECIPIENT):
        item.recipients.append(_item(file, below, (*path, name), _HEADER_OF_OTHERS, charset))
    for name, below in _storages(tree, _ATTACHMENT):
        attachment = _item(file, below, (*path, name), _HEADER_OF_OTHERS, charset)
        inner = below.get(_EMBEDDED)
        if inner and _FIXED in inner:
            if depth == DEEPEST:
                raise NotAMail("holds messages in messages without end")
            attachment.embedded = _message(
                file, inner, (*path, name, _EMBEDDED), _HEADER_OF_EMBEDDED, depth + 1
            )
        item.attachments.append(attachment)
    return item


def _storages(tree: _Tree, prefix: str) -> list[tuple[str, _Tree]]:
    found = sorted(
        (name, below) for name, below in tree.items() if name.startswith(prefix) and below
    )
    if len(found) > _MOST_PARTS:
        raise NotAMail("has more parts than a message may have")
    return [(name, below) for name, below in found if below]


def _item(file: "olefile.OleFileIO", tree: _Tree, path: _Path, header: int, charset: str) -> Item:
    item = Item()
    if _FIXED in tree:
        entries = file.openstream([*path, _FIXED]).read()[header:]
        item.values.update(_in_entries(entries))
    charset = charset or string_charset(item)
    for name, below in tree.items():
        if below is None and name.startswith(_STREAM) and len(name) == len(_STREAM) + 8:
            value = variable(int(name[-4:], 16), file.openstream([*path, name]).read(), charset)
            if value is not None:
                item.values.setdefault(int(name[-8:-4], 16), value)
    return item


def _in_entries(entries: bytes) -> Iterator[tuple[int, Value]]:
    """MS-OXMSG 2.4.2.1: what fits into eight octets."""
    whole = len(entries) - len(entries) % _ENTRY.size
    for kind, one, _flags, value in _ENTRY.iter_unpack(entries[:whole]):
        if (known := fixed(kind, value)) is not None:
            yield one, known


def fixed(kind: int, octets: bytes) -> Value | None:
    """Of a fixed size: a number, whether, a time; None for other kinds."""
    if kind in (_INTEGER, _BOOLEAN):
        return int.from_bytes(octets[: 4 if kind == _INTEGER else 1], "little")
    return _moment(octets) if kind == _TIME else None


def _moment(value: bytes) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=int.from_bytes(value, "little") // 10)
    except OverflowError:
        return None


def variable(kind: int, data: bytes, charset: str) -> Value | None:
    """Of no fixed size: text or octets; None for other kinds (MS-OXCDATA 2.11.1)."""
    if kind == _UNICODE:
        return data.decode("utf-16-le", "replace").rstrip("\0")
    if kind == _STRING8:
        return decode(data.rstrip(b"\0"), charset or None)
    return data if kind == _BINARY else None


def by_kind(item: Item) -> Mapping[int, list[Item]]:
    """Recipients as To (1), Cc (2) and Bcc (3): MS-OXOMSG 2.2.3.1."""
    kinds: dict[int, list[Item]] = {1: [], 2: [], 3: []}
    for recipient in item.recipients:
        kinds.get(recipient.number(0x0C15) & 0xF, kinds[1]).append(recipient)
    return kinds
