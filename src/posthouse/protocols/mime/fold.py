"""Header fields written: folded at 76 columns, RFC 2047 where needed, no line end let through."""

from __future__ import annotations

import re
from collections.abc import Iterable

from posthouse.protocols.mime.addresses import Address, ascii_domain
from posthouse.protocols.mime.encoded_words import encode_words

LINE = 76
HARD_LINE = 998  # RFC 5322 2.1.1

_NAME = re.compile(r"[!-9;-~]{1,76}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_DOT_ATOM = re.compile(r"[^\s\"(),:;<>@\[\]\\]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)+"')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_MAX_REFERENCES = 20


class Unbuildable(ValueError):
    """A value that no header can carry as asked; the text names it."""


def field(name: str, value: str) -> bytes:
    """An unstructured field; white space runs become one space, CR and LF cannot get through."""
    _check_name(name)
    text = clean(value)
    if text.isascii() and "=?" not in text and _longest(text) < HARD_LINE - len(name) - 4:
        return write(name, text.split(" "))
    return write(name, encode_words(text, first_room=LINE - len(name) - 2))


def address_field(name: str, people: Iterable[Address], *, smtputf8: bool = False) -> bytes:
    """An address field. Raises Unbuildable for an address no SMTP server could take."""
    _check_name(name)
    tokens: list[str] = []
    for person in people:
        if tokens:
            tokens[-1] += ","
        tokens.extend(_person(person, smtputf8=smtputf8))
    return write(name, tokens)


def id_field(name: str, ids: Iterable[str]) -> bytes:
    """Message-ID, In-Reply-To, References: one id a line when they do not fit one."""
    _check_name(name)
    tokens = [f"<{_checked_id(identifier)}>" for identifier in ids]
    return write(name, tokens)


def trim_references(references: Iterable[str], parent: str | None) -> list[str]:
    """The ids for References (RFC 5322 3.6.4): the first and the newest, the parent last."""
    ids = [
        identifier
        for identifier in dict.fromkeys(references)
        if identifier != parent and len(identifier) < 500
    ]
    if parent:
        ids.append(parent)
    return ids if len(ids) <= _MAX_REFERENCES else [ids[0], *ids[1 - _MAX_REFERENCES :]]


def write(name: str, tokens: list[str]) -> bytes:
    """`name: tokens`, a line break before each token that would pass column 76."""
    lines: list[str] = []
    line = f"{name}:"
    started = False
    for token in tokens:
        if started and len(line) + 1 + len(token) > LINE:
            lines.append(line)
            line = ""
        line += f" {token}"
        started = True
    lines.append(line)
    return "\r\n".join(lines).encode("utf-8") + b"\r\n"


def clean(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).encode("utf-8", "replace").decode().split())


def addr_spec(address: str, *, smtputf8: bool = False) -> str:
    """The address as a header (and SMTP) carries it: A-labels unless SMTPUTF8 is there."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain or _CONTROL.search(address) or len(address) > 320:
        raise Unbuildable(f"{address!r} is no mail address.")
    if not smtputf8:
        domain = ascii_domain(domain)
        if not (local.isascii() and domain.isascii()):
            raise Unbuildable(f"{address!r} needs a server that speaks SMTPUTF8.")
    if re.search(r"[\s<>(),;:\"\\@]", domain):
        raise Unbuildable(f"{address!r} is no mail address.")
    if not _DOT_ATOM.fullmatch(local) and not _QUOTED.fullmatch(local):
        raise Unbuildable(f"{address!r} is no mail address.")
    return f"{local}@{domain}"


def _person(person: Address, *, smtputf8: bool) -> list[str]:
    spec = addr_spec(person.address, smtputf8=smtputf8)
    name = clean(person.name)
    if not name:
        return [spec]
    if name.isascii() and "=?" not in name and len(name) < LINE - 8:
        return [*(name if _ATOMS.fullmatch(name) else _quote(name)).split(" "), f"<{spec}>"]
    return [*encode_words(name), f"<{spec}>"]


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _checked_id(identifier: str) -> str:
    identifier = identifier.strip().removeprefix("<").removesuffix(">")
    if not identifier or re.search(r"[\s<>\x00-\x1f]", identifier) or len(identifier) > 900:
        raise Unbuildable(f"{identifier!r} is no message id.")
    return identifier


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Unbuildable(f"{name!r} is no name of a header field.")


def _longest(text: str) -> int:
    return max(map(len, text.split(" ")))
