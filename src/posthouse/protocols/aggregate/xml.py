"""As much of XML as aggregate reports need, read safely and forgivingly.

No document type is read, so there is nothing to expand and nothing to fetch; of entities there are
the five of XML itself and numbers. Reports of real senders are not always well-formed: an end tag
closes what was left open inside it, one without a start is skipped, and a "<" that begins no tag is
text. Linear in the text: each character is looked at a few times at most.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from posthouse.protocols.aggregate.errors import BadReport
from posthouse.protocols.mime import decode_charset

# Possessive throughout, and never past the next "<": what fails has looked at one tag's length.
_TAG = re.compile(r"""<(/?)([A-Za-z_][^\s<>/"']*+)((?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+)>""")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_DECLARED = re.compile(rb"""\A<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# Reports are six deep, have some thirty elements in a record, and short words in them.
_DEEPEST = 32
_MOST_INSIDE = 5_000
_LONGEST_TEXT = 4_096


@dataclass(slots=True)
class Element:
    """One element, by its local name in lower case. Attributes carry nothing in reports."""

    name: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def find(self, name: str) -> "Element | None":
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator["Element"]:
        """Every child of that name."""
        return (child for child in self.children if child.name == name)

    def said(self, name: str) -> str:
        """The text of the first child of that name without spaces around; "" without one."""
        child = self.find(name)
        return child.text.strip() if child is not None else ""


def decode(data: bytes) -> str:
    """The text of a document: UTF-8 unless it says otherwise (XML 1.0, 4.3.3)."""
    if data.startswith(_UTF_16):
        return data.decode("utf-16", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARED.match(data)
    return decode_charset(data, declared[1].decode("ascii") if declared else "utf-8")


def children_of(text: str, root: str) -> Iterator[Element]:
    """The elements directly inside the first `root`, each when it ends. Raises BadReport.

    Nothing is kept of those that were taken: a large report is never in memory as a tree.
    """
    open_elements: list[Element] = []
    inside, count = False, 0
    for kind, value in _pieces(text):
        if not inside:
            inside = kind == "<" and value == root
            continue
        if kind == "<":
            count = count + 1 if open_elements else 0
            if len(open_elements) >= _DEEPEST or count > _MOST_INSIDE:
                raise BadReport("too much in one another")
            child = Element(value)
            if open_elements:
                open_elements[-1].children.append(child)
            open_elements.append(child)
        elif kind == "/":
            if value == root:
                break
            depth = _depth_of(open_elements, value)
            if depth == 0:
                yield open_elements[0]
            if depth is not None:
                del open_elements[depth:]
        elif open_elements and len(open_elements[-1].text) < _LONGEST_TEXT:
            open_elements[-1].text += value[:_LONGEST_TEXT]
    if not inside:
        raise BadReport(f"there is no {root} in it")
    if open_elements:
        yield open_elements[0]


def _depth_of(open_elements: list[Element], name: str) -> int | None:
    for depth in range(len(open_elements) - 1, -1, -1):
        if open_elements[depth].name == name:
            return depth
    return None


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """("<", name), ("/", name) and ("", text), in order. Raises BadReport for a document type."""
    position, length = 0, len(text)
    while position < length:
        start = text.find("<", position)
        if start < 0:
            start = length
        if start > position:
            yield "", _expanded(text[position:start])
        if start == length:
            return
        position = start
        if text.startswith(("<!", "<?"), start):
            position, data = _skip_markup(text, start)
            if data:
                yield "", data
            continue
        tag = _TAG.match(text, start)
        if tag is None:
            yield "", "<"
            position = start + 1
            continue
        position = tag.end()
        name = tag[2].rpartition(":")[2].lower()
        yield ("/" if tag[1] else "<"), name
        if tag[3].endswith("/") and not tag[1]:
            yield "/", name


def _skip_markup(text: str, start: int) -> tuple[int, str]:
    """(where it goes on, the text of a CDATA section). What never ends takes the rest with it."""
    for opening, closing in (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")):
        if text.startswith(opening, start):
            end = text.find(closing, start + len(opening))
            stop = len(text) if end < 0 else end
            inside = text[start + len(opening) : stop] if opening == "<![CDATA[" else ""
            return min(stop + len(closing), len(text)), inside
    if text[start : start + 9].upper() == "<!DOCTYPE":
        raise BadReport("a document type is not read")
    return start + 1, "<"


def _expanded(text: str) -> str:
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(entity: re.Match[str]) -> str:
    if entity[3]:
        return _NAMED[entity[3]]
    number = int(entity[1]) if entity[1] else int(entity[2], 16)
    return chr(number) if 0x20 <= number < 0xD800 or 0xE000 <= number < 0x110000 else " "
