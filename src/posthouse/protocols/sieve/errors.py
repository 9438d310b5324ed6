"""What can be wrong with a script: when it is read, and when it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a script; `line` and `column` count from 1, in characters."""

    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.text}"


class ScriptError(Exception):
    """The script is no valid Sieve, or asks for more than there is: in reading order."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class ScriptFailed(Exception):
    """The script could not go on: the message is kept (RFC 5228 2.10.6)."""


def shown(text: str) -> str:
    """What a script says, as a message about it can hold it."""
    return "".join(char if char.isprintable() else "·" for char in text[:40])
