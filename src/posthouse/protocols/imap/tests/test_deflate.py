"""Deflated streams: the same octets on the other side, and nothing but a refusal of noise."""

import contextlib
import zlib

from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.deflate import BrokenStream, Deflate


def inflated(stream):
    pieces = []
    while stream.waiting:
        pieces.append(stream.inflate())
        assert len(pieces[-1]) <= 64 * 1024
    return b"".join(pieces)


@given(st.lists(st.binary(max_size=500), max_size=8), st.integers(1, 50))
def test_round_trip(pieces, step):
    there, here = Deflate(), Deflate()
    sent = b"".join(there.deflate(piece) for piece in pieces)
    came = b""
    for start in range(0, len(sent), step):
        here.feed(sent[start : start + step])
        came += inflated(here)
    assert came == b"".join(pieces)


@given(st.binary(max_size=300))
def test_noise(octets):
    stream = Deflate()
    stream.feed(octets)
    with contextlib.suppress(BrokenStream):
        inflated(stream)


def test_a_piece_at_a_time():
    packer = zlib.compressobj(wbits=-15)
    stream = Deflate()
    stream.feed(packer.compress(bytes(2**24)) + packer.flush(zlib.Z_SYNC_FLUSH))
    assert len(stream.inflate()) == 64 * 1024
    assert stream.waiting > 0
    assert len(inflated(stream)) == 2**24 - 64 * 1024
