"""The patterns of `:regex`: POSIX extended expressions, in linear time.

Python's own engine tries alternatives one after another, and a short pattern keeps it busy for
ever. RE2 reads each character once, whatever the pattern, and finds the leftmost longest match that
POSIX asks for. It is only loaded by who has such a script.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from posthouse.protocols.sieve.budget import Budget
from posthouse.protocols.sieve.errors import ScriptFailed

_MEMORY = 2 << 20
_MAX_PATTERN = 4096
_COST = 50  # compiling, per character


class BadExpression(ScriptFailed):
    """The text says what is wrong with it."""


@lru_cache(maxsize=256)
def compiled(pattern: str, *, fold_case: bool) -> Any:
    """Raises BadExpression."""
    import re2

    options = re2.Options()
    options.posix_syntax = True
    options.longest_match = True
    options.one_line = True  # `^` and `$` are the ends of the value, not of a line
    options.dot_nl = True
    options.perl_classes = True  # what regcomp of the GNU library knows as well
    options.word_boundary = True
    options.case_sensitive = not fold_case
    options.log_errors = False
    options.max_mem = _MEMORY
    if len(pattern) > _MAX_PATTERN:
        raise BadExpression("The regular expression is too long.")
    try:
        return re2.compile(_written(pattern), options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise BadExpression(f"This is no regular expression: {reason}.") from None


def check(pattern: str, *, fold_case: bool, budget: Budget) -> None:
    """Raises BadExpression."""
    budget.pay(_COST * len(pattern))
    compiled(pattern, fold_case=fold_case)


def search(pattern: str, value: str, *, fold_case: bool, budget: Budget) -> Sequence[str] | None:
    """What matched and what each group took; None for no match. Raises BadExpression."""
    budget.pay(_COST * len(pattern))
    expression = compiled(pattern, fold_case=fold_case)
    # Telling groups apart may follow every state of the expression at every character.
    budget.pay(len(value) * (1 + expression.programsize // 16))
    match = expression.search(_written(value))
    return None if match is None else [group or "" for group in (match[0], *match.groups())]


def quoted(text: str) -> str:
    """The text as an expression that matches it alone (`:quoteregex`)."""
    return re.sub(r"([][\\^$.|?*+(){}])", r"\\\1", text)


def _written(text: str) -> str:
    # Octets that are no UTF-8 travel as lone surrogates, which RE2 cannot be given.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
