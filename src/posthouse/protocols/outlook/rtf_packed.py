"""RTF as messages hold it: compressed by MS-OXRTFCP."""

import struct

from posthouse.protocols.outlook.errors import NotAMail

_HEADER = struct.Struct("<II4sI")
_PACKED, _PLAIN = b"LZFu", b"MELA"
_RING = 4096
# MS-OXRTFCP 2.1.2.1
_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
LARGEST = 64 << 20


def unpack(data: bytes) -> bytes:
    """The RTF. Raises NotAMail for what is no such thing."""
    if len(data) < _HEADER.size:
        raise NotAMail("has a body that is damaged")
    _size, raw_size, kind, _crc = _HEADER.unpack_from(data)
    body = data[_HEADER.size :]
    if kind == _PLAIN:
        return body[:raw_size]
    if kind != _PACKED or raw_size > LARGEST:
        raise NotAMail("has a body that is damaged")
    return bytes(_decompressed(body, raw_size))


def _decompressed(body: bytes, raw_size: int) -> bytearray:
    """MS-OXRTFCP 3.1.3: each bit of a control octet says: a literal, or what stood before."""
    out = bytearray(_START)
    wanted = len(_START) + raw_size
    at = 0
    while at < len(body) and len(out) < wanted:
        control = body[at]
        at += 1
        for bit in range(8):
            if at >= len(body) or len(out) >= wanted:
                break
            if not control >> bit & 1:
                out.append(body[at])
                at += 1
                continue
            reference = int.from_bytes(body[at : at + 2], "big")
            at += 2
            offset, length = reference >> 4, (reference & 0xF) + 2
            back = (len(out) - offset) % _RING
            if back == 0:
                return out[len(_START) : wanted]  # a reference to here is the end
            for _ in range(length):
                out.append(out[-back] if back <= len(out) else 0x20)
    return out[len(_START) : wanted]
