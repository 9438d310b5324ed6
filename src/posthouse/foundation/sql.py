"""Named SQL: a room's statements live in its `queries.sql`, one name and one line of why each.

A statement starts with `-- name --` on a line of its own; what follows up to the next name is its
comment and its text. Parameters are written `:name` and become `$1`, `$2` … in order of first
appearance. `tests/test_statements.py` prepares every statement against the migrated schema.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)
_MACRO = re.compile(r"\{\{(\w+) (\w+)\}\}")
# Skipped as they stand: comments, quoted text, dollar quotes, casts (::type). Then a parameter.
_TOKEN = re.compile(
    r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|\$\$.*?\$\$|::|:([a-z_][a-z0-9_]*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement ready for asyncpg: text with `$n`, and the names in that order."""

    name: str
    text: str
    parameters: tuple[str, ...]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of `$n`. Raises TypeError when names do not match exactly."""
        if len(values) != len(self.parameters):
            self._complain(values)
        try:
            return [values[name] for name in self.parameters]
        except KeyError:
            self._complain(values)
            raise

    def _complain(self, values: Mapping[str, Any]) -> None:
        missing = set(self.parameters) - set(values)
        unknown = set(values) - set(self.parameters)
        raise TypeError(f"{self.name}: missing {sorted(missing)}, unknown {sorted(unknown)}")


class Queries(Mapping[str, Statement]):
    """The statements of one room by name."""

    def __init__(self, statements: Mapping[str, Statement]) -> None:
        self._statements = dict(statements)

    def __getitem__(self, name: str) -> Statement:
        return self._statements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)


def load_queries(
    package: str, file: str = "queries.sql", *, macros: Mapping[str, str] | None = None
) -> Queries:
    """The statements in `file` of `package`. Raises ValueError on a name used twice.

    `{{name alias}}` in a statement stands for `macros[name]` with `{}` replaced by the alias: so a
    predicate that must be the same everywhere (who may read) is written once.
    """
    text = resources.files(package).joinpath(file).read_text("utf-8")
    text = _MACRO.sub(lambda match: (macros or {})[match[1]].replace("{}", match[2]), text)
    pieces = _NAME.split(text)
    statements: dict[str, Statement] = {}
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        if name in statements:
            raise ValueError(f"{package}/{file} names {name} twice")
        statements[name] = parse_statement(f"{package}.{name}", body)
    return Queries(statements)


def parse_statement(name: str, body: str) -> Statement:
    """`body` with `:parameters` numbered and comments kept out."""
    order: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        parameter = match[1]
        if parameter is not None:
            return f"${order.setdefault(parameter, len(order) + 1)}"
        return "" if match[0].startswith("--") else match[0]

    text = _TOKEN.sub(number, body)
    lines = [line.rstrip() for line in text.strip().rstrip(";").splitlines()]
    return Statement(name, "\n".join(line for line in lines if line), tuple(order))
