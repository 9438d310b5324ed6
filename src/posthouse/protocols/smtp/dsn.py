"""What a sender wants to hear of a message: RET, ENVID, NOTIFY and ORCPT (RFC 3461 4, RFC 6533)."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from posthouse.protocols.smtp.address import Address

Ret = Literal["", "FULL", "HDRS"]

_ENVID_LIMIT = 100  # RFC 3461 4.4
_ORCPT_LIMIT = 500  # RFC 3461 4.2
_ADDRESS_TYPE = re.compile(r"[A-Za-z0-9-]+")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
# RFC 6533 3: QUCHAR is all but "+", "=" and "\", and those are embedded like the rest of Unicode.
_UNITEXT = re.compile(r"(?:[!-*,-<>-\[\]-~]|[^\x00-\x9f]|\\x\{[0-9A-F]{1,6}\})+")
_EMBEDDED = re.compile(r"\\x\{([0-9A-F]{1,6})\}")


class BadXtext(ValueError):
    """The text is not what RFC 3461 4 or RFC 6533 3 calls encoded."""


class Notify(enum.Flag):
    """On which occasions a report is wanted (RFC 3461 4.1)."""

    NEVER = 0
    SUCCESS = 1
    FAILURE = 2
    DELAY = 4


# Who says nothing hears of failures and delays.
UNSAID = Notify.FAILURE | Notify.DELAY


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRequest:
    """NOTIFY and ORCPT of one recipient. `original` is `type;encoded`, as it came, or empty."""

    notify: Notify | None = None
    original: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DsnRequest:
    """RET and ENVID (still encoded) of a message, and what was said for some of its recipients."""

    ret: Ret = ""
    envid: str = ""
    recipients: Mapping[Address, RecipientRequest] = field(default_factory=dict)


def parse_ret(value: str | None) -> Ret:
    """RFC 3461 4.3. Raises `BadXtext`."""
    match (value or "").upper():
        case "FULL":
            return "FULL"
        case "HDRS":
            return "HDRS"
        case _:
            raise BadXtext("RET is FULL or HDRS")


def parse_envid(value: str | None) -> str:
    """RFC 3461 4.4: what is encoded has to be printable. Raises `BadXtext`."""
    plain = decode_xtext(value or "")
    if not value or len(value) > _ENVID_LIMIT or not (plain.isascii() and plain.isprintable()):
        raise BadXtext("ENVID is xtext of up to 100 characters")
    return value


def parse_notify(value: str | None) -> Notify:
    """RFC 3461 4.1: NEVER alone, or a list. Raises `BadXtext`."""
    words = (value or "").upper().split(",")
    if words == ["NEVER"]:
        return Notify.NEVER
    wanted = Notify.NEVER
    for word in words:
        if word not in ("SUCCESS", "FAILURE", "DELAY"):
            raise BadXtext("NOTIFY is NEVER, or of SUCCESS, FAILURE and DELAY")
        wanted |= Notify[word]
    return wanted


def parse_original(value: str | None) -> str:
    """ORCPT: `type;encoded`, checked and left as it is (RFC 3461 4.2). Raises `BadXtext`."""
    text = value or ""
    if len(text) > _ORCPT_LIMIT or not _is_printable(decode_original(text).partition(";")[2]):
        raise BadXtext("ORCPT is a type, a semicolon and an encoded address")
    return text


def decode_original(original: str) -> str:
    """`type;address` with the address as people write it. Raises `BadXtext`."""
    kind, semicolon, encoded = original.partition(";")
    if not semicolon or not encoded or not _ADDRESS_TYPE.fullmatch(kind):
        raise BadXtext("an address has a type")
    decode = _decode_unitext if kind.lower() == "utf-8" else decode_xtext
    return f"{kind};{decode(encoded)}"


def ascii_original(original: str) -> str:
    """The same ORCPT for a server or a report that knows no UTF-8 (RFC 6533 3)."""
    return "".join(c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in original)


def utf8_original(plain: str) -> str:
    """`type;address`, decoded, as a report has it: outside ASCII the form of RFC 6533 3."""
    kind, _, address = plain.partition(";")
    if kind.lower() != "utf-8":
        return plain
    return f"{kind};" + "".join(
        c if "!" <= c <= "~" and c not in "+=\\" else f"\\x{{{ord(c):X}}}" for c in address
    )


def notify_words(notify: Notify) -> str:
    """The value of NOTIFY."""
    return ",".join(one.name or "" for one in Notify if one in notify and one) or "NEVER"


def decode_xtext(text: str) -> str:
    """RFC 3461 4: `+2B` and the like become characters. Raises `BadXtext`."""
    if not _XTEXT.fullmatch(text):
        raise BadXtext("not valid xtext")
    raw = re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)
    return raw.encode("latin-1").decode("utf-8", "replace")


def _decode_unitext(text: str) -> str:
    """RFC 6533 3: `\\x{4E2D}` becomes the character; others may stand for themselves."""
    if not _UNITEXT.fullmatch(text):
        raise BadXtext("not valid utf-8-addr-xtext")
    return _EMBEDDED.sub(lambda match: _character(int(match[1], 16)), text)


def _character(point: int) -> str:
    if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        raise BadXtext("no such character")
    return chr(point)


def _is_printable(text: str) -> bool:
    return text.isprintable() and "\ufffd" not in text
