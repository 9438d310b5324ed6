"""The author's domain: what DMARC protects is what a person sees in From."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from posthouse.protocols.dns import BadName, ascii_name
from posthouse.protocols.mailauth.message import Field

# An unclosed quote runs to the end, so that each octet is looked at once.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|\\.?|[()<>,;:@]|[^"\\()<>,;:@\s]+|\s+', re.DOTALL)

_MAX_REMEMBERED = 500


def author_domains(fields: Sequence[Field]) -> tuple[str, ...]:
    """The distinct domains of all From fields as A-labels; empty when there is none.

    More than one means that no single author answers for the message (RFC 7489 6.6.1).
    """
    domains: dict[str, None] = {}
    for field in fields:
        if field.name == b"from":
            value = field.value
            found = _remembered(value) if len(value) <= _MAX_REMEMBERED else _readable(value)
            domains.update(dict.fromkeys(found))
    return tuple(domains)


@lru_cache(maxsize=2048)
def _remembered(value: bytes) -> tuple[str, ...]:
    return _readable(value)  # the same people write again


def _readable(value: bytes) -> tuple[str, ...]:
    names: list[str] = []
    for text in _domains(_decode(value)):
        try:
            names.append(ascii_name(text))
        except BadName:
            continue
    return tuple(names)


def _domains(value: str) -> Iterator[str]:
    """What stands behind the @ of each address. A name before `<` is not an address."""
    depth = 0
    domain: list[str] | None = None
    closed = False  # behind a `>` nothing counts until the next address
    for match in _TOKEN.finditer(value):
        token = match[0]
        if token in "()":
            depth = max(0, depth + (1 if token == "(" else -1))
        elif depth:
            continue
        elif token in ",;":
            if domain:
                yield "".join(domain)
            domain, closed = None, False
        elif closed:
            continue
        elif token in "<:":  # what came before was a name, a group or a route
            domain = None
        elif token == ">":
            if domain:
                yield "".join(domain)
            domain, closed = None, True
        elif token == "@":
            domain = []
        elif domain is not None and not token.isspace():
            domain.append(token)
    if domain:
        yield "".join(domain)


def _decode(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
