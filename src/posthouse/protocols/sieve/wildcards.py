"""The patterns of `:matches` (RFC 5228 2.7.1): `*`, `?` and `\\` before what is meant as it is.

A pattern is cut at its stars into pieces of fixed length, each looked for once from the left, the
last one at the end. No piece is tried twice, so there is nothing to explode; and a star takes as
little as it can, as RFC 5229 3.2 wants.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from posthouse.protocols.sieve.budget import Budget

_COST = 100  # compiling a piece with question marks, per character
_SIGN = re.compile(r"\\(.)|([*?])|([^\\*?]+|\\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between two stars. `any_at` are the places of its question marks."""

    length: int
    any_at: tuple[int, ...]
    literal: str
    expression: re.Pattern[str] | None

    def find(self, value: str, start: int, end: int) -> int:
        if self.expression is None:
            return value.find(self.literal, start, end)
        match = self.expression.search(value, start, end)
        return match.start() if match else -1

    def stands_at(self, value: str, start: int) -> bool:
        if self.expression is None:
            return value.startswith(self.literal, start)
        return self.expression.match(value, start) is not None

    def taken(self, value: str, start: int) -> list[str]:
        return [value[start + place] for place in self.any_at]


def match(pattern: str, value: str, shown: str, budget: Budget) -> list[str] | None:
    """What the wildcards took of `shown`, the value as it was written; None for no match.

    `value` and `pattern` are folded as the comparator wants; that keeps their lengths.
    """
    budget.pay(_COST * len(pattern) if "?" in pattern else len(pattern))
    pieces = _pieces(pattern)
    first, last = pieces[0], pieces[-1]
    if first.length > len(value) or not first.stands_at(value, 0):
        return None
    taken = first.taken(shown, 0)
    if len(pieces) == 1:
        return taken if first.length == len(value) else None
    position, end = first.length, len(value) - last.length
    for piece in pieces[1:-1]:
        # Looking for a piece with question marks may look at each character once per sign.
        budget.pay(len(value) * (piece.length if piece.any_at else 1))
        found = piece.find(value, position, end)
        if found < 0:
            return None
        taken += [shown[position:found], *piece.taken(shown, found)]
        position = found + piece.length
    if end < position or not last.stands_at(value, end):
        return None
    return [*taken, shown[position:end], *last.taken(shown, end)]


@lru_cache(maxsize=512)
def _pieces(pattern: str) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    signs: list[str | None] = []  # None is any one character
    for escaped, wild, plain in _SIGN.findall(pattern):
        if wild == "*":
            pieces.append(_piece(signs))
            signs = []
        elif wild:
            signs.append(None)
        else:
            signs.extend(escaped or plain)
    return (*pieces, _piece(signs))


def _piece(signs: list[str | None]) -> _Piece:
    any_at = tuple(place for place, sign in enumerate(signs) if sign is None)
    if not any_at:
        return _Piece(len(signs), any_at, "".join(sign or "" for sign in signs), None)
    expression = "".join("." if sign is None else re.escape(sign) for sign in signs)
    return _Piece(len(signs), any_at, "", re.compile(expression, re.DOTALL))
