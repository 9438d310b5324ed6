import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.proxy import BadHeader, Source, read_header

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V4 = struct.pack("!4s4sHH", bytes([192, 0, 2, 1]), bytes([192, 0, 2, 9]), 56324, 25)
V6 = struct.pack(
    "!16s16sHH",
    ipaddress.ip_address("2001:db8::1").packed,
    ipaddress.ip_address("2001:db8::9").packed,
    56324,
    25,
)


def binary(command: int, family: int, body: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


HEADERS = {
    b"PROXY TCP4 192.0.2.1 192.0.2.9 56324 25\r\n": Source("192.0.2.1", 56324),
    b"PROXY TCP6 2001:db8::1 2001:DB8::9 56324 25\r\n": Source("2001:db8::1", 56324),
    b"PROXY UNKNOWN\r\n": None,
    b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n": None,
    binary(0x21, 0x11, V4): Source("192.0.2.1", 56324),
    binary(0x21, 0x21, V6): Source("2001:db8::1", 56324),
    binary(0x21, 0x11, V4 + b"\x04\x00\x03abc"): Source("192.0.2.1", 56324),
    binary(0x20, 0x00, b""): None,
    binary(0x20, 0x11, V4): None,
    binary(0x21, 0x00, b""): None,
    binary(0x21, 0x31, b"x" * 216): None,
}


@pytest.mark.parametrize("header", HEADERS)
def test_the_header_ends_where_the_client_begins(header):
    assert read_header(header + b"EHLO c\r\n") == (HEADERS[header], len(header))
    for cut in range(len(header)):
        assert read_header(header[:cut]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"EHLO c\r\n",
        b"\x16\x03\x01",
        b"PROXY TCP4 192.0.2.1 192.0.2.9 56324\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.9 56324 25 \r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.9 99999 25\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::9 1 25\r\n",
        b"PROXY TCP6 fe80::1%eth0 2001:db8::9 1 25\r\n",
        b"PROXY TCP4 192.0.2.1\n192.0.2.9 1 25\r\n",
        b"proxy TCP4 192.0.2.1 192.0.2.9 1 25\r\n",
        b"PROXY UDP4 192.0.2.1 192.0.2.9 1 25\r\n",
        b"PROXY " + b"x" * 200,
        binary(0x11, 0x11, V4),
        binary(0x22, 0x11, V4),
        binary(0x21, 0x11, V4[:-1]),
        SIGNATURE + struct.pack("!BBH", 0x21, 0x11, 60_000),
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(BadHeader):
        read_header(data)


@given(st.binary(max_size=300), st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE]))
def test_no_bytes_break_it(noise, start):
    try:
        found = read_header(start + noise)
    except BadHeader:
        return
    assert found is None or 0 < found[1] <= len(start + noise)
