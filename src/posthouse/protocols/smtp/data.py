"""The bytes between DATA and its end, in both directions, by bulk operations only.

Only CRLF.CRLF ends the data; that alone makes SMTP smuggling impossible.
"""

from posthouse.protocols.smtp.content import Content, to_crlf

_END = b"\r\n.\r\n"
# What may be the beginning of the end and so waits for the next chunk, longest first.
_BEGINNINGS = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")


class UnsafeContent(ValueError):
    """Content that would not survive the wire as it is; nothing of it may be sent."""


class DataReader(Content):
    """Receives a message after 354: finds its end and removes the dots.

    The result does not depend on where chunks were cut.
    """

    __slots__ = ("_pending", "_skip")

    def __init__(self, limit: int, *, normalise: bool) -> None:
        """See `Content`."""
        super().__init__(limit, normalise=normalise)
        # The CRLF of the DATA command is the one that a leading dot follows (RFC 5321 4.1.1.4).
        self._pending = b"\r\n"
        self._skip = 2

    def feed(self, data: bytes) -> bytes | None:
        """Take a chunk. Answers None until the end is found, then the bytes behind the end."""
        self.received += len(data)
        work = self._pending + data
        end = work.find(_END)
        if end >= 0:
            self._keep_without_dots(work[: end + 2])
            return work[end + len(_END) :]
        held = next((len(start) for start in _BEGINNINGS if work.endswith(start)), 0)
        cut = len(work) - held
        self._pending = work[cut:]
        self._keep_without_dots(work[:cut])
        return None

    def _keep_without_dots(self, piece: bytes) -> None:
        # A piece never ends inside CRLF-dot, so the replacement sees each of them whole.
        piece = piece.replace(b"\r\n.", b"\r\n")
        if self._skip and piece:
            piece, self._skip = piece[self._skip :], 0
        if piece:
            self._keep(piece)


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
