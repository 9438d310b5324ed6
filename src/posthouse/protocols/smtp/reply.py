"""SMTP replies, written by a server and read by a client (RFC 5321 4.2, RFC 2034, RFC 3463)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# RFC 5321 4.5.3.1.5 says 512 octets; real servers pass it, so the bound only guards memory.
LINE_LIMIT = 8192
LINES_LIMIT = 512

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |$)")
_CODE = re.compile(r"[2-5][0-9]{2}(?:[ -]|$)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class BadReply(ValueError):
    """What came from the server is not an SMTP reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. Lines of `text` are split by a line feed; `enhanced` is like `5.1.1`, or empty."""

    code: int
    text: str
    enhanced: str = ""

    def encode(self) -> bytes:
        """The bytes for the wire, every line with its code (RFC 2034 4: the enhanced one too)."""
        prefix = f"{self.enhanced} " if self.enhanced else ""
        lines = [_CONTROL.sub(" ", line) for line in self.text.split("\n")]
        last = f"{self.code} {prefix}{lines[-1]}\r\n"
        before = [f"{self.code}-{prefix}{line}\r\n" for line in lines[:-1]]
        return "".join([*before, last]).encode()

    @property
    def positive(self) -> bool:
        """2xx and 3xx."""
        return self.code < 400

    @property
    def temporary(self) -> bool:
        """4xx: the same act may succeed later."""
        return 400 <= self.code < 500

    @property
    def permanent(self) -> bool:
        """5xx."""
        return self.code >= 500

    def __str__(self) -> str:
        enhanced = f" {self.enhanced}" if self.enhanced else ""
        return f"{self.code}{enhanced} {self.text}".replace("\n", " ").rstrip()


class ReplyReader:
    """Collects bytes into replies; holds what is not yet whole."""

    __slots__ = ("_buffer", "_lines")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._lines: list[str] = []

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Take bytes; the replies they complete are read as they are asked for. Raises `BadReply`.

        Lines may end with a bare LF: some servers do so, and nothing can be smuggled in a reply.
        """
        self._buffer += data
        return self._replies()

    def forget(self) -> None:
        """Drop what came before a TLS handshake (RFC 3207 4.2)."""
        self._buffer.clear()
        self._lines.clear()

    def _replies(self) -> Iterator[Reply]:
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            reply = self._take(line)
            if reply is not None:
                yield reply
        if len(self._buffer) > LINE_LIMIT:
            raise BadReply("reply line too long")

    def _take(self, line: bytes) -> Reply | None:
        text = line.decode("utf-8", "replace")
        if len(line) > LINE_LIMIT or len(self._lines) >= LINES_LIMIT:
            raise BadReply("reply too long")
        if not _CODE.match(text):
            raise BadReply(f"not a reply: {text[:80]!r}")
        self._lines.append(_CONTROL.sub(" ", text[4:]))
        if text[3:4] == "-":
            return None
        lines, self._lines = self._lines, []
        return _make_reply(int(text[:3]), lines)


def _make_reply(code: int, lines: list[str]) -> Reply:
    match = _ENHANCED.match(lines[-1])
    if match is None or match[1][0] != str(code)[0]:
        return Reply(code, "\n".join(lines))
    enhanced = match[1]
    stripped = (line.removeprefix(enhanced).removeprefix(" ") for line in lines)
    return Reply(code, "\n".join(stripped), enhanced)
