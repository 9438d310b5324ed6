"""Answers of EWS, read as they come: each response message by itself, as soon as it is whole.

An answer may hold hundreds of megabytes of mail; one message of it is all that is ever kept.
MIME content is decoded while it comes.
"""

import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

# One item with its MIME content in base64, or a page of changes.
LARGEST = 256 << 20
_DEEPEST = 32
_MOST_ELEMENTS = 100_000
# Exchange writes control characters of subjects and names as references, which XML 1.0 does not
# allow (2.2): they are left out.
_FORBIDDEN = re.compile(
    rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef])"
    rb"|0*(?:[0-8]|1[124-9]|2\d|3[01]));",
    re.IGNORECASE,
)
_END = re.compile(rb"</(?:[\w.-]+:)?Envelope\s*>")
_MIME = "MimeContent"


class BadAnswer(ValueError):
    """It is no answer of EWS."""


@dataclass(slots=True)
class Element:
    """One element; its name without a prefix. `octets` is what base64 in it stood for."""

    name: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    text: str = ""
    octets: bytes = field(default=b"", repr=False)

    def find(self, *path: str) -> "Element | None":
        """The first at that path."""
        element = self
        for name in path:
            for each in element.children:
                if each.name == name:
                    element = each
                    break
            else:
                return None
        return element

    def all(self, *path: str) -> Iterator["Element"]:
        """Those of the last name below the first of those before it."""
        yield from (each for each in self.within(*path[:-1]) if each.name == path[-1])

    def within(self, *path: str) -> list["Element"]:
        """What lies in the element at that path."""
        found = self.find(*path)
        return found.children if found is not None else []

    def say(self, *path: str) -> str:
        """The text at that path, "" without one."""
        found = self.find(*path)
        return found.text.strip() if found is not None else ""

    def attribute(self, name: str, *path: str) -> str:
        """An attribute of the element at that path, "" without one."""
        found = self.find(*path)
        return found.attributes.get(name, "") if found is not None else ""


class Reading:
    """Feeds on an answer; what it gives are response messages and faults. Raises BadAnswer."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._document = _Document(largest)
        self._tail = b""

    def feed(self, data: bytes) -> Iterator[Element]:
        """What is whole now. Documents may follow each other (GetStreamingEvents)."""
        data = self._tail + data
        while (end := _END.search(data)) is not None:
            yield from self._read(data[: end.end()])
            data = data[end.end() :].lstrip()
            self._document = _Document(self._largest)
        # A reference or the end tag may have been cut in two.
        cut = max(data.rfind(b"<"), data.rfind(b"&"))
        keep = cut if cut >= 0 and len(data) - cut < 256 else len(data)
        self._tail = data[keep:]
        if keep:
            yield from self._read(data[:keep])

    def _read(self, data: bytes) -> Iterator[Element]:
        try:
            self._document.parser.Parse(_FORBIDDEN.sub(b"", data), False)
        except (expat.ExpatError, NotBase64, LookupError, ValueError) as error:
            raise BadAnswer("not an answer of Exchange Web Services") from error
        whole, self._document.whole = self._document.whole, []
        yield from whole


class _Document:
    def __init__(self, largest: int) -> None:
        self.whole: list[Element] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self._largest = largest
        self._open: list[Element] = []
        self._words: list[str] = []
        self._mime: _Base64 | None = None
        self._count = self._octets = 0

    def _doctype(self, *_: object) -> None:
        raise BadAnswer("a document type is not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > _DEEPEST or self._count > _MOST_ELEMENTS:
            raise BadAnswer("too much in one another")
        self._words = []
        self._open.append(Element(_local(name), {_local(k): v for k, v in attributes.items()}))
        if self._open[-1].name == _MIME:
            self._mime = _Base64()

    def _data(self, text: str) -> None:
        self._octets += len(text)
        if self._octets > self._largest:
            raise BadAnswer("too large")
        if self._mime is not None:
            self._mime.feed(text)
        else:
            self._words.append(text)

    def _end(self, name: str) -> None:
        element = self._open.pop()
        if self._mime is not None:
            element.octets, self._mime = self._mime.end(), None
        elif not element.children:
            element.text = "".join(self._words)
        self._words = []
        parent = self._open[-1].name if self._open else ""
        if parent == "ResponseMessages" or (parent == "Body" and element.name == "Fault"):
            self.whole.append(element)
            self._count = self._octets = 0
        elif self._open:
            self._open[-1].children.append(element)


class _Base64:
    def __init__(self) -> None:
        self._octets = bytearray()
        self._rest = ""

    def feed(self, text: str) -> None:
        text = self._rest + "".join(text.split())
        whole = len(text) // 4 * 4
        self._rest = text[whole:]
        self._octets += a2b_base64(text[:whole], strict_mode=True)

    def end(self) -> bytes:
        if self._rest:
            raise BadAnswer("MIME content is cut short")
        return bytes(self._octets)


def _local(name: str) -> str:
    return name.rpartition(":")[2]
