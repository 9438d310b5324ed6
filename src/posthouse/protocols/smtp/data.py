"""The bytes between DATA and its end, in both directions, by bulk operations only.

Only CRLF.CRLF ends the data; that alone makes SMTP smuggling impossible.
"""

import re

_END = b"\r\n.\r\n"
# What may be the beginning of the end and so waits for the next chunk, longest first.
_BEGINNINGS = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class UnsafeContent(ValueError):
    """Content that would not survive the wire as it is; nothing of it may be sent."""


class DataReader:
    """Receives a message after 354: finds its end, removes the dots, watches for bare CR, LF, NUL.

    The result does not depend on where chunks were cut. Past `limit` octets (the size as stored,
    RFC 1870 3) the content is dropped but read on, so that the reply comes at the right place.
    """

    __slots__ = (
        "_limit",
        "_normalise",
        "_pending",
        "_pieces",
        "_skip",
        "bare_cr",
        "bare_lf",
        "nul",
        "received",
        "size",
    )

    def __init__(self, limit: int, *, normalise: bool) -> None:
        """`normalise` turns bare CR and bare LF into CRLF; they are noted in either case."""
        self._limit = limit
        self._normalise = normalise
        self._pieces: list[bytes] = []
        # The CRLF of the DATA command is the one that a leading dot follows (RFC 5321 4.1.1.4).
        self._pending = b"\r\n"
        self._skip = 2
        self.received = 0
        self.size = 0
        self.bare_cr = self.bare_lf = self.nul = False

    def feed(self, data: bytes) -> bytes | None:
        """Take a chunk. Answers None until the end is found, then the bytes behind the end."""
        self.received += len(data)
        work = self._pending + data
        end = work.find(_END)
        if end >= 0:
            self._keep(work[: end + 2])
            return work[end + len(_END) :]
        held = next((len(start) for start in _BEGINNINGS if work.endswith(start)), 0)
        cut = len(work) - held
        self._pending = work[cut:]
        self._keep(work[:cut])
        return None

    @property
    def too_large(self) -> bool:
        """True when the content passed the limit; `content` is then incomplete."""
        return self.size > self._limit

    def content(self) -> bytes:
        """The message as sent, dots removed; empty or ending with CRLF."""
        return b"".join(self._pieces)

    def _keep(self, piece: bytes) -> None:
        piece = self._without_dots(piece)
        if not piece:
            return
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

    def _without_dots(self, piece: bytes) -> bytes:
        # A piece never ends inside CRLF-dot, so the replacement sees each of them whole.
        piece = piece.replace(b"\r\n.", b"\r\n")
        if self._skip and piece:
            piece, self._skip = piece[self._skip :], 0
        return piece


def to_crlf(content: bytes) -> bytes:
    """Every bare CR and bare LF becomes CRLF; unchanged content is returned as it is."""
    pairs = content.count(b"\r\n")
    if content.count(b"\r") == pairs == content.count(b"\n"):
        return content
    return _BARE.sub(b"\r\n", content)


def stuff(content: bytes) -> bytes:
    """Content ready to follow 354, its end included: normalised, then dot-stuffed, then checked.

    Raises `UnsafeContent` when the check finds an end before the end (it never should) or a NUL.
    """
    content = to_crlf(content)
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    if stuffed and not stuffed.endswith(b"\r\n"):
        stuffed += b"\r\n"
    wire = stuffed + b".\r\n"
    _check(wire)
    return wire


def _check(wire: bytes) -> None:
    pairs = wire.count(b"\r\n")
    if wire.count(b"\r") != pairs or wire.count(b"\n") != pairs:
        raise UnsafeContent("bare CR or LF in outgoing content")
    if b"\0" in wire:
        raise UnsafeContent("NUL in outgoing content")
    end = (b"\r\n" + wire).find(_END)
    if end + len(_END) != len(wire) + 2:
        raise UnsafeContent("the end of data stands inside the content")
