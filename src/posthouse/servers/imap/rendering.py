"""FETCH responses: what must be read for a list of data items, and how a row becomes bytes.

The items are looked at once a command; a message then costs one short call for each.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from posthouse.mail.mailboxes.model import Fetched
from posthouse.protocols import mime
from posthouse.protocols.imap.dates import internal_date
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.fetch import (
    Attribute,
    BinarySection,
    BinarySize,
    BodySection,
    FetchItem,
    Section,
    Text,
)
from posthouse.protocols.imap.responses import binary, literal, string
from posthouse.protocols.imap.structure import without_extensions
from posthouse.protocols.mime.sections import Kind
from posthouse.protocols.mime.transfer import KNOWN_ENCODINGS
from posthouse.servers.imap.kept import KeptFolder
from posthouse.servers.imap.objects import email_id, thread_id
from posthouse.servers.imap.state import FolderView

Render = Callable[[Fetched, int], bytes]

_FROM_VIEW = frozenset({Attribute.UID, Attribute.FLAGS, Attribute.MODSEQ})
_COLUMNS = {
    Attribute.INTERNALDATE: "flags",
    Attribute.THREADID: "flags",
    Attribute.SIZE: "size",
    Attribute.EMAILID: "identity",
    Attribute.PREVIEW: "preview",
    Attribute.ENVELOPE: "structure",
    Attribute.BODY: "structure",
    Attribute.BODYSTRUCTURE: "structure",
}
_KINDS: dict[Text, Kind] = {
    Text.ALL: "",
    Text.HEADER: "HEADER",
    Text.FIELDS: "HEADER.FIELDS",
    Text.FIELDS_NOT: "HEADER.FIELDS.NOT",
    Text.TEXT: "TEXT",
    Text.MIME: "MIME",
}
_OF_HEADER = frozenset({Text.HEADER, Text.FIELDS, Text.FIELDS_NOT})
_CHANGING = frozenset({Attribute.THREADID, Attribute.PREVIEW})  # threads are joined
_LONGEST_LABEL = 1_000  # of what is kept: a client may name kilobytes of fields
_CONTENT = "content"  # the key of whole messages among what is kept


def columns(items: Sequence[FetchItem]) -> frozenset[str]:
    """What the store must read; empty when the view knows it all."""
    return frozenset(column for item in items if (column := _column(item)) is not None)


def _column(item: FetchItem) -> str | None:
    if isinstance(item, BinarySection | BinarySize):
        return "full"
    if isinstance(item, BodySection):
        of_header = not item.section.part and item.section.text in _OF_HEADER
        return "header" if of_header else "full"
    return None if item in _FROM_VIEW else _COLUMNS[item]


def from_view(view: FolderView, items: Sequence[FetchItem], indexes: Sequence[int]) -> bytes:
    """FETCH responses of items that need no reading."""
    lines = []
    for index in indexes:
        pieces = []
        for item in items:
            if item is Attribute.UID:
                pieces.append(b"UID %d" % view.uids[index])
            elif item is Attribute.FLAGS:
                pieces.append(b"FLAGS " + view.flags_at(index))
            else:
                pieces.append(b"MODSEQ (%d)" % view.modseqs[index])
        lines.append(b"* %d FETCH (%b)\r\n" % (index + 1, b" ".join(pieces)))
    return b"".join(lines)


class _Item:
    """How one item is written, and where it is kept if it is."""

    __slots__ = ("column", "is_kept", "key", "render")

    def __init__(self, item: FetchItem, render: Render, kept: KeptFolder) -> None:
        self.key = item
        self.render = render
        of_content = _column(item) == "full"  # cut out of a message, which is kept as a whole
        short = not isinstance(item, BodySection) or len(item.label) <= _LONGEST_LABEL
        lasting = short and item not in _FROM_VIEW and item not in _CHANGING
        self.column = kept.column(item) if lasting and not of_content else None
        self.is_kept = of_content or self.column is not None


class Renderer:
    """Writes rows of one FETCH command; `restated` is added for messages that it marked \\Seen.

    What never changes is kept as it is written, whole messages only if `keeping_content`: others
    than people who read read a folder once.
    """

    def __init__(
        self,
        view: FolderView,
        kept: KeptFolder,
        items: Sequence[FetchItem],
        restated: Sequence[FetchItem] = (),
    ) -> None:
        self.keeping_content = False
        self._view = view
        self._kept = kept
        self._items = [_Item(item, self._render_of(item), kept) for item in items]
        self._restated = [self._render_of(item) for item in restated if item not in items]
        self._content = kept.column(_CONTENT) if "full" in columns(items) else None
        self._readable = all(item.is_kept or _column(item.key) is None for item in self._items)
        self._scanned: tuple[int, mime.Scan] | None = None

    def line(self, row: Fetched, index: int, *, epoch: int, marked: bool = False) -> bytes:
        """The response for the message at `index`, of a row that was read in `epoch`."""
        pieces = []
        for item in self._items:
            pieces.append(piece := item.render(row, index))
            if item.column is not None:
                self._kept.keep(item.key, row.uid, piece, epoch=epoch)
        if self._content is not None and self.keeping_content:
            self._kept.keep(_CONTENT, row.uid, row.full, epoch=epoch)
        return self._joined(row, index, pieces, marked=marked)

    def kept_line(self, index: int, *, marked: bool = False) -> bytes | None:
        """The same without a row, if all that it takes is kept."""
        uid = self._view.uids[index]
        row = Fetched(uid=uid, flags=0, modseq=0)
        if self._content is not None:
            row.full = self._content.get(uid, b"")
        if not self._readable or (self._content is not None and not row.full):
            return None
        pieces = []
        for item in self._items:
            piece = item.render(row, index) if item.column is None else item.column.get(uid)
            if piece is None:
                return None
            pieces.append(piece)
        return self._joined(row, index, pieces, marked=marked)

    def _joined(self, row: Fetched, index: int, pieces: list[bytes], *, marked: bool) -> bytes:
        if marked:
            pieces += [render(row, index) for render in self._restated]
        return b"* %d FETCH (%b)\r\n" % (index + 1, b" ".join(pieces))

    def _render_of(self, item: FetchItem) -> Render:
        view = self._view
        if isinstance(item, BinarySize):
            return lambda row, _: (
                item.label + b" %d" % len(self._content_of(row, item.section) or b"")
            )
        if isinstance(item, BinarySection):
            return self._render_of_binary(item)
        if isinstance(item, BodySection):
            return self._render_of_section(item)
        match item:
            case Attribute.UID:
                return lambda row, index: b"UID %d" % row.uid
            case Attribute.FLAGS:
                return lambda row, index: b"FLAGS " + view.flags_at(index)
            case Attribute.MODSEQ:
                return lambda row, index: b"MODSEQ (%d)" % view.modseqs[index]
            case Attribute.INTERNALDATE:
                return _internal_date
            case Attribute.SIZE:
                return lambda row, index: b"RFC822.SIZE %d" % row.size
            case Attribute.EMAILID:
                return lambda row, index: f"EMAILID ({email_id(row)})".encode("ascii")
            case Attribute.THREADID:
                return lambda row, index: f"THREADID ({thread_id(row)})".encode("ascii")
            case Attribute.PREVIEW:
                return lambda row, index: b"PREVIEW " + string(row.preview.encode())
            case Attribute.ENVELOPE:
                return lambda row, index: b"ENVELOPE " + row.envelope
            case Attribute.BODYSTRUCTURE:
                return lambda row, index: b"BODYSTRUCTURE " + row.body_structure
            case Attribute.BODY:
                return lambda row, index: b"BODY " + without_extensions(row.body_structure)

    def _render_of_section(self, item: BodySection) -> Render:
        label, section = item.label + b" ", item.section
        if not section.part and section.text in _OF_HEADER:
            return lambda row, _: label + literal(item.cut(header_part(row.header, section)))
        if not section.part and section.text is Text.ALL:
            if item.partial is None:
                return lambda row, _: label + literal(row.full)
            return lambda row, _: label + literal(item.cut(row.full))

        def cut_out(row: Fetched, _: int) -> bytes:
            octets = self._section(row, section)
            return label + (b"NIL" if octets is None else literal(item.cut(octets)))

        return cut_out

    def _section(self, row: Fetched, section: Section) -> bytes | None:
        scan = self._scan(row)
        return mime.section(scan, section.part, _KINDS[section.text], section.fields)

    def _render_of_binary(self, item: BinarySection) -> Render:
        label = item.label + b" "

        def cut_out(row: Fetched, _: int) -> bytes:
            octets = self._content_of(row, item.section)
            return label + (b"NIL" if octets is None else binary(item.cut(octets)))

        return cut_out

    def _render_of_binary_size(self, item: BinarySize) -> Render:
        label = item.label + b" %d"
        return lambda row, _: label % len(self._content_of(row, item.section) or b"")

    def _content_of(self, row: Fetched, section: Section) -> bytes | None:
        """A part without its transfer encoding; None when there is no such part."""
        if section.text is not Text.ALL:
            return self._section(row, section)
        if not section.part:
            return row.full
        scan = self._scan(row)
        part = mime.find_part(scan, section.part)
        if part is None:
            return None
        if part.kind != mime.LEAF:
            return mime.section(scan, section.part)
        if part.encoding not in KNOWN_ENCODINGS:  # RFC 3516 4.3
            raise Refusal("The encoding of this part is not known", code="UNKNOWN-CTE")
        return mime.content(scan, part)

    def _scan(self, row: Fetched) -> mime.Scan:
        if self._scanned is None or self._scanned[0] != row.uid:
            self._scanned = (row.uid, mime.scan(row.full))
        return self._scanned[1]


def _internal_date(row: Fetched, _: int) -> bytes:
    assert row.internal_date is not None
    return b"INTERNALDATE " + internal_date(row.internal_date)


def header_part(header: bytes, section: Section) -> bytes:
    """HEADER, HEADER.FIELDS or HEADER.FIELDS.NOT of a header with CRLF line ends."""
    if section.text is Text.HEADER:
        return header
    if section.text is Text.FIELDS:
        chosen = b"".join(_pattern(section.fields).findall(header))
    else:
        chosen = _pattern(section.fields).sub(b"", header).removesuffix(b"\r\n")
    if chosen and not chosen.endswith(b"\r\n"):
        chosen += b"\r\n"
    return chosen + b"\r\n"


@lru_cache(maxsize=256)
def _pattern(fields: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Whole fields by name, with their folded lines: one pass over a header for all of them."""
    names = b"|".join(re.escape(name) for name in fields)
    return re.compile(
        rb"^(?:" + names + rb")[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z)",
        re.MULTILINE | re.IGNORECASE,
    )
