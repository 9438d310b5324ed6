"""Reads elements of RFC 3501 section 9 out of a response, and what servers send in their place."""

import re

from posthouse.protocols.imap.client.frames import Frame

# NIL, a string or atom, a parenthesised list.
Value = None | bytes | list["Value"]

MAX_DEPTH = 100
MAX_ELEMENTS = 200_000  # of one response; a list element takes fifty times its octets here
_SPACES = re.compile(rb"[ \t]*")
_ATOM = re.compile(rb"[^\s()\"]+")
# Servers put octets above 127 and control characters between quotes; and a backslash before letters
# that need none.
_QUOTED = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_WORD = re.compile(rb"[^\s()\[\]<\"]+")
_NUMBER = re.compile(rb"\d{1,20}")


class Unreadable(ValueError):
    """The rest of this response cannot be read."""


class Cursor:
    """A place in a response. Every method leaves out spaces before what it reads."""

    __slots__ = ("_elements", "_frame", "_piece", "position", "text")

    def __init__(self, frame: Frame, position: int = 0) -> None:
        self._frame = frame
        self._piece = 0
        self._elements = 0
        self.text = frame[0]
        self.position = position

    def at_end(self) -> bool:
        self._skip_spaces()
        return self.position >= len(self.text) and self._piece + 1 >= len(self._frame)

    def at(self, octet: bytes) -> bool:
        self._skip_spaces()
        return self.text.startswith(octet, self.position)

    def at_literal(self) -> bool:
        self._skip_spaces()
        return self.position >= len(self.text) and self._piece + 2 < len(self._frame)

    def skip(self, octet: bytes) -> bool:
        """Over `octet` if it is next."""
        if not self.at(octet):
            return False
        self.position += len(octet)
        return True

    def expect(self, octet: bytes) -> None:
        if not self.skip(octet):
            raise Unreadable(octet.decode("latin-1") + " is missing")

    def word(self) -> bytes:
        """A name such as FETCH or BODY, in capitals; "" when none is next."""
        return self._match(_WORD).upper()

    def rest(self) -> bytes:
        """The text up to the end of this line."""
        self._skip_spaces()
        rest = self.text[self.position :]
        self.position = len(self.text)
        return rest

    def number(self) -> int:
        digits = self._match(_NUMBER)
        if not digits:
            raise Unreadable("a number is missing")
        return int(digits)

    def string(self) -> bytes | None:
        """nstring or astring: an atom NIL in any case is None."""
        found = self._string()
        if found is not None:
            return found
        atom = self._match(_ATOM)
        if not atom:
            raise Unreadable("a string is missing")
        return None if atom.upper() == b"NIL" else atom

    def astring(self) -> bytes:
        """The same where NIL is a name like any other (RFC 3501 5.1: a mailbox)."""
        found = self._string()
        return self._match(_ATOM) if found is None else found

    def words(self) -> tuple[bytes, ...]:
        """A list of atoms and strings; one level."""
        found = self.value()
        if not isinstance(found, list):
            return () if found is None else (found,)
        return tuple(each for each in found if isinstance(each, bytes))

    def value(self) -> Value:
        """Whatever is next, lists to any depth that an honest server has."""
        if not self.skip(b"("):
            return self._counted(self.string())
        outer: list[list[Value]] = [[]]
        while outer:
            if self.skip(b"("):
                if len(outer) == MAX_DEPTH:
                    raise Unreadable("nested too deeply")
                inner: list[Value] = []
                outer[-1].append(self._counted(inner))
                outer.append(inner)
            elif self.skip(b")"):
                done = outer.pop()
                if not outer:
                    return done
            else:
                outer[-1].append(self._counted(self.string()))
        raise AssertionError("the outermost list returns")

    def _string(self) -> bytes | None:
        """Quoted or literal, when one is next."""
        self._skip_spaces()
        if self.position >= len(self.text):
            return self._literal()
        if self.text.startswith(b'"', self.position):
            match = _QUOTED.match(self.text, self.position)
            if match is None:
                raise Unreadable("a quoted string without an end")
            self.position = match.end()
            return _ESCAPED.sub(rb"\1", match[1]) if b"\\" in match[1] else match[1]
        return None

    def _literal(self) -> bytes:
        if self._piece + 2 >= len(self._frame):
            raise Unreadable("the response ends too early")
        literal = self._frame[self._piece + 1]
        self._piece += 2
        self.text, self.position = self._frame[self._piece], 0
        return literal

    def _counted(self, value: Value) -> Value:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable("too many elements")
        return value

    def _match(self, pattern: re.Pattern[bytes]) -> bytes:
        self._skip_spaces()
        match = pattern.match(self.text, self.position)
        if match is None:
            return b""
        self.position = match.end()
        return match[0]

    def _skip_spaces(self) -> None:
        match = _SPACES.match(self.text, self.position)
        assert match is not None
        self.position = match.end()
