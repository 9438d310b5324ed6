"""Writes what a server says (RFC 3501 7 and 9): pieces, and whole lines with their CRLF."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from posthouse.protocols.imap import utf7

_ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+\Z")
_QUOTABLE = re.compile(rb"[^\x00\r\n\x80-\xff]{0,1000}\Z")
_RUNS_IN_A_LINE = 300  # about 6,000 octets; RFC 7162 4 asks for no more than 8,192
_UNSAFE_IN_TEXT = re.compile(r"[^\x20-\x7e]+")


def quoted(text: bytes) -> bytes:
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def literal(octets: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(octets), octets)


def binary(octets: bytes) -> bytes:
    """A literal, of the kind that may hold NUL where it does (RFC 3516 4.2)."""
    return b"~" + literal(octets) if b"\x00" in octets else literal(octets)


def string(octets: bytes) -> bytes:
    """Quoted when it can be, else a literal."""
    return quoted(octets) if _QUOTABLE.match(octets) else literal(octets)


def nstring(octets: bytes | None) -> bytes:
    return b"NIL" if octets is None else string(octets)


def astring(octets: bytes) -> bytes:
    return octets if _ATOM.match(octets) and octets.upper() != b"NIL" else string(octets)


def mailbox(name: str, *, utf8: bool = False) -> bytes:
    """Always quoted: INBOX and NIL need no thought then, and clients expect it."""
    return quoted(name.encode("utf-8")) if utf8 else string(utf7.encode(name))


def parenthesised(items: Iterable[bytes]) -> bytes:
    return b"(" + b" ".join(items) + b")"


def untagged(body: bytes) -> bytes:
    return b"* " + body + b"\r\n"


def condition(state: str, text: str, *, tag: bytes = b"*", code: str | None = None) -> bytes:
    """OK, NO, BAD, BYE or PREAUTH; `text` becomes one line of ASCII."""
    bracket = f"[{code}] " if code else ""
    line = f"{state} {bracket}{_UNSAFE_IN_TEXT.sub('?', text) or 'Done'}"
    return tag + b" " + line.encode("ascii", "replace") + b"\r\n"


def vanished_lines(runs: Iterable[tuple[int, int]], *, earlier: bool = False) -> bytes:
    """VANISHED responses (RFC 7162 3.2.10) for runs of uids, of a length every client can read."""
    start = b"* VANISHED (EARLIER) " if earlier else b"* VANISHED "
    texts = (b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in runs)
    return b"".join(start + b",".join(line) + b"\r\n" for line in batched(texts, _RUNS_IN_A_LINE))


def batched(pieces: Iterable[bytes], count: int) -> Iterator[list[bytes]]:
    """Lists of at most `count` pieces."""
    rest = iter(pieces)
    while line := list(islice(rest, count)):
        yield line


def continuation(text: bytes = b"") -> bytes:
    return b"+ " + text + b"\r\n"
