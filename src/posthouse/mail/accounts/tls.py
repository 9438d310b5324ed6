"""TLS of a client, over octets that somebody else carries.

The event loops' own TLS keeps two buffers of 256 KiB for each connection that ever read much: a
thousand idle accounts would hold half a gigabyte. Fed in slices, this one keeps some 40 KiB.
"""

import contextlib
import ssl
from collections.abc import Iterator

# A record holds 16 KiB (RFC 8446 5.1): buffers grow to two of them at most.
_SLICE = 16 * 1024


class TlsStream:
    """`pending` has to be sent after every call. All calls raise ssl.SSLError."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._came = ssl.MemoryBIO()
        self._goes = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._came, self._goes, server_hostname=host)
        self.ready = False  # the handshake is done, the certificate was believed
        self.ended = False  # the server has said that nothing more comes

    def begin(self) -> None:
        """The first words of the handshake."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self._object.do_handshake()
            self.ready = True

    def receive(self, data: bytes) -> Iterator[bytes]:
        """What the server says in `data`, in the clear."""
        view = memoryview(data)
        for start in range(0, len(data), _SLICE):
            self._came.write(view[start : start + _SLICE])
            if not self.ready:
                self.begin()
            if self.ready:
                yield from self._read()

    def send(self, data: bytes) -> Iterator[bytes]:
        """`data` as it has to be sent, in pieces."""
        view = memoryview(data)
        for start in range(0, len(data), _SLICE):
            self._object.write(view[start : start + _SLICE])
            yield self._goes.read()

    def end(self) -> None:
        """Say that nothing more comes; what the server says to that is not awaited."""
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()

    def pending(self) -> bytes:
        """What has to be sent now."""
        return self._goes.read()

    def _read(self) -> Iterator[bytes]:
        while not self.ended:
            try:
                piece = self._object.read(_SLICE)
            except ssl.SSLWantReadError:
                return
            if piece:
                yield piece
            else:
                self.ended = True
