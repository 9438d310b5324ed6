"""Query terms → a tsquery over lexemes."""

from posthouse.mail.search.lexemes import (
    ANY,
    EDGE,
    FILE,
    FROM,
    FROM_EDGE,
    HAS,
    SUBJECT,
    TO,
    TO_EDGE,
    Lexemes,
)
from posthouse.mail.search.query import Query, Term
from posthouse.mail.search.tokens import phrase

# What a term looks in, and where its beginnings are kept.
_KINDS = {
    "any": (ANY, EDGE),
    "from": (FROM, FROM_EDGE),
    "to": (TO, TO_EDGE),
    "subject": (SUBJECT, None),
    "filename": (FILE, None),
}
_EDGE_SIZES = range(3, 7)


def compile_terms(query: Query, lexemes: Lexemes) -> tuple[str | None, bool]:
    """(tsquery text or None, whether an index can start from it).

    A query of nothing but negations matches nearly everything: only a walk answers it.
    """
    parts = [part for term in query.terms if (part := _compile(term, lexemes))]
    positive = any(not term.negated for term in query.terms)
    return (" & ".join(parts) or None), positive and bool(parts)


def _compile(term: Term, lexemes: Lexemes) -> str:
    if term.kind == "has":
        found = _quote(lexemes, HAS, term.text)
    else:
        kind, edge = _KINDS[term.kind]
        found = _phrase(term, lexemes, kind, edge)
    if not found:
        return ""
    return f"!({found})" if term.negated else f"({found})"


def _phrase(term: Term, lexemes: Lexemes, kind: str, edge: str | None) -> str:
    wanted = phrase(term.text)
    if len(wanted) == 1:
        token = wanted[0][0]
        exact = _quote(lexemes, kind, token)
        if edge is None or term.exact or len(token) not in _EDGE_SIZES:
            return exact
        return f"{exact} | {_quote(lexemes, edge, token)}"
    text, last = "", 0
    for token, offset in wanted:
        text += f" <{offset - last}> " if text else ""
        text += _quote(lexemes, kind, token)
        last = offset
    return text


def _quote(lexemes: Lexemes, kind: str, token: str) -> str:
    return f"'{lexemes.of(kind, token).decode()}'"
