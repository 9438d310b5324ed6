"""BODYSTRUCTURE and BODY of a message as ready IMAP bytes (RFC 9051 7.5.2), sizes as served."""

from __future__ import annotations

from posthouse.protocols.mime.envelope import envelope
from posthouse.protocols.mime.imap_strings import header_string, nstring, seven_bit, string
from posthouse.protocols.mime.model import LEAF, MESSAGE, MULTIPART, Part, Scan
from posthouse.protocols.mime.unfold import unfold


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
    main, sub, lines = part.type, part.subtype, b""
    if part.kind == MESSAGE:
        child = scan.parts[part.children[0]]
        lines = b" %b %b %d" % (envelope(scan, child), done[child.index], part.lines)
    elif main == "text":
        lines = b" %d" % part.lines
    elif main == "multipart" or (main == "message" and sub in ("rfc822", "global")):
        main, sub = "application", "octet-stream"  # too deep, or encoded: not to be looked into
    out = b"(%b %b %b %b %b %b %d%b" % (
        string(main),
        string(sub),
        _parameters(_said(part)),
        _field(part, b"content-id"),
        _field(part, b"content-description"),
        string(part.encoding),
        part.size,
        lines,
    )
    if extended:
        out += b" %b%b" % (_field(part, b"content-md5"), _tail(part))
    return out + b")"


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
