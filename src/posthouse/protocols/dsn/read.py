"""Delivery status notifications as they come back (RFC 3464, RFC 6533), read leniently."""

import re
from collections.abc import Iterable
from itertools import islice

from posthouse.protocols.dsn.model import Reported
from posthouse.protocols.mime.model import MESSAGE, Part, Scan
from posthouse.protocols.mime.text import content

REPORTS = ("message/delivery-status", "message/global-delivery-status")
MOST_RECIPIENTS = 500
MOST_OCTETS = 256 * 1024
_BLANK = re.compile(r"\n[ \t]*\n")
_FOLD = re.compile(r"\n[ \t]+")
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_REPLY = re.compile(r"(?:^|[\s>:;(\"'])([245]\d\d)(?=[\s\-#:;,.)]|$)")
# RFC 6533 3: an address outside ASCII as any 7-bit report may carry it.
_CODED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
# What xtext must code (RFC 3461 4); any other "+" is the tag of an address.
_XTEXT = re.compile(r"\+(2B|3D)")
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]]{1,128}@[^\s<>,;:\"'()\[\]]{1,255}")
_NAMES = ("final-recipient", "original-recipient", "x-actual-recipient", "action")
_ACTIONS = frozenset(("failed", "delayed", "delivered", "relayed", "expanded"))
# Words of servers that wrote their actions before RFC 1894, or beside it.
_OTHER_ACTIONS = {"failure": "failed", "expired": "failed", "deliverable": "delivered"}


def own_parts(scan: Scan) -> list[Part]:
    """The parts of the message itself: nothing inside a message that it carries."""
    own: list[Part] = []
    inside: set[int] = set()
    for part in scan.parts:
        if part.parent >= 0 and (part.parent in inside or scan.parts[part.parent].kind == MESSAGE):
            inside.add(part.index)
        else:
            own.append(part)
    return own


def read_dsn(scan: Scan) -> list[Reported]:
    """The recipients of the first delivery-status part; none when it is no such report."""
    for part in own_parts(scan):
        if part.mime_type in REPORTS:
            text = content(scan, part)[:MOST_OCTETS].decode("utf-8", "replace")
            return read_status(text.replace("\r\n", "\n"))
    return []


def read_status(text: str) -> list[Reported]:
    """The recipients of such a text: blocks of fields between blank lines (RFC 3464 2.1)."""
    reported: list[Reported] = []
    for block in islice(_blocks(text), MOST_RECIPIENTS):
        fields = read_fields(block)
        if any(name in fields for name in _NAMES):
            reported.append(_reported(fields))
    return reported


def read_fields(block: str) -> dict[str, str]:
    """The fields of a block by their lower-case names, the first of each name."""
    fields: dict[str, str] = {}
    for line in _FOLD.sub(" ", block).split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def status_in(text: str) -> str:
    """The first enhanced status code of a text (RFC 3463 2); "" without one."""
    match = _STATUS.search(text)
    return match[0] if match else ""


def reply_in(text: str) -> int:
    """The first SMTP reply code of a text (RFC 5321 4.2); 0 without one."""
    match = _REPLY.search(text)
    return int(match[1]) if match else 0


def address_in(text: str) -> str:
    """The first address of a text; "" without one."""
    match = _ADDRESS.search(text)
    return match[0].rstrip(".") if match else ""


def _blocks(text: str) -> Iterable[str]:
    """Blocks; one that names a second recipient without a blank line between is two."""
    for block in _BLANK.split(text.strip(), MOST_RECIPIENTS):
        start = 0
        lowered = block.lower()
        second = lowered.find("\nfinal-recipient:", lowered.find("final-recipient:") + 1)
        while second > start:
            head = lowered.rfind("\noriginal-recipient:", start + 1, second)
            cut = head if head > start and lowered.find("\naction:", head, second) < 0 else second
            yield block[start:cut]
            start = cut
            second = lowered.find("\nfinal-recipient:", second + 1)
        yield block[start:]


def _reported(fields: dict[str, str]) -> Reported:
    said = fields.get("action", "").split()
    action = said[0].lower().strip("()") if said else "failed"
    diagnostic = _untyped(fields.get("diagnostic-code", ""))
    status = status_in(fields.get("status", ""))
    final = _address(fields.get("final-recipient", ""))
    original = _address(fields.get("original-recipient", ""), xtext=True)
    actual = _address(fields.get("x-actual-recipient", ""))
    if "@" not in final:
        final = actual or original or final
    return Reported(
        action=action if action in _ACTIONS else _OTHER_ACTIONS.get(action, action),
        status=status,
        reply_code=reply_in(diagnostic),
        recipient=final,
        original=original,
        diagnostic=diagnostic,
        remote_host=_untyped(fields.get("remote-mta", "")).split(" ", 1)[0],
    )


def _address(value: str, *, xtext: bool = False) -> str:
    """The address of a typed field, without brackets, its codings undone (RFC 3461 4, 6533 3)."""
    kind, semicolon, rest = value.partition(";")
    address = (rest if semicolon else kind).strip().strip("<>").strip()
    if semicolon and kind.strip().lower() == "utf-8":
        address = _CODED.sub(lambda match: _character(match[1]), address)
    elif xtext:
        address = _XTEXT.sub(lambda match: chr(int(match[1], 16)), address)
    return address


def _character(code: str) -> str:
    value = int(code, 16)
    return chr(value) if 0x20 < value < 0x110000 and not 0xD800 <= value < 0xE000 else "\ufffd"


def _untyped(value: str) -> str:
    kind, semicolon, rest = value.partition(";")
    typed = semicolon and " " not in kind.strip()
    return (rest if typed else value).strip()
