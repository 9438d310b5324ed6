"""Decoded header fields of a scanned message: text, people, dates, message ids."""

from __future__ import annotations

import re
from datetime import datetime

from posthouse.protocols.mime.addresses import Address, parse_addresses
from posthouse.protocols.mime.dates import parse_date
from posthouse.protocols.mime.encoded_words import decode_words
from posthouse.protocols.mime.model import LEAF, Scan
from posthouse.protocols.mime.unfold import unfold

MAX_MESSAGE_IDS = 1_000

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_COMMENT = re.compile(r"\([^()]*\)")
_ID = re.compile(r"<\s*+([^<>]{1,998}?)\s*+>")
_BARE_ID = re.compile(r'[^\s<>()",;]+@[^\s<>()",;]+')


def decode_text(value: bytes | None, hint: str | None = None) -> str:
    """An unstructured field (Subject, Comments) as one line of text."""
    if not value:
        return ""
    text = unfold(value, hint)
    if "=?" in text:
        text = decode_words(text)
        if not text.isprintable():
            text = _CONTROL.sub(" ", text)
    return text.strip()


def decode_addresses(values: list[bytes] | bytes | None, hint: str | None = None) -> list[Address]:
    """The mailboxes of an address field (or of all fields of that name), groups flattened."""
    if not values:
        return []
    if isinstance(values, bytes):
        return parse_addresses(unfold(values, hint))
    return [address for value in values for address in parse_addresses(unfold(value, hint))]


def decode_message_ids(value: bytes | None) -> list[str]:
    """Message ids without angle brackets, in order, once each (References, In-Reply-To)."""
    if not value:
        return []
    text = unfold(value)
    found: list[str] = _ID.findall(text) or _BARE_ID.findall(text)
    if " " in text:
        found = [_tight(identifier) for identifier in found]
    return list(dict.fromkeys(filter(None, found[:MAX_MESSAGE_IDS])))


def body_charset(scan: Scan) -> str | None:
    """The charset the message's first text says it has: the hint for raw 8-bit headers."""
    for part in scan.parts[:8]:
        if part.kind == LEAF and part.type == "text":
            return part.charset
    return None


def subject(scan: Scan) -> str:
    return decode_text(scan.header(b"subject"), _hint(scan, b"subject"))


def addresses(scan: Scan, name: bytes) -> list[Address]:
    """People in one field, by its lower-case name: b"from", b"to", b"reply-to" …"""
    values = scan.headers(name)
    if not values:
        return []
    hint = None if all(value.isascii() for value in values) else body_charset(scan)
    return decode_addresses(values, hint)


def date(scan: Scan) -> datetime | None:
    return parse_date(scan.header(b"date"))


def message_id(scan: Scan) -> str | None:
    """The Message-ID without brackets; also one written without brackets or with spaces."""
    value = scan.header(b"message-id")
    ids = decode_message_ids(value)
    if ids:
        return ids[0]
    bare = unfold(value).strip(" <>") if value else ""
    return bare[:998] or None


def in_reply_to(scan: Scan) -> list[str]:
    return decode_message_ids(scan.header(b"in-reply-to"))


def references(scan: Scan) -> list[str]:
    """Ids of References, oldest first; several fields are read as one."""
    return decode_message_ids(b" ".join(scan.headers(b"references")))


def _tight(identifier: str) -> str:
    """Without the white space and comments of obs-id-left (RFC 5322 4.5.4)."""
    if " " in identifier and "(" in identifier:
        identifier = _COMMENT.sub("", identifier)
    return identifier.replace(" ", "")


def _hint(scan: Scan, name: bytes) -> str | None:
    value = scan.header(name)
    return None if value is None or value.isascii() else body_charset(scan)
