"""BODYSTRUCTURE and BODY of a message as ready IMAP bytes (RFC 9051 7.5.2), sizes as served."""

from __future__ import annotations

from functools import lru_cache

from posthouse.protocols.mime.envelope import envelope
from posthouse.protocols.mime.imap_strings import header_string, nstring, seven_bit, string
from posthouse.protocols.mime.model import LEAF, MESSAGE, MULTIPART, Part, Scan
from posthouse.protocols.mime.unfold import unfold

# A part inside a message has two or three fields, the same from mail to mail.
_FEW_FIELDS, _SHORT_FIELD = 6, 120


def bodystructure(scan: Scan) -> bytes:
    """The extensible form, for BODYSTRUCTURE."""
    return _structure(scan, extended=True)


def body(scan: Scan) -> bytes:
    """The form without extension data, for BODY."""
    return _structure(scan, extended=False)


def _structure(scan: Scan, *, extended: bool) -> bytes:
    scan.measure()
    done: list[bytes] = [b""] * len(scan.parts)
    for part in reversed(scan.parts):  # children come after their parent
        done[part.index] = _part(scan, part, done, extended=extended)
        for child in part.children:
            done[child] = b""  # its bytes are inside now: else depth times size is held
    return done[0]


def _part(scan: Scan, part: Part, done: list[bytes], *, extended: bool) -> bytes:
    if part.kind == MULTIPART:
        return _multipart(part, done, extended=extended)
    if part.kind == MESSAGE:
        child = scan.parts[part.children[0]]
        lines = b" %b %b %d" % (envelope(scan, child), done[child.index], part.lines)
    else:
        lines = b" %d" % part.lines if part.type == "text" else b""
    before, after = _said_of(part)
    return b"%b%d%b%b" % (before, part.size, lines, after if extended else b")")


def _said_of(part: Part) -> tuple[bytes, bytes]:
    """What a leaf's header says, before and after its size."""
    fields = part.fields
    if part.kind == LEAF and part.parent >= 0 and len(fields) <= _FEW_FIELDS:
        key = tuple(fields)
        if all(len(value) <= _SHORT_FIELD for _, value in key):
            return _remembered(part.type, part.subtype, key)
    return _written(part)


@lru_cache(maxsize=1024)
def _remembered(
    main: str, sub: str, fields: tuple[tuple[bytes, bytes], ...]
) -> tuple[bytes, bytes]:
    part = Part(b"", 0, -1, 0, 0, 0)
    part.type, part.subtype, part.fields = main, sub, list(fields)
    return _written(part)


def _written(part: Part) -> tuple[bytes, bytes]:
    main, sub = part.type, part.subtype
    if part.kind == LEAF and (
        main == "multipart" or (main == "message" and sub in ("rfc822", "global"))
    ):
        main, sub = "application", "octet-stream"  # too deep, or encoded: not to be looked into
    before = b"(%b %b %b %b %b %b " % (
        string(main),
        string(sub),
        _parameters(_said(part)),
        _field(part, b"content-id"),
        _field(part, b"content-description"),
        string(part.encoding),
    )
    return before, b" %b%b)" % (_field(part, b"content-md5"), _tail(part))


def _multipart(part: Part, done: list[bytes], *, extended: bool) -> bytes:
    inside = b"".join(done[child] for child in part.children)
    out = b"(%b %b" % (inside, string(part.subtype))
    if extended:
        out += b" %b%b" % (_parameters(_said(part)), _tail(part))
    return out + b")"


def _said(part: Part) -> dict[str, str]:
    params = part.content_type.params
    if part.type == "text" and part.kind == LEAF and "charset" not in params:
        return {**params, "charset": "us-ascii"}  # RFC 2045 5.2
    return params


def _tail(part: Part) -> bytes:
    """Disposition, language and location, each with the space before it."""
    said = part.disposition
    if said.value:
        disposition = b"(%b %b)" % (string(said.value), _parameters(said.params))
    else:
        disposition = b"NIL"
    return b" %b %b %b" % (disposition, _languages(part), _field(part, b"content-location"))


def _languages(part: Part) -> bytes:
    value = part.get(b"content-language")
    tags = [tag.strip() for tag in unfold(value).split(",") if tag.strip()] if value else []
    if not tags:
        return b"NIL"
    if len(tags) == 1:
        return string(seven_bit(tags[0]))
    return b"(%b)" % b" ".join(string(seven_bit(tag)) for tag in tags)


def _field(part: Part, name: bytes) -> bytes:
    value = part.get(name)
    return header_string(value) if value else nstring(None)


def _parameters(params: dict[str, str]) -> bytes:
    if not params:
        return b"NIL"
    return b"(%b)" % b" ".join(
        b"%b %b" % (string(seven_bit(name)), string(seven_bit(value)))
        for name, value in params.items()
    )
