"""Small XML documents: writing ours, and reading what strangers send."""

from xml.etree import ElementTree
from xml.parsers import expat

LARGEST = 131_072
_DEEPEST = 16
_MOST_ELEMENTS = 2_000


class BadDocument(ValueError):
    """It is not a document that is read here."""


def say(parent: ElementTree.Element, **elements: str) -> None:
    """Add elements with text, in order."""
    for name, text in elements.items():
        ElementTree.SubElement(parent, name).text = text


def document(root: ElementTree.Element) -> bytes:
    """With declaration, in UTF-8."""
    octets: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return octets


def read_document(data: bytes) -> ElementTree.Element:
    """The root of a stranger's document; names lose their prefixes. Raises BadDocument.

    Without a document type there is nothing to expand and nothing to fetch, so none is read.
    """
    if len(data) > LARGEST:
        raise BadDocument("too large")
    reading = _Reading()
    try:
        reading.parser.Parse(data, True)
        return reading.builder.close()
    except BadDocument:
        raise
    # An encoding that Python does not know, or not octet by octet, is a LookupError or ValueError.
    except (expat.ExpatError, LookupError, ValueError, AssertionError) as error:
        raise BadDocument("not well-formed") from error


class _Reading:
    def __init__(self) -> None:
        self.builder = ElementTree.TreeBuilder()
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.builder.data
        self._depth = self._count = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > _DEEPEST or self._count > _MOST_ELEMENTS:
            raise BadDocument("too much in one another")
        self.builder.start(_local(name), attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.builder.end(_local(name))

    def _doctype(self, *_: object) -> None:
        raise BadDocument("a document type is not read")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
