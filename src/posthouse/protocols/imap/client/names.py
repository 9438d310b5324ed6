"""Names of mailboxes as a person reads them, whatever a server made of them."""

import base64
import binascii
import re

from posthouse.protocols.imap import utf7

_SHIFTED = re.compile(rb"&([A-Za-z0-9+/,]*)-")
_FALLBACKS = ("utf-8", "gb18030")


def decode_name(wire: bytes) -> str:
    """Modified UTF-7, or what some send in its place: UTF-8, GBK, UTF-7 that is not canonical.

    Never raises. Two names may read alike: only their octets tell mailboxes apart.
    """
    try:
        return utf7.decode(wire)
    except ValueError:
        pass
    if max(wire) < 0x80:
        return _SHIFTED.sub(_unshift, wire).decode("utf-8", "replace")
    for charset in _FALLBACKS:
        try:
            return wire.decode(charset)
        except UnicodeDecodeError:
            continue
    return wire.decode("latin-1")


def _unshift(match: re.Match[bytes]) -> bytes:
    if not match[1]:
        return b"&"
    packed = match[1].replace(b",", b"/")
    try:
        octets = base64.b64decode(packed + b"=" * (-len(packed) % 4))
        return octets.decode("utf-16-be").encode()
    except (binascii.Error, ValueError):
        return match[0]
