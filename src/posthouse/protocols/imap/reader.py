"""Cuts the client's bytes into commands, whatever the chunks; lines and literals have limits.

Pull-based: pipelined commands wait in the buffer, IDLE and AUTHENTICATE ask for bare lines. A
literal is refused by its announced size, before a byte of it is kept.
"""

import re
from dataclasses import dataclass

from posthouse.protocols.imap.errors import BadCommand

_LITERAL_AT_END = re.compile(rb"~?\{(\d{1,20})(\+?)\}\Z")
_TAG = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\+]{1,64}(?= )")
_APPEND = re.compile(rb"\S+ append ", re.IGNORECASE)
_LITERAL_MARK_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLimits:
    """Octets, except `literals`. The defaults suit a client that has not signed in."""

    line: int = 8_192  # a command without its literals
    literal: int = 4_096  # all literals of a command together, APPEND apart
    append: int = 0  # the message literal of APPEND
    literals: int = 8  # how many in one command
    swallow: int = 65_536  # a refused LITERAL+ up to this is read and dropped, beyond it we hang up


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCommand:
    """One whole command: its text, where `{n}CRLF` stands for the next of `literals`."""

    text: bytes
    literals: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class ContinuationWanted:
    """The client waits for `+` before it sends its literal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedCommand:
    """A command beyond the limits; after a `fatal` one the input makes no sense any more."""

    tag: bytes | None
    text: str
    code: str | None = None
    fatal: bool = False


Event = RawCommand | ContinuationWanted | RejectedCommand


class CommandReader:
    """Feed bytes, then pull events until there are none."""

    def __init__(self, limits: ReaderLimits | None = None) -> None:
        self.limits = limits or ReaderLimits()
        self._buffer = bytearray()
        self._searched = 0  # no line end before this offset
        self._text = bytearray()
        self._literals: list[bytes] = []
        self._literal_octets = 0
        self._literal: bytearray | None = None
        self._missing = 0  # octets of the current literal still to come
        self._rejected: RejectedCommand | None = None

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def __len__(self) -> int:
        """Octets received and not yet pulled."""
        return len(self._buffer)

    def discard(self) -> None:
        """Forget everything received (RFC 3501 6.2.1: nothing said before TLS counts after it)."""
        self.__init__(self.limits)  # type: ignore[misc]

    def next_event(self) -> Event | None:
        """The next command, or what must happen before it is whole; None until more bytes come."""
        while self._take_literal():
            line = self._take_line()
            if line is None:
                return self._overlong(len(self._buffer))
            if len(self._text) + len(line) > self.limits.line:
                return self._overlong(len(line))
            mark = _LITERAL_AT_END.search(line, max(0, len(line) - _LITERAL_MARK_LENGTH))
            self._text += line
            if mark is None:
                return self._finish()
            self._text += b"\r\n"
            event = self._announce(int(mark[1]), waits=not mark[2])
            if event is not None:
                return event
        return None

    def next_line(self, limit: int) -> bytes | None:
        """A line outside the command grammar: a SASL response or DONE. None until it is whole."""
        line = self._take_line()
        if line is None and len(self._buffer) <= limit:
            return None
        if line is None or len(line) > limit:
            raise BadCommand("Line too long")
        return line

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line.removesuffix(b"\r")

    def _take_literal(self) -> bool:
        """Move what has come of the literal; True when none is missing."""
        if self._missing:
            piece = self._buffer[: self._missing]
            del self._buffer[: len(piece)]
            self._missing -= len(piece)
            if self._literal is not None:
                self._literal += piece
            if self._missing:
                return False
        if self._literal is not None:
            self._literals.append(bytes(self._literal))
            self._literal = None
        return True

    def _announce(self, size: int, *, waits: bool) -> Event | None:
        """Decide on a literal by its size alone."""
        if self._rejected is None:
            self._rejected = self._objection(size)
        if self._rejected is not None:
            if waits:  # the client will not send it without our `+`
                return self._finish()
            if size > self.limits.swallow:
                return self._finish(fatal=True)
            self._text.clear()  # RFC 7888 section 3: read it, throw it away, answer at the end
            self._missing, self._searched = size, 0
            return None
        self._missing, self._searched = size, 0
        self._literal = bytearray()
        return ContinuationWanted() if waits else None

    def _objection(self, size: int) -> RejectedCommand | None:
        if len(self._literals) >= self.limits.literals:
            return RejectedCommand(tag=self._tag(), text="Too many literals")
        if _APPEND.match(self._text) and size > self.limits.literal:
            if size > self.limits.append:
                return RejectedCommand(tag=self._tag(), code="TOOBIG", text="Message too big")
            return None
        self._literal_octets += size
        if self._literal_octets > self.limits.literal:
            return RejectedCommand(tag=self._tag(), code="TOOBIG", text="Literal too big")
        return None

    def _overlong(self, length: int) -> Event | None:
        if len(self._text) + length <= self.limits.line:
            return None
        if not self._text:
            self._text += self._buffer[:256]
        self._rejected = RejectedCommand(tag=self._tag(), code="TOOBIG", text="Line too long")
        return self._finish(fatal=True)

    def _tag(self) -> bytes | None:
        tag = _TAG.match(self._text)
        return tag[0] if tag else None

    def _finish(self, *, fatal: bool = False) -> RawCommand | RejectedCommand:
        """Hand the command out and be ready for the next one."""
        rejected, raw = self._rejected, None
        if rejected is None:
            raw = RawCommand(text=bytes(self._text), literals=tuple(self._literals))
        self._text.clear()
        self._literals.clear()
        self._literal, self._literal_octets, self._rejected = None, 0, None
        if rejected is None:
            assert raw is not None
            return raw
        if fatal:
            self._buffer.clear()
            self._searched = self._missing = 0
            return RejectedCommand(
                tag=rejected.tag, text=rejected.text, code=rejected.code, fatal=True
            )
        return rejected
