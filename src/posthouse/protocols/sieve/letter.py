"""The message as a script sees it: its fields, decoded, and the edits so far (RFC 5293, 5703)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from posthouse.protocols import mime
from posthouse.protocols.mime import fold
from posthouse.protocols.sieve.errors import ScriptFailed

_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACE = re.compile(r"[ \t\r\n]+")
_MOST_ADDED = 64


@dataclass(frozen=True, slots=True)
class Field:
    """One header field: its name in lower case, its folded value, and all of its bytes."""

    name: str
    value: bytes
    line: bytes


class Letter:
    """`trace` are fields on top of `raw` that can be read but belong to the mailbox.

    `size` is for who brings the header alone of a larger message.
    """

    def __init__(self, raw: bytes, trace: bytes = b"", *, size: int | None = None) -> None:
        self.raw = raw
        self._size = len(raw) if size is None else size
        self.scan = mime.scan(raw)
        self._trace = _fields_of(mime.scan(trace + b"\r\n")) if trace else []
        self._fields: list[Field] | None = None
        self._named: dict[str, list[Field]] | None = None
        self._hint: str | None = None
        self._added = 0
        self._changed = False
        self._grown = 0
        self._of_parts: dict[int, dict[str, list[Field]]] = {}
        self._read: dict[Field, list[mime.Address]] = {}
        self._written: bytes | None = None
        self._locked: set[bytes] = set()
        self.is_rewritten = False

    @property
    def size(self) -> int:
        return self._size + self._grown

    @property
    def has_body(self) -> bool:
        """Is there a blank line after the header (RFC 5173 3)?"""
        return _header_end(self.scan) < self.scan.root.body_start

    @property
    def is_unwritten(self) -> bool:
        """Whether `edited` has to be put together first."""
        return self._changed and self._written is None

    @property
    def edited(self) -> bytes | None:
        """The message with its edits; None when there are none."""
        if not self._changed:
            return None
        if self._written is None:
            self._written = self.header_of_own() + self.raw[self.header_length() :]
        return self._written

    def header_length(self) -> int:
        """Where the fields of `raw` end and the blank line before the body begins."""
        return _header_end(self.scan)

    def header_of_own(self) -> bytes:
        """All fields as they are now, without the blank line."""
        if not self._changed:
            return self.raw[: self.header_length()]
        return b"".join(each.line for each in self._own())

    def subtree(self, part: mime.Part, most: int | None = None) -> list[mime.Part]:
        """The part and all inside it, in the order they begin; attached messages' too. None behind
        the first `most` of the message.
        """
        found = [part]
        for each in self.scan.parts[part.index + 1 : most]:
            if each.depth <= part.depth:
                break
            found.append(each)
        return found

    def rewrite(self, raw: bytes) -> None:
        """It is this message from now on: other parts and, with their edits, other fields."""
        self._size += len(raw) - len(self.raw)
        self.raw, self.scan, self._grown = raw, mime.scan(raw), 0
        self._fields = self._named = self._hint = None
        self._of_parts, self._read = {}, {}
        self._written, self._changed, self.is_rewritten = raw, True, True

    def lock(self, line: bytes) -> None:
        """A field that no script changes any more (RFC 5703 5)."""
        self._locked.add(line)

    def is_locked(self, field: Field) -> bool:
        return field.line in self._locked

    def in_its_lines(self, data: bytes) -> bytes:
        """What has CRLF, with the line ends that the message has."""
        bare = b"\n" in self.raw and b"\r\n" not in self.raw
        return data.replace(b"\r\n", b"\n") if bare else data

    def fields(self, name: str) -> list[Field]:
        """All fields of a name, in order."""
        if self._named is None:
            self._named = {}
            for each in [*self._trace, *self._own()]:
                self._named.setdefault(each.name, []).append(each)
        return self._named.get(name.lower(), [])

    def fields_of(self, part: mime.Part, name: str) -> list[Field]:
        """Those of a part; of the message itself as they are now."""
        if part.index == 0:
            return self.fields(name)
        named = self._of_parts.get(part.index)
        if named is None:
            named = self._of_parts[part.index] = {}
            for each in _fields_of(self.scan, part):
                named.setdefault(each.name, []).append(each)
        return named.get(name.lower(), [])

    def has_read_part(self, part: mime.Part) -> bool:
        """Whether its fields are known already."""
        return part.index == 0 or part.index in self._of_parts

    def texts(self, name: str) -> list[str]:
        """Decoded values, without white space around (RFC 5228 2.4.2.2, 5.7)."""
        return [self.text(each.value) for each in self.fields(name)]

    def text(self, value: bytes) -> str:
        """One value as UTF-8 text: unfolded, encoded words decoded (RFC 5228 2.7.2)."""
        unfolded = _FOLD.sub(b"", value).strip(b" \t\r\n")
        if unfolded.isascii():
            text = unfolded.decode("ascii")
        else:
            text = mime.guess_charset(unfolded, self._charset())
        return mime.decode_words(text)

    def addresses(self, field: Field) -> list[mime.Address]:
        """Those of an address field, read once."""
        found = self._read.get(field)
        if found is None:
            found = self._read[field] = mime.decode_addresses(field.value, self._charset())
        return found

    def has_read(self, field: Field) -> bool:
        """Whether its addresses are known already."""
        return field in self._read

    def add(self, name: str, value: str, *, last: bool) -> None:
        """RFC 5293 4. Raises ScriptFailed after too many."""
        self._added += 1
        if self._added > _MOST_ADDED:
            raise ScriptFailed("The script adds too many header fields.")
        line = self.in_its_lines(_line(name, value))
        own = list(self._own())
        new = Field(name.lower(), line.partition(b":")[2].strip(), line)
        own.insert(len(own) if last else 0, new)
        self._grown += len(line)
        self._replace(own)

    def remove(self, gone: list[Field]) -> None:
        ids = {id(each) for each in gone}
        self._grown -= sum(len(each.line) for each in gone)
        self._replace([each for each in self._own() if id(each) not in ids])

    def own(self, name: str) -> list[Field]:
        """Those fields of a name that came with the message or were added to it."""
        return [each for each in self._own() if each.name == name.lower()]

    def own_fields(self) -> list[Field]:
        """All of those, in order."""
        return list(self._own())

    @property
    def field_count(self) -> int:
        return len(self._own())

    def _own(self) -> list[Field]:
        if self._fields is None:
            self._fields = _fields_of(self.scan)
        return self._fields

    def _replace(self, fields: list[Field]) -> None:
        self._fields, self._named, self._written, self._changed = fields, None, None, True

    def _charset(self) -> str | None:
        if self._hint is None:
            self._hint = mime.body_charset(self.scan) or ""
        return self._hint or None


def _line(name: str, value: str) -> bytes:
    """A field as it is written. RFC 5293 4: what an unstructured field may not hold is encoded
    (RFC 2047); line ends become spaces.
    """
    if not _CONTROL.search(value):
        return fold.field(name, value)
    words = mime.encode_words(_SPACE.sub(" ", value), first_room=fold.LINE - len(name) - 2)
    return fold.write(name, words)


def _fields_of(scan: mime.Scan, part: mime.Part | None = None) -> list[Field]:
    found: list[Field] = []
    for name, start, end in mime.field_spans(scan.raw, part or scan.root):
        line = scan.raw[start:end]
        if not line.endswith(b"\n"):
            line += b"\r\n"
        value = line.partition(b":")[2].rstrip()
        found.append(Field(name.decode("ascii").lower(), value, line))
    return found


def _header_end(scan: mime.Scan) -> int:
    """Where the fields end and the blank line before the body begins."""
    ends = [end for _, _, end in mime.field_spans(scan.raw, scan.root)]
    return ends[-1] if ends else scan.root.header_start
