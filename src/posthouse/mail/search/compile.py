"""Query terms → tsqueries over lexemes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from posthouse.mail.search.lexemes import (
    ANY,
    EDGE,
    FILE,
    FROM,
    FROM_EDGE,
    HAS,
    MORE,
    SUBJECT,
    TO,
    TO_EDGE,
    Lexemes,
)
from posthouse.mail.search.query import Query, Term
from posthouse.mail.search.tokens import Token, phrase

# What a term looks in, and where its beginnings are kept.
_KINDS = {
    "any": (ANY, EDGE),
    "from": (FROM, FROM_EDGE),
    "to": (TO, TO_EDGE),
    "subject": (SUBJECT, None),
    "filename": (FILE, None),
}
_EDGE_SIZES = range(3, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What must stand in a message, as tsqueries.

    `first` is asked of a message's first chunk, which knows every word of the whole. Positions are
    known in each chunk only: a message of several chunks must have every one of `phrases` in some
    chunk, and none of `unwanted` in any. `indexable` says whether an index can start from `first`:
    a query of nothing but negations matches nearly everything, and only a walk answers it.
    `together` says of phrases only that their words are there: that the index answers by itself.
    """

    first: str | None
    together: str | None
    phrases: Sequence[str]
    unwanted: Sequence[str]
    indexable: bool

    @property
    def parameters(self) -> dict[str, Any]:
        """For the statements."""
        return {
            "words": self.first,
            "phrases": self.phrases,
            "unwanted": self.unwanted,
            "in_parts": bool(self.phrases or self.unwanted),
        }


def compile_terms(query: Query, lexemes: Lexemes) -> Words:
    """The tsqueries of a query."""
    exact: list[str] = []
    anywhere: list[str] = []
    phrases: list[str] = []
    unwanted: list[str] = []
    positive = False
    for term in query.terms:
        tokens = _tokens(term)
        if not tokens:
            continue
        found = _found(term, tokens, lexemes)
        positive = positive or not term.negated
        exact.append(f"!({found})" if term.negated else f"({found})")
        if len(tokens) == 1:
            anywhere.append(exact[-1])
        elif term.negated:
            unwanted.append(found)
        else:
            phrases.append(found)
            anywhere += [_quote(lexemes, _KINDS[term.kind][0], token) for token, _ in tokens]
    first = " & ".join(exact) or None
    together = " & ".join(anywhere) if phrases else None
    if phrases or unwanted:
        long = _quote(lexemes, HAS, MORE)
        first = f"(!{long} & {first}) | ({' & '.join([long, *anywhere])})"
    return Words(
        first=first, together=together, phrases=phrases, unwanted=unwanted, indexable=positive
    )


def _tokens(term: Term) -> list[Token]:
    return [(term.text, 0)] if term.kind == "has" else phrase(term.text)


def _found(term: Term, tokens: Sequence[Token], lexemes: Lexemes) -> str:
    if term.kind == "has":
        return _quote(lexemes, HAS, term.text)
    kind, edge = _KINDS[term.kind]
    if len(tokens) == 1:
        token = tokens[0][0]
        exact = _quote(lexemes, kind, token)
        if edge is None or term.exact or len(token) not in _EDGE_SIZES:
            return exact
        return f"{exact} | {_quote(lexemes, edge, token)}"
    text, last = "", 0
    for token, offset in tokens:
        text += f" <{offset - last}> " if text else ""
        text += _quote(lexemes, kind, token)
        last = offset
    return text


def _quote(lexemes: Lexemes, kind: str, token: str) -> str:
    return f"'{lexemes.of(kind, token).decode()}'"
