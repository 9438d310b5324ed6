"""ENVELOPE of a message as ready IMAP bytes (RFC 9051 7.5.2)."""

from __future__ import annotations

import re
from functools import lru_cache

from posthouse.protocols.mime.addresses import Address, ascii_domain, parse_addresses
from posthouse.protocols.mime.headers import body_charset
from posthouse.protocols.mime.imap_strings import header_string, nstring, seven_bit, string
from posthouse.protocols.mime.model import Part, Scan
from posthouse.protocols.mime.unfold import unfold

_MAX_REMEMBERED = 500
_BCC = 7  # date, subject, from, sender, reply-to, to, cc
_TOKEN = re.compile(rb'\(|\)|"[^"\\]*+(?:\\.[^"\\]*+)*+"|\{(\d+)\}\r\n|NIL| ', re.DOTALL)


def envelope(scan: Scan, part: Part | None = None) -> bytes:
    """The parenthesised ENVELOPE of the message, or of the one whose header `part` holds.

    All ten fields, always (clients stumble over nine). Display names stay encoded words; raw
    8-bit text is re-encoded as UTF-8 words. Sender and Reply-To fall back on From.
    """
    if part is None:
        part = scan.root
    ascii_only = all(value.isascii() for _, value in part.fields)
    hint = None if ascii_only else body_charset(scan)
    sender = _people(part, b"from", hint)
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        header_string(part.get(b"date"), hint),
        header_string(part.get(b"subject"), hint),
        sender,
        _or(_people(part, b"sender", hint), sender),
        _or(_people(part, b"reply-to", hint), sender),
        _people(part, b"to", hint),
        _people(part, b"cc", hint),
        _people(part, b"bcc", hint),
        header_string(part.get(b"in-reply-to"), hint),
        header_string(part.get(b"message-id"), hint),
    )


def with_blind_copies(envelope: bytes, values: list[bytes]) -> bytes:
    """An ENVELOPE that has NIL for bcc, with the people of these Bcc fields instead."""
    copies = _written(values, None)
    depth = items = position = 0
    while token := _TOKEN.match(envelope, position):
        start, position = position, token.end()
        if token[0] == b"(":
            depth += 1
        elif token[0] == b")":
            depth -= 1
        elif token[1] is not None:
            position += int(token[1])
        elif token[0] == b" " and depth == 1:
            items += 1
        elif token[0] == b"NIL" and depth == 1 and items == _BCC:
            return envelope[:start] + copies + envelope[position:]
    return envelope


def _or(value: bytes, fallback: bytes) -> bytes:
    return fallback if value == b"NIL" else value


def _people(part: Part, name: bytes, hint: str | None) -> bytes:
    values = part.get_all(name)
    if not values:
        return b"NIL"
    if len(values) == 1 and len(values[0]) <= _MAX_REMEMBERED:
        return _remembered(values[0], hint)
    return _written(values, hint)


@lru_cache(maxsize=2048)
def _remembered(value: bytes, hint: str | None) -> bytes:
    return _written([value], hint)


def _written(values: list[bytes], hint: str | None) -> bytes:
    found: list[Address] = []
    for value in values:
        found.extend(parse_addresses(unfold(value, hint)))
    if not found:
        return b"NIL"
    out: list[bytes] = [b"("]
    group: str | None = None
    for person in found:
        if person.group != group:
            if group is not None:
                out.append(b"(NIL NIL NIL NIL)")
            if person.group is not None:
                out.append(b"(NIL NIL %b NIL)" % string(seven_bit(person.group)))
            group = person.group
        if person.address or person.group is None:
            out.append(_person(person))
    if group is not None:
        out.append(b"(NIL NIL NIL NIL)")
    out.append(b")")
    return b"".join(out)


def _person(person: Address) -> bytes:
    name = seven_bit(person.raw_name) if person.raw_name else None
    domain = person.domain
    # An empty host is "", never NIL: NIL would announce a group.
    host = domain if domain.isascii() else ascii_domain(domain)
    route = nstring(seven_bit(person.route) if person.route else None)
    return b"(%b %b %b %b)" % (nstring(name), route, string(person.local), string(host))
