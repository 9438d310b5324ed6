"""Command lines out of what came in: whole ones, bounded, ended by CRLF and by nothing else."""

from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.profile import Limits
from posthouse.protocols.smtp.reply import Reply


class LineReader:
    """Takes lines from the front of `buffer`, which others fill and empty."""

    __slots__ = ("_buffer", "_limits", "_skipping")

    def __init__(self, buffer: bytearray, limits: Limits) -> None:
        self._buffer = buffer
        self._limits = limits
        self._skipping = False

    def take(self, *, in_exchange: bool) -> bytes | Reply | None:
        """A line without its end, a refusal, or None when more has to come.

        `in_exchange` says that the line is a response of SASL.
        """
        while True:
            end = self._buffer.find(b"\r\n")
            if self._skipping:
                # The last octet may be half of the CRLF.
                del self._buffer[: end + 2 if end >= 0 else -1]
                if end < 0:
                    return None
                self._skipping = False
                continue
            bound = self._bound(in_exchange)
            if 0 <= end <= bound:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 2]
                return replies.BARE_LINE_END if b"\n" in line or b"\r" in line else line
            if len(self._buffer) > bound:
                self._skipping = True
                return replies.LINE_TOO_LONG
            return replies.BARE_LINE_END if b"\n" in self._buffer else None

    def _bound(self, in_exchange: bool) -> int:
        # AUTH with an initial response may be as long as a response (RFC 4954 4).
        if in_exchange or self._buffer[:5].upper() == b"AUTH ":
            return self._limits.auth_line
        return self._limits.command_line
