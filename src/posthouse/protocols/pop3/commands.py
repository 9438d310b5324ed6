"""The grammar of commands: a line → what the client wants."""

from collections.abc import Callable
from dataclasses import dataclass, field

from posthouse.protocols.pop3.errors import BadCommand

_MOST_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Command:
    """Any of those below."""


@dataclass(frozen=True, slots=True)
class Capa(Command):
    """RFC 2449 5."""


@dataclass(frozen=True, slots=True)
class Stls(Command):
    """RFC 2595 4."""


@dataclass(frozen=True, slots=True)
class User(Command):
    """RFC 1939 7."""

    name: str


@dataclass(frozen=True, slots=True)
class Pass(Command):
    """RFC 1939 7; spaces are part of the password."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Auth(Command):
    """RFC 5034 4. `initial` is base64, or `=` for an empty one."""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Quit(Command):
    """RFC 1939 4 and 6."""


@dataclass(frozen=True, slots=True)
class Stat(Command):
    """RFC 1939 5."""


@dataclass(frozen=True, slots=True)
class List(Command):
    """RFC 1939 5."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Uidl(Command):
    """RFC 1939 7."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Retr(Command):
    """RFC 1939 5."""

    number: int


@dataclass(frozen=True, slots=True)
class Top(Command):
    """RFC 1939 7: the header and so many lines of the body."""

    number: int
    lines: int


@dataclass(frozen=True, slots=True)
class Dele(Command):
    """RFC 1939 5."""

    number: int


@dataclass(frozen=True, slots=True)
class Noop(Command):
    """RFC 1939 5."""


@dataclass(frozen=True, slots=True)
class Rset(Command):
    """RFC 1939 5."""


def parse(line: bytes) -> Command:
    """The command of a line without its end. Raises BadCommand."""
    verb, _, rest = line.partition(b" ")
    make = _GRAMMAR.get(verb.upper())
    if make is None:
        raise BadCommand("There is no such command")
    return make(rest)


def _alone(command: Command) -> Callable[[bytes], Command]:
    def make(rest: bytes) -> Command:
        if rest.strip():
            raise BadCommand("This command has no arguments")
        return command

    return make


def _user(rest: bytes) -> Command:
    name = _text(rest).strip()
    if not name:
        raise BadCommand("USER needs a name")
    return User(name)


def _password(rest: bytes) -> Command:
    return Pass(_text(rest))


def _auth(rest: bytes) -> Command:
    words = rest.split()
    if not 1 <= len(words) <= 2:
        raise BadCommand("AUTH needs a mechanism")
    return Auth(_text(words[0]), words[1] if len(words) == 2 else None)


def _numbered(kind: type[Retr] | type[Dele]) -> Callable[[bytes], Command]:
    def make(rest: bytes) -> Command:
        return kind(_message(rest.strip()))

    return make


def _numbered_or_all(kind: type[List] | type[Uidl]) -> Callable[[bytes], Command]:
    def make(rest: bytes) -> Command:
        word = rest.strip()
        return kind(_message(word) if word else None)

    return make


def _top(rest: bytes) -> Command:
    words = rest.split()
    if len(words) != 2:
        raise BadCommand("TOP needs a message number and a number of lines")
    return Top(_message(words[0]), _number(words[1]))


_GRAMMAR: dict[bytes, Callable[[bytes], Command]] = {
    b"CAPA": _alone(Capa()),
    b"STLS": _alone(Stls()),
    b"USER": _user,
    b"PASS": _password,
    b"AUTH": _auth,
    b"QUIT": _alone(Quit()),
    b"STAT": _alone(Stat()),
    b"LIST": _numbered_or_all(List),
    b"UIDL": _numbered_or_all(Uidl),
    b"RETR": _numbered(Retr),
    b"TOP": _top,
    b"DELE": _numbered(Dele),
    b"NOOP": _alone(Noop()),
    b"RSET": _alone(Rset()),
}


def _message(word: bytes) -> int:
    number = _number(word)
    if number == 0:
        raise BadCommand("Messages are numbered from 1")
    return number


def _number(word: bytes) -> int:
    if not word.isdigit() or len(word) > _MOST_DIGITS:
        raise BadCommand("That is not a number")
    return int(word)


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise BadCommand("That is not UTF-8") from None
