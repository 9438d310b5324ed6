"""A line's words as a command with its arguments (RFC 5804 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from posthouse.protocols.managesieve.errors import BadCommand
from posthouse.protocols.managesieve.reader import Atom, Word


@dataclass(frozen=True, slots=True)
class Command:
    """`name` in capitals; strings as bytes, `number` for HAVESPACE."""

    name: str
    strings: tuple[bytes, ...] = ()
    number: int = 0

    def text(self, place: int) -> str:
        """A name. Raises BadCommand for what is not UTF-8."""
        try:
            return self.strings[place].decode("utf-8")
        except UnicodeDecodeError:
            raise BadCommand("A name is UTF-8.") from None


# Name → how many strings it takes at least and at most, and whether a number follows them.
_SHAPES: Mapping[str, tuple[int, int, bool]] = {
    "AUTHENTICATE": (1, 2, False),
    "STARTTLS": (0, 0, False),
    "LOGOUT": (0, 0, False),
    "CAPABILITY": (0, 0, False),
    "HAVESPACE": (1, 1, True),
    "PUTSCRIPT": (2, 2, False),
    "LISTSCRIPTS": (0, 0, False),
    "SETACTIVE": (1, 1, False),
    "GETSCRIPT": (1, 1, False),
    "DELETESCRIPT": (1, 1, False),
    "RENAMESCRIPT": (2, 2, False),
    "CHECKSCRIPT": (1, 1, False),
    "NOOP": (0, 1, False),
}
NAMES = frozenset(_SHAPES)
# 3: what may be said before one has signed in.
BEFORE_SIGN_IN = frozenset(("AUTHENTICATE", "STARTTLS", "LOGOUT", "CAPABILITY", "NOOP"))


def parse(words: Sequence[Word]) -> Command:
    """Raises BadCommand."""
    if not words or not isinstance(words[0], Atom):
        raise BadCommand("A command is expected here.")
    name, rest = str(words[0]), list(words[1:])
    if name not in _SHAPES:
        raise BadCommand("There is no such command.")
    least, most, numbered = _SHAPES[name]
    number = rest.pop() if numbered and rest else 0
    strings = [word for word in rest if isinstance(word, bytes)]
    if len(strings) != len(rest) or not least <= len(strings) <= most:
        raise BadCommand(f"{name} wants other arguments.")
    if not isinstance(number, int) or (numbered and len(words) < 2 + least):
        raise BadCommand(f"{name} wants a number at the end.")
    return Command(name, tuple(strings), number)
