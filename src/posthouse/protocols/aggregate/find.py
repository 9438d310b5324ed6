"""The reports that a mail carries, whatever it calls them: by what is in its parts."""

import re

from posthouse.protocols.aggregate.dmarc import DmarcReport, parse_dmarc
from posthouse.protocols.aggregate.errors import BadReport
from posthouse.protocols.aggregate.tls import TlsReport, parse_tls
from posthouse.protocols.aggregate.unpack import MOST_OCTETS, is_packed, unpack
from posthouse.protocols.mime import LEAF, Scan, content

Report = DmarcReport | TlsReport

_MOST_PARTS = 20
# In a document's beginning; comments and declarations may stand before it.
_BEGINNING = 4096
_FEEDBACK = re.compile(rb"<(?:[A-Za-z0-9_.-]{1,40}:)?feedback[\s>]", re.IGNORECASE)
_XML_SPACES = b"\xef\xbb\xbf \t\r\n"


def find_reports(scan: Scan) -> list[Report]:
    """All that can be read, in order; what cannot is left out. Never raises.

    RFC 7489 7.2.1.1 and RFC 8460 5.2 name media types and files; real mail calls them anything,
    down to application/octet-stream, and some write the document into the body.
    """
    found: list[Report] = []
    left = MOST_OCTETS
    leaves = [part for part in scan.parts if part.kind == LEAF and part.type != "image"]
    for part in leaves[:_MOST_PARTS]:
        try:
            document = _document(content(scan, part), left)
            left -= len(document)
            found.append(_parsed(document))
        except BadReport:
            continue
    return found


def read_report(data: bytes) -> Report:
    """A file as it came, packed or not. Raises BadReport."""
    return _parsed(_document(data, MOST_OCTETS))


def _document(data: bytes, most: int) -> bytes:
    if not (is_packed(data) or _looks_like_one(data)):
        raise BadReport("not a report")
    return unpack(data, most)


def _parsed(data: bytes) -> Report:
    if data.lstrip(_XML_SPACES)[:1] == b"{":
        return parse_tls(data)
    return parse_dmarc(data)


def _looks_like_one(data: bytes) -> bool:
    beginning = data[:_BEGINNING].lstrip(_XML_SPACES)
    if beginning.startswith(b"{"):
        return b'"policies"' in data
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        return (
            b"<\0f\0e\0e\0d\0b" in data[:_BEGINNING] or b"\0<\0f\0e\0e\0d\0b" in data[:_BEGINNING]
        )
    return beginning.startswith(b"<") and _FEEDBACK.search(beginning) is not None
