"""What a message is made of while it comes in, whichever command carries it: DATA or BDAT."""

import re

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class Content:
    """Gathers pieces up to a limit and watches for bare CR, bare LF and NUL.

    Past `limit` octets (the size as stored, RFC 1870 3) nothing more is kept, but read on, so that
    the reply comes at the right place.
    """

    __slots__ = ("_limit", "_normalise", "_pieces", "bare_cr", "bare_lf", "nul", "received", "size")

    def __init__(self, limit: int, *, normalise: bool) -> None:
        """`normalise` turns bare CR and bare LF into CRLF; they are noted in either case."""
        self._limit = limit
        self._normalise = normalise
        self._pieces: list[bytes] = []
        self.received = 0
        self.size = 0
        self.bare_cr = self.bare_lf = self.nul = False

    @property
    def too_large(self) -> bool:
        """True when the content passed the limit; `content` is then incomplete."""
        return self.size > self._limit

    def content(self) -> bytes:
        """The message as sent; empty or ending with CRLF."""
        return b"".join(self._pieces)

    def _keep(self, piece: bytes) -> None:
        """Add a piece; its last octet is not the CR of a CRLF that was cut in two."""
        pairs = piece.count(b"\r\n")
        bare_cr = piece.count(b"\r") != pairs
        bare_lf = piece.count(b"\n") != pairs
        self.bare_cr |= bare_cr
        self.bare_lf |= bare_lf
        self.nul |= b"\0" in piece
        if self._normalise and (bare_cr or bare_lf):
            piece = _BARE.sub(b"\r\n", piece)
        self.size += len(piece)
        if self.size > self._limit:
            self._pieces.clear()
        else:
            self._pieces.append(piece)


def to_crlf(content: bytes) -> bytes:
    """Every bare CR and bare LF becomes CRLF; unchanged content is returned as it is."""
    pairs = content.count(b"\r\n")
    if content.count(b"\r") == pairs == content.count(b"\n"):
        return content
    return _BARE.sub(b"\r\n", content)
