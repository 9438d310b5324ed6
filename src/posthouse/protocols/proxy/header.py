"""Reading the header (haproxy.org, doc/proxy-protocol.txt, 2.1 and 2.2)."""

import ipaddress
import re
import struct
from dataclasses import dataclass

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED = len(_SIGNATURE) + 4
_V1_LIMIT = 107  # 2.1: with its CRLF
_V2_LIMIT = 2048  # addresses and extensions; ours have no use for the latter
_V1_PREFIX = b"PROXY "
_V1 = re.compile(r"PROXY (TCP4|TCP6) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5})")
_LOCAL, _PROXY = 0x20, 0x21
_FAMILIES = {0x11: ("!4s4sHH", ipaddress.IPv4Address), 0x21: ("!16s16sHH", ipaddress.IPv6Address)}


class BadHeader(ValueError):
    """What came is no PROXY header; nothing of it is to be believed."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who is behind the proxy."""

    host: str
    port: int


def read_header(data: bytes) -> tuple[Source | None, int] | None:
    """The client and the header's length; None while more has to come. Raises `BadHeader`.

    The client is None when the proxy speaks for itself (LOCAL, its health checks) or does not know.
    """
    if data.startswith(_SIGNATURE[: len(data)]) and data:
        return _read_binary(data)
    if data.startswith(_V1_PREFIX[: len(data)]):
        return _read_text(data)
    raise BadHeader("no PROXY header")


def _read_text(data: bytes) -> tuple[Source | None, int] | None:
    end = data.find(b"\r\n", 0, _V1_LIMIT)
    if end < 0:
        if len(data) >= _V1_LIMIT:
            raise BadHeader("PROXY line too long")
        return None
    line = data[:end].decode("ascii", "replace")
    if line == "PROXY UNKNOWN" or line.startswith("PROXY UNKNOWN "):
        return None, end + 2
    match = _V1.fullmatch(line)
    if match is None:
        raise BadHeader("PROXY line cannot be read")
    version = 4 if match[1] == "TCP4" else 6
    source, _ = _address(match[2], version), _address(match[3], version)
    ports = int(match[4]), int(match[5])
    if max(ports) > 65535:
        raise BadHeader("no such port")
    return Source(source, ports[0]), end + 2


def _address(text: str, version: int) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise BadHeader("no address") from error
    if address.version != version or "%" in text:
        raise BadHeader("an address of another family")
    return str(address)


def _read_binary(data: bytes) -> tuple[Source | None, int] | None:
    if len(data) < _FIXED:
        return None
    command, family, length = struct.unpack_from("!BBH", data, len(_SIGNATURE))
    if command not in (_LOCAL, _PROXY):
        raise BadHeader("unknown version or command")
    if length > _V2_LIMIT:
        raise BadHeader("PROXY header too long")
    if len(data) < _FIXED + length:
        return None
    if command == _LOCAL or family not in _FAMILIES:
        return None, _FIXED + length
    layout, kind = _FAMILIES[family]
    if length < struct.calcsize(layout):
        raise BadHeader("addresses are cut off")
    source, _, port, _ = struct.unpack_from(layout, data, _FIXED)
    return Source(str(kind(source)), port), _FIXED + length
