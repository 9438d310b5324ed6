"""Reads the elements of RFC 3501 section 9 out of one whole command, without backtracking."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.reader import RawCommand

_CTL_AND_8BIT = rb"\x00-\x20\x7f-\xff"
_TAG = re.compile(rb"[^" + _CTL_AND_8BIT + rb"(){%*\"\\+]{1,64}")
_ATOM = re.compile(rb"[^" + _CTL_AND_8BIT + rb"(){%*\"\\\]]+")
_ASTRING_ATOM = re.compile(rb"[^" + _CTL_AND_8BIT + rb"(){%*\"\\]+")
_LIST_ATOM = re.compile(rb"[^" + _CTL_AND_8BIT + rb"(){\"\\]+")
_FLAG = re.compile(rb"\\?[^" + _CTL_AND_8BIT + rb"(){%*\"\\\]]+")
_QUOTED = re.compile(rb'"([^\x00\r\n"\\]*(?:\\[^\x00\r\n][^\x00\r\n"\\]*)*)"')
_ESCAPED = re.compile(rb"\\(.)")
_LITERAL = re.compile(rb"~?\{\d+\+?\}\r\n")
_NUMBER = re.compile(rb"\d{1,20}")
_SEQUENCE_SET = re.compile(rb"[\d*:,]+|\$")
_WORD = re.compile(rb"[A-Za-z0-9.]+")

MAX_DEPTH = 50
MAX_NUMBER = 2**63 - 1  # RFC 7162 7: mod-sequences are 63-bit
MAX_NZ_NUMBER = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Enabled:
    """What changes how commands are read: UTF8=ACCEPT (RFC 9755) and IMAP4rev2."""

    utf8_accept: bool = False
    rev2: bool = False

    @property
    def utf8_names(self) -> bool:
        """Names of mailboxes are UTF-8, no longer modified UTF-7 (RFC 9755 3, RFC 9051 5.1)."""
        return self.utf8_accept or self.rev2


NOTHING_ENABLED = Enabled()


class Scanner:
    """A position in a command. Each method takes one element or raises BadCommand."""

    __slots__ = ("_depth", "_literals", "enabled", "position", "text")

    def __init__(self, raw: RawCommand, enabled: Enabled = NOTHING_ENABLED) -> None:
        self.text = raw.text
        self.enabled = enabled
        self.position = 0
        self._literals = iter(raw.literals)
        self._depth = 0

    # -- shape ---------------------------------------------------------------

    def at(self, octet: bytes) -> bool:
        return self.text.startswith(octet, self.position)

    def at_end(self) -> bool:
        return self.position >= len(self.text)

    def skip(self, octets: bytes) -> bool:
        """Step over `octets` when they are next."""
        if not self.at(octets):
            return False
        self.position += len(octets)
        return True

    def skip_word(self, word: bytes) -> bool:
        """The same in any case; `word` is in upper case."""
        if self.text[self.position : self.position + len(word)].upper() != word:
            return False
        self.position += len(word)
        return True

    def expect(self, octets: bytes) -> None:
        if not self.skip(octets):
            raise BadCommand(
                f"Expected {octets.decode('ascii')!r}" if octets != b" " else "Missing argument"
            )

    def space(self) -> None:
        self.expect(b" ")

    def end(self) -> None:
        """Nothing may follow; trailing spaces are forgiven as every server does."""
        if self.text[self.position :].strip(b" "):
            raise BadCommand("Unexpected extra arguments")

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level of nesting, of which there are at most MAX_DEPTH."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadCommand("Nested too deeply")
        yield
        self._depth -= 1

    # -- words ---------------------------------------------------------------

    def tag(self) -> bytes:
        return self._match(_TAG, "Missing tag")

    def atom(self) -> bytes:
        return self._match(_ATOM, "Expected an atom")

    def keyword(self) -> str:
        """An atom that names something in the protocol, in upper case."""
        return self.atom().decode("ascii").upper()

    def word(self) -> str:
        """Letters, digits and dots in upper case: the name of a FETCH attribute or a section."""
        return self._match(_WORD, "Expected a name").decode("ascii").upper()

    def number(self, highest: int = MAX_NUMBER) -> int:
        value = int(self._match(_NUMBER, "Expected a number"))
        if value > highest:
            raise BadCommand("Number too big")
        return value

    def sequence_text(self) -> bytes:
        return self._match(_SEQUENCE_SET, "Expected a sequence set")

    def flag(self) -> bytes:
        return self._match(_FLAG, "Expected a flag")

    # -- strings -------------------------------------------------------------

    def string(self) -> bytes:
        """quoted / literal"""
        if self.at(b'"'):
            return self._quoted()
        mark = _LITERAL.match(self.text, self.position)
        if mark is None:
            raise BadCommand("Expected a string")
        self.position = mark.end()
        return next(self._literals)

    def astring(self) -> bytes:
        return self._string_or(_ASTRING_ATOM)

    def list_mailbox(self) -> bytes:
        """A pattern of LIST: an astring in which the wildcards are plain characters."""
        return self._string_or(_LIST_ATOM)

    def nstring(self) -> bytes | None:
        if self.text[self.position : self.position + 3].upper() == b"NIL":
            self.position += 3
            return None
        return self.string()

    def _string_or(self, atom: re.Pattern[bytes]) -> bytes:
        if self.at(b'"') or self.at(b"{") or self.at(b"~{"):
            return self.string()
        return self._match(atom, "Expected a string")

    def _quoted(self) -> bytes:
        match = _QUOTED.match(self.text, self.position)
        if match is None:
            raise BadCommand("Unterminated quoted string")
        self.position = match.end()
        value = match[1]
        return _ESCAPED.sub(rb"\1", value) if b"\\" in value else value

    def _match(self, pattern: re.Pattern[bytes], complaint: str) -> bytes:
        match = pattern.match(self.text, self.position)
        if match is None:
            raise BadCommand(complaint)
        self.position = match.end()
        return match[0]

    # -- lists ---------------------------------------------------------------

    def items(self) -> Iterator[int]:
        """Walk a parenthesised list: the caller takes one element per step; `()` yields nothing."""
        self.expect(b"(")
        with self.deeper():
            count = 0
            while not self.skip(b")"):
                if count:
                    self.space()
                    if self.skip(b")"):  # `(a b )` is common enough to be forgiven
                        return
                yield count
                count += 1
