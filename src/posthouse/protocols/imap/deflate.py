"""The stream of COMPRESS=DEFLATE (RFC 4978): deflate without a header, both ways.

A few octets may become gigabytes: what came is only inflated as far as somebody asks for it.
"""

import zlib

_PIECE = 64 * 1024  # inflated at once
# A window of 8 KiB instead of 32: 64 KiB of memory a connection instead of 256, and mail hardly
# grows by it. The client's own window is as large as it likes.
_OUR_WINDOW, _MEMORY_LEVEL, _LEVEL = -13, 6, 1
_LARGEST_WINDOW = -15


class BrokenStream(Exception):
    """What came is not deflated, or its end came."""


class Deflate:
    """One connection's two streams."""

    def __init__(self) -> None:
        self._in = zlib.decompressobj(_LARGEST_WINDOW)
        self._out = zlib.compressobj(
            _LEVEL, wbits=_OUR_WINDOW, memLevel=_MEMORY_LEVEL, method=zlib.DEFLATED
        )
        self._waiting = bytearray()

    def feed(self, octets: bytes) -> None:
        """What came; it waits until it is asked for."""
        self._waiting += octets

    @property
    def waiting(self) -> int:
        """Octets that came and were not inflated yet."""
        return len(self._waiting)

    def inflate(self) -> bytes:
        """The next piece, of bounded size; empty when nothing waits. Raises BrokenStream."""
        try:
            piece = self._in.decompress(self._waiting, _PIECE)
        except zlib.error as error:
            raise BrokenStream from error
        self._waiting = bytearray(self._in.unconsumed_tail)
        if self._in.eof:  # neither side may end the stream (RFC 4978 4)
            raise BrokenStream
        return piece

    def deflate(self, octets: bytes) -> bytes:
        """So that the other side can read all of it."""
        return self._out.compress(octets) + self._out.flush(zlib.Z_SYNC_FLUSH)
