"""Mailbox names in modified UTF-7 (RFC 3501 5.1.3)."""

import base64
import binascii
import re

_NON_ASCII = re.compile(r"[^\x20-\x7e]+|&")
_SHIFTED = re.compile(r"&([^-]*)-")


def encode(name: str) -> bytes:
    """`name` as it travels; every string has exactly one spelling."""
    return _NON_ASCII.sub(_shift, name).encode("ascii")


def decode(raw: bytes) -> str:
    """The name that `raw` spells. Raises ValueError for anything `encode` would not have written.

    Octets above 127 are taken as UTF-8: clients that speak IMAP4rev2 send them unasked.
    """
    if max(raw, default=0) > 0x7F:
        return raw.decode("utf-8")
    text = raw.decode("ascii")
    if "&" not in text:
        return text
    name = _SHIFTED.sub(_unshift, text)
    if encode(name) != raw:
        raise ValueError("not modified UTF-7")
    return name


def _shift(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    packed = base64.b64encode(match[0].encode("utf-16-be"), b"+,")
    return "&" + packed.rstrip(b"=").decode("ascii") + "-"


def _unshift(match: re.Match[str]) -> str:
    if not match[1]:
        return "&"
    packed = match[1].encode("ascii").replace(b",", b"/")
    try:
        octets = base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not modified UTF-7") from error
    return octets.decode("utf-16-be")
