"""The words of a script (RFC 5228 8.1): one pass, each token with its place."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from posthouse.protocols.sieve.errors import Problem, ScriptError, shown

MAX_SCRIPT = 1 << 20
_MOST_NUMBER = (1 << 64) - 1  # RFC 5228 2.4.1 asks for 31 bits
_MAX_IDENTIFIER = 32
_SCALE = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+|\#[^\n]*+)"
    r"|(?P<comment>/\*)"
    r"|(?P<multiline>text:[ \t]*+(?:\#[^\n]*+)?\r?\n)"
    r"|(?P<tag>:[A-Za-z_][A-Za-z0-9_]*+)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*+)"
    r"|(?P<number>[0-9]++[KkMmGg]?)(?![A-Za-z0-9_])"
    r'|(?P<quoted>"(?:[^"\\]++|\\.)*+")'
    r"|(?P<mark>[][(){},;])",
    re.DOTALL | re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LINE_END = re.compile(r"\r?\n|\r")
_WORD = re.compile(r"[A-Za-z0-9_]++")
_DOT_LINE = re.compile(r"^\.\r?$", re.MULTILINE)


class Kind(Enum):
    WORD = "word"
    TAG = "tag"
    NUMBER = "number"
    STRING = "string"
    MARK = "mark"
    BAD = "bad"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is a word or tag in lower case, a mark, or what a string says; of what is BAD, what
    is wrong with it. `at` is its offset.
    """

    kind: Kind
    text: str
    at: int
    number: int = 0


class Source:
    """The text of a script, and where in it an offset stands."""

    def __init__(self, script: bytes) -> None:
        """Raises ScriptError for what is not UTF-8 text."""
        if len(script) > MAX_SCRIPT:
            raise ScriptError([Problem(1, 1, "The script is larger than a megabyte.")])
        try:
            self.text = script.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = script.count(b"\n", 0, error.start) + 1
            raise ScriptError([Problem(line, 1, "The script is not UTF-8 text.")]) from None
        self._lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        if (nul := self.text.find("\0")) >= 0:
            raise ScriptError([self.problem(nul, "A script has no NUL characters.")])

    def problem(self, at: int, text: str) -> Problem:
        line = bisect_right(self._lines, at)
        return Problem(line, at - self._lines[line - 1] + 1, text)


def tokens(source: Source) -> Iterator[Token]:
    """Every token of the script, then one that says END."""
    text, position = source.text, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            bad = _unreadable(text, position)
            yield bad
            position = _behind(text, bad)
            continue
        position, start, kind, said = match.end(), match.start(), match.lastgroup, match[0]
        if kind == "comment":
            end = text.find("*/", position)
            if end < 0:
                yield Token(Kind.BAD, "This comment has no end.", start)
            position = end + 2 if end >= 0 else len(text)
        elif kind == "multiline":
            token, position = _multiline(text, start, position)
            yield token
        elif kind == "quoted":
            content = _ESCAPED.sub(r"\1", said[1:-1])
            yield Token(Kind.STRING, _LINE_END.sub("\r\n", content), start)
        elif kind == "number":
            yield _number(said, start)
        elif kind in ("word", "tag"):
            yield _name(said, start)
        elif kind == "mark":
            yield Token(Kind.MARK, said, start)
    yield Token(Kind.END, "", len(text))


def _name(said: str, start: int) -> Token:
    is_tag = said.startswith(":")
    if len(said) > _MAX_IDENTIFIER + is_tag:
        return Token(Kind.BAD, "This name is too long.", start)
    return Token(Kind.TAG if is_tag else Kind.WORD, said.lower().lstrip(":"), start)


def _number(said: str, start: int) -> Token:
    digits = said.rstrip("KkMmGg")
    scale = _SCALE[said[len(digits) :].lower()]
    if len(digits) > 30 or (value := int(digits) * scale) > _MOST_NUMBER:
        return Token(Kind.BAD, "This number is too large.", start)
    return Token(Kind.NUMBER, said, start, value)


def _multiline(text: str, start: int, position: int) -> tuple[Token, int]:
    """The lines after `text:` up to a lone dot, without dot-stuffing (RFC 5228 2.4.2)."""
    end = _DOT_LINE.search(text, position)
    if end is None or text[end.end() : end.end() + 1] != "\n":
        return Token(Kind.BAD, "This text has no line with a dot as its end.", start), len(text)
    lines = text[position : end.start()].split("\n")
    # Only of two dots one is stuffing: a line that was not stuffed stays as it was written.
    plain = [(line[1:] if line.startswith("..") else line).removesuffix("\r") for line in lines]
    return Token(Kind.STRING, "\r\n".join(plain), start), end.end() + 1


def _unreadable(text: str, position: int) -> Token:
    if text[position] == '"':
        return Token(Kind.BAD, "This string has no closing quote.", position)
    if text[position].isdigit():
        return Token(Kind.BAD, "A number is digits, with K, M or G behind them.", position)
    return Token(Kind.BAD, f"“{shown(text[position])}” cannot stand here.", position)


def _behind(text: str, bad: Token) -> int:
    """Where reading goes on: behind a word that begins like a number, behind one other sign."""
    if text[bad.at] == '"':
        return len(text)
    word = _WORD.match(text, bad.at)
    return word.end() if word else bad.at + 1
