"""The grammar of a script (RFC 5228 8.2): commands, tests and their arguments, as written."""

from dataclasses import dataclass, field

from posthouse.protocols.sieve.errors import Problem, ScriptError
from posthouse.protocols.sieve.lexer import Kind, Source, Token, tokens

MAX_NESTING = 32
MOST_PROBLEMS = 50
_MAX_ARGUMENTS = 32
_MAX_COMMANDS = 10_000


@dataclass(frozen=True, slots=True)
class Strings:
    """A string, or a list of them (`listed`); where each stands."""

    values: tuple[str, ...]
    places: tuple[int, ...]
    listed: bool
    at: int


@dataclass(frozen=True, slots=True)
class Number:
    value: int
    at: int


@dataclass(frozen=True, slots=True)
class Tag:
    name: str
    at: int


Argument = Strings | Number | Tag


@dataclass(slots=True)
class Node:
    """A command or a test: its name in lower case, arguments, the tests it is given, its block."""

    name: str
    at: int
    arguments: list[Argument] = field(default_factory=list)
    tests: list["Node"] = field(default_factory=list)
    test_list: bool = False
    block: list["Node"] | None = None


class _TooMuch(ScriptError):
    """Reading on makes no sense."""


def parse(source: Source) -> list[Node]:
    """The commands of a script. Raises ScriptError with every place that is no Sieve."""
    parser = _Parser(source)
    commands = parser.script()
    if parser.problems:
        raise ScriptError(sorted(parser.problems))
    return commands


class _Parser:
    """Behind a mistake it goes on with the next command."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._next = next(self._tokens)
        self._count = 0
        self.problems: list[Problem] = []

    def script(self) -> list[Node]:
        try:
            commands = self._commands(0)
            if self._next.kind is not Kind.END:
                raise self._error("There is a “}” too many.")
        except ScriptError as error:
            self.problems += error.problems
            return []
        return commands

    def _commands(self, depth: int) -> list[Node]:
        found: list[Node] = []
        while self._next.kind is not Kind.END and not self._is("}"):
            try:
                found.append(self._command(depth))
            except _TooMuch:
                raise
            except ScriptError as error:
                self.problems += error.problems
                if len(self.problems) >= MOST_PROBLEMS:
                    raise _TooMuch([]) from None
                self._skip()
        return found

    def _skip(self) -> None:
        """To the next command of this block; what an `if` was to what follows is lost."""
        depth = 0
        while self._next.kind is not Kind.END and (depth or not self._is("}")):
            token = self._take()
            if token.kind is not Kind.MARK or token.text not in "{};":
                continue
            depth += {"{": 1, "}": -1, ";": 0}[token.text]
            if not depth and not (
                self._next.kind is Kind.WORD and self._next.text in ("elsif", "else")
            ):
                return

    def _command(self, depth: int) -> Node:
        if self._next.kind is not Kind.WORD:
            raise self._error(f"A command is expected here, not {_called(self._next)}.")
        node = self._node(0)
        if self._is("{"):
            if depth >= MAX_NESTING:
                raise self._error(f"Blocks are nested more than {MAX_NESTING} deep.")
            self._take()
            node.block = self._commands(depth + 1)
            if self._is("}"):
                self._take()
            elif not self.problems:  # else it may have been left out with what was wrong
                raise self._error("A “}” is missing.")
        elif self._is(";"):
            self._take()
        else:
            raise self._error(f"A “;” or a block is expected, not {_called(self._next)}.")
        return node

    def _node(self, depth: int) -> Node:
        """A name, its arguments and its tests."""
        self._count += 1
        if self._count > _MAX_COMMANDS:
            raise _TooMuch([self._problem("The script has too many commands.")])
        if depth > MAX_NESTING:
            raise self._error(f"Tests are nested more than {MAX_NESTING} deep.")
        token = self._take()
        node = Node(token.text, token.at)
        while (argument := self._argument()) is not None:
            node.arguments.append(argument)
            if len(node.arguments) > _MAX_ARGUMENTS:
                raise self._error("There are too many arguments.")
        if self._next.kind is Kind.WORD:
            node.tests.append(self._node(depth + 1))
        elif self._is("("):
            self._take()
            node.test_list = True
            node.tests.extend(self._test_list(depth + 1))
        return node

    def _test_list(self, depth: int) -> list[Node]:
        found: list[Node] = []
        while True:
            if self._next.kind is not Kind.WORD:
                raise self._error(f"A test is expected here, not {_called(self._next)}.")
            found.append(self._node(depth))
            if not self._ends_item(")"):
                return found

    def _argument(self) -> Argument | None:
        token = self._next
        if token.kind is Kind.STRING:
            self._take()
            return Strings((token.text,), (token.at,), False, token.at)
        if token.kind is Kind.NUMBER:
            self._take()
            return Number(token.number, token.at)
        if token.kind is Kind.TAG:
            self._take()
            return Tag(token.text, token.at)
        return self._string_list() if self._is("[") else None

    def _string_list(self) -> Strings:
        start = self._take().at
        values: list[str] = []
        places: list[int] = []
        while True:
            if self._next.kind is not Kind.STRING:
                raise self._error(f"A string is expected here, not {_called(self._next)}.")
            token = self._take()
            values.append(token.text)
            places.append(token.at)
            if not self._ends_item("]"):
                return Strings(tuple(values), tuple(places), True, start)

    def _ends_item(self, closing: str) -> bool:
        """After an item of a list: is there another one?"""
        if self._is(","):
            self._take()
            return True
        if not self._is(closing):
            raise self._error(f"“,” or “{closing}” is expected, not {_called(self._next)}.")
        self._take()
        return False

    def _is(self, mark: str) -> bool:
        return self._next.kind is Kind.MARK and self._next.text == mark

    def _take(self) -> Token:
        token = self._next
        if token.kind is not Kind.END:
            self._next = next(self._tokens)
        return token

    def _error(self, text: str) -> ScriptError:
        return ScriptError(
            [self._problem(self._next.text if self._next.kind is Kind.BAD else text)]
        )

    def _problem(self, text: str) -> Problem:
        return self._source.problem(self._next.at, text)


def _called(token: Token) -> str:
    if token.kind is Kind.END:
        return "the end of the script"
    if token.kind is Kind.STRING:
        return "a string"
    if token.kind is Kind.NUMBER:
        return "a number"
    return f"“{':' if token.kind is Kind.TAG else ''}{token.text}”"
