"""What FETCH can ask for (RFC 3501 6.4.5) and how it is written."""

import re
from dataclasses import dataclass
from enum import Enum

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.responses import astring
from posthouse.protocols.imap.scanner import MAX_NUMBER, Scanner

MAX_ITEMS = 128
MAX_HEADER_FIELDS = 256
_PART = re.compile(rb"[1-9]\d{0,5}(?:\.[1-9]\d{0,5}){0,99}")
_LAZY = re.compile(rb" \(LAZY\)", re.IGNORECASE)
_PLAIN_FIELD = re.compile(rb"[!-9;-~]{1,256}\Z")


class Attribute(Enum):
    """Data items without parameters; the value is the name on the wire."""

    UID = b"UID"
    FLAGS = b"FLAGS"
    INTERNALDATE = b"INTERNALDATE"
    SIZE = b"RFC822.SIZE"
    ENVELOPE = b"ENVELOPE"
    BODY = b"BODY"
    BODYSTRUCTURE = b"BODYSTRUCTURE"
    MODSEQ = b"MODSEQ"
    EMAILID = b"EMAILID"
    THREADID = b"THREADID"
    PREVIEW = b"PREVIEW"


class Text(Enum):
    """Which text of a message or part."""

    ALL = b""
    HEADER = b"HEADER"
    FIELDS = b"HEADER.FIELDS"
    FIELDS_NOT = b"HEADER.FIELDS.NOT"
    TEXT = b"TEXT"
    MIME = b"MIME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The inside of BODY[...]. `fields` are upper-case names."""

    part: tuple[int, ...] = ()
    text: Text = Text.ALL
    fields: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BodySection:
    """Octets of a message. `label` is the name that goes before them in the response."""

    section: Section
    label: bytes
    partial: tuple[int, int] | None = None  # (first octet, how many)
    marks_seen: bool = False

    def cut(self, octets: bytes) -> bytes:
        if self.partial is None:
            return octets
        first, count = self.partial
        return octets[first : first + count]


@dataclass(frozen=True, slots=True, kw_only=True)
class BinarySection(BodySection):
    """Octets of a part without its transfer encoding (RFC 3516 4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinarySize:
    """How many octets BINARY of a part has."""

    section: Section
    label: bytes


FetchItem = Attribute | BodySection | BinarySize

WHOLE = Section()
_MACROS = {
    "ALL": (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE, Attribute.ENVELOPE),
    "FAST": (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE),
    "FULL": (
        Attribute.FLAGS,
        Attribute.INTERNALDATE,
        Attribute.SIZE,
        Attribute.ENVELOPE,
        Attribute.BODY,
    ),
}
_ATTRIBUTES = {attribute.value.decode("ascii"): attribute for attribute in Attribute}
_RFC822 = {
    "RFC822": BodySection(section=WHOLE, label=b"RFC822", marks_seen=True),
    "RFC822.HEADER": BodySection(section=Section(text=Text.HEADER), label=b"RFC822.HEADER"),
    "RFC822.TEXT": BodySection(
        section=Section(text=Text.TEXT), label=b"RFC822.TEXT", marks_seen=True
    ),
}


def parse_items(scanner: Scanner) -> tuple[FetchItem, ...]:
    """A macro, one item or a list of items; doubles are dropped."""
    items: dict[FetchItem, None] = {}
    if scanner.at(b"("):
        for count in scanner.items():
            if count >= MAX_ITEMS:
                raise BadCommand("Too many data items")
            items[_item(scanner, scanner.word())] = None
        if not items:
            raise BadCommand("Empty list of data items")
        return tuple(items)
    name = scanner.word()
    return _MACROS.get(name) or (_item(scanner, name),)


def _item(scanner: Scanner, name: str) -> FetchItem:
    if name == "BODY" and scanner.at(b"["):
        return _body_section(scanner, marks_seen=True)
    if name == "BODY.PEEK":
        return _body_section(scanner, marks_seen=False)
    if name in ("BINARY", "BINARY.PEEK", "BINARY.SIZE"):
        return _binary(scanner, name)
    item = _RFC822.get(name) or _ATTRIBUTES.get(name)
    if item is None:
        raise BadCommand("Unknown FETCH data item")
    if item is Attribute.PREVIEW and _LAZY.match(scanner.text, scanner.position):
        scanner.position += len(b" (LAZY)")  # RFC 8970 4.1; previews are there already
    return item


def _body_section(scanner: Scanner, *, marks_seen: bool) -> BodySection:
    scanner.expect(b"[")
    section = _section(scanner)
    scanner.expect(b"]")
    label = b"BODY[" + format_section(section) + b"]"
    partial, origin = _partial(scanner)
    return BodySection(
        section=section, label=label + origin, partial=partial, marks_seen=marks_seen
    )


def _binary(scanner: Scanner, name: str) -> BinarySection | BinarySize:
    """RFC 3516 5 has a part number or nothing. The name of a text is taken too, as others do: it
    has no transfer encoding, so it is what BODY gives.
    """
    scanner.expect(b"[")
    section = _section(scanner)
    scanner.expect(b"]")
    inside = b"[" + format_section(section) + b"]"
    if name == "BINARY.SIZE":
        return BinarySize(section=section, label=b"BINARY.SIZE" + inside)
    partial, origin = _partial(scanner)
    return BinarySection(
        section=section,
        label=b"BINARY" + inside + origin,
        partial=partial,
        marks_seen=name == "BINARY",
    )


def _partial(scanner: Scanner) -> tuple[tuple[int, int] | None, bytes]:
    """`<first.count>`, and how the response says where its octets begin.

    `<first>` is taken too, for all from there on: no grammar has it, but other servers do so.
    """
    if not scanner.skip(b"<"):
        return None, b""
    first = scanner.number()
    count = scanner.number() if scanner.skip(b".") else MAX_NUMBER
    if not count:
        raise BadCommand("A partial fetch needs at least one octet")
    scanner.expect(b">")
    return (first, count), b"<%d>" % first


def _section(scanner: Scanner) -> Section:
    if scanner.at(b"]"):
        return WHOLE
    part: tuple[int, ...] = ()
    match = _PART.match(scanner.text, scanner.position)
    if match is not None:
        part = tuple(int(number) for number in match[0].split(b"."))
        scanner.position = match.end()
        if not scanner.skip(b"."):
            return Section(part=part)
    text = _TEXTS.get(scanner.word())
    if text is None or (text is Text.MIME and not part):
        raise BadCommand("Unknown section")
    if text not in (Text.FIELDS, Text.FIELDS_NOT):
        return Section(part=part, text=text)
    scanner.space()
    return Section(part=part, text=text, fields=_field_names(scanner))


_TEXTS = {text.value.decode("ascii"): text for text in Text if text.value}


def _field_names(scanner: Scanner) -> tuple[bytes, ...]:
    names: dict[bytes, None] = {}
    for count in scanner.items():
        if count >= MAX_HEADER_FIELDS:
            raise BadCommand("Too many header fields")
        name = scanner.astring()
        if not _PLAIN_FIELD.match(name):  # RFC 5322 2.2, and nothing that could break the response
            raise BadCommand("Invalid header field name")
        names[name.upper()] = None
    if not names:
        raise BadCommand("Empty list of header fields")
    return tuple(names)


def format_section(section: Section) -> bytes:
    pieces = [b"%d" % number for number in section.part]
    if section.text is not Text.ALL:
        pieces.append(section.text.value)
    written = b".".join(pieces)
    if section.fields:
        written += b" (" + b" ".join(map(astring, section.fields)) + b")"
    return written
