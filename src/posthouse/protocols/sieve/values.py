"""Strings of a script when it runs: variables put in (RFC 5229 3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from posthouse.protocols.sieve.errors import shown

if TYPE_CHECKING:
    from posthouse.protocols.sieve.machine import Machine

MAX_VALUE = 65_536  # bytes would be 4,000 at least (RFC 5229 6)
MAX_VARIABLES = 256
MAX_NAME = 64
MAX_MATCHED = 32

_NAME = r"[A-Za-z_][A-Za-z0-9_]*+"
REFERENCE = re.compile(rf"\$\{{({_NAME}(?:\.{_NAME})*+|[0-9]++)\}}")
_HEX = re.compile(r"\$\{hex:([ \t\r\n]*+(?:[0-9a-f]{1,2}(?:[ \t\r\n]++|(?=\})))++)\}", re.I)
_UNICODE = re.compile(r"\$\{unicode:([ \t\r\n]*+(?:[0-9a-f]++(?:[ \t\r\n]++|(?=\})))++)\}", re.I)
_EITHER = re.compile(f"{_HEX.pattern}|{_UNICODE.pattern}", re.I)


@dataclass(frozen=True, slots=True)
class Template:
    """A string with variables: pieces as they are, names and numbers of match variables."""

    pieces: tuple[str | int | tuple[str], ...]

    def fill(self, machine: Machine) -> str:
        filled: list[str] = []
        for piece in self.pieces:
            if isinstance(piece, str):
                filled.append(piece)
            elif isinstance(piece, int):
                filled.append(machine.matched[piece] if piece < len(machine.matched) else "")
            else:
                filled.append(machine.variable(piece[0]))
        text = "".join(filled)
        machine.budget.pay(len(text))
        # RFC 5229 6: what grows too long is cut.
        return text if len(text) <= MAX_VALUE else cut(text)


Text = str | Template


class BadReference(ValueError):
    """A variable that cannot be; the text says why."""


def template(text: str, key_of: Callable[[str], str]) -> Text:
    """The string with its `${…}` found; `key_of` knows by what a variable of a name is kept.

    Raises BadReference.
    """
    pieces: list[str | int | tuple[str]] = []
    position = 0
    for match in REFERENCE.finditer(text):
        name = match[1]
        if match.start() > position:
            pieces.append(text[position : match.start()])
        position = match.end()
        if name[0].isdigit():
            if len(name) > 9 or int(name) > MAX_MATCHED:
                raise BadReference(f"There is no match variable {shown(name)}.")
            pieces.append(int(name))
        else:
            pieces.append((key_of(name),))
    if not pieces:
        return text
    return Template((*pieces, text[position:]))


def variable_name(name: str) -> str:
    """The name as variables are kept by: in lower case. Raises BadReference."""
    if not re.fullmatch(_NAME, name):
        raise BadReference(f"“{shown(name)}” is no name of a variable.")
    if len(name) > MAX_NAME:
        raise BadReference(f"“{shown(name)}…” is too long for the name of a variable.")
    return name.lower()


def cut(text: str) -> str:
    return text[:MAX_VALUE]


def decode_encoded(text: str) -> str:
    """`${hex:…}` and `${unicode:…}` replaced (RFC 5228 2.4.2.4). Raises ValueError."""
    if "${" not in text:
        return text
    data = bytearray()
    position = 0
    for match in _EITHER.finditer(text):
        data += text[position : match.start()].encode("utf-8", "surrogateescape")
        position = match.end()
        if match[1] is not None:
            data += bytes(int(octet, 16) for octet in match[1].split())
            continue
        for digits in match[2].split():
            code = int(digits, 16) if len(digits) < 20 else 0x110000
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise ValueError(f"There is no character {shown(digits)} in Unicode.")
            data += chr(code).encode()
    data += text[position:].encode("utf-8", "surrogateescape")
    return data.decode("utf-8", "surrogateescape")
