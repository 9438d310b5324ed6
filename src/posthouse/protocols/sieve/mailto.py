"""The URIs of `notify` (RFC 5436 2.1): whom a mailto URI names, and with what fields (RFC 6068)."""

import re
from dataclasses import dataclass

from posthouse.protocols import mime
from posthouse.protocols.sieve.errors import shown
from posthouse.protocols.smtp.address import BadAddress, parse_address

MOST_RECIPIENTS = 8
_LONGEST = 8_192
_MOST_FIELDS = 32
_OCTET = r"%[0-9A-Fa-f]{2}"
# RFC 6068 2: what else may stand in an address is percent-encoded.
_TO = re.compile(rf"(?:[A-Za-z0-9\-._~!$'()*+,:@]|{_OCTET})*+")
_FIELD = re.compile(rf"((?:[A-Za-z0-9\-._~!$'()*+,;:@]|{_OCTET})++)=((?:[^&]++)?+)")
_VALUE = re.compile(rf"(?:[A-Za-z0-9\-._~!$'()*+,;:@/?]|{_OCTET})*+")
_NAME = re.compile(r"[!-9;-~]{1,76}")
_ESCAPED = re.compile(_OCTET)
# RFC 5436 2.7: those are ours to write; Bcc is nobody's, for each copy goes by itself. Fields about
# the body would say what it is not, and trace fields where it was not.
_OURS = re.compile(
    r"from|sender|auto-submitted|received|date|message-id|references|bcc|mime-version|content-.*"
    r"|return-path|delivered-to|resent-.*|dkim-signature|arc-.*|authentication-results|x-sieve.*"
    r"|x-posthouse-.*|importance|x-priority|original-.*"
)


class BadMethod(Exception):
    """The URI cannot be notified; the text says why."""


class UnknownMethod(BadMethod):
    """It may be a good one, but here only mailto is known."""


@dataclass(frozen=True, slots=True)
class Mailto:
    """`fields` are the others it asks for, in order; None is what it does not say."""

    to: tuple[mime.Address, ...]
    cc: tuple[mime.Address, ...] = ()
    subject: str | None = None
    body: str | None = None
    fields: tuple[tuple[str, str], ...] = ()


def read_method(uri: str) -> Mailto:
    """Raises BadMethod; UnknownMethod when it is of another scheme."""
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme.lower() != "mailto":
        raise UnknownMethod(f"“{shown(uri)}” is of no kind that can be notified here: use mailto.")
    if len(uri) > _LONGEST or "#" in rest:
        raise BadMethod(f"“{shown(uri)}” is no mailto address (RFC 6068).")
    to, _, query = rest.partition("?")
    if not _TO.fullmatch(to):
        raise BadMethod(f"“{shown(to)}” has characters that no mailto address has.")
    found = _Found(list(_addresses(_decoded(to))) if to else [])
    pairs = query.split("&") if query else []
    if len(pairs) > _MOST_FIELDS:
        raise BadMethod("The mailto address has too many fields.")
    for pair in pairs:
        found.add(*_field(pair))
    number = len(found.to) + len(found.cc)
    if not 0 < number <= MOST_RECIPIENTS:
        raise BadMethod(f"A mailto address names one to {MOST_RECIPIENTS} recipients.")
    return Mailto(tuple(found.to), tuple(found.cc), found.subject, found.body, tuple(found.fields))


class _Found:
    def __init__(self, to: list[mime.Address]) -> None:
        self.to = to
        self.cc: list[mime.Address] = []
        self.subject: str | None = None
        self.body: str | None = None
        self.fields: list[tuple[str, str]] = []

    def add(self, name: str, value: str) -> None:
        low = name.lower()
        if low == "to":
            self.to += _addresses(value)
        elif low == "cc":
            self.cc += _addresses(value)
        elif low == "subject":
            self.subject = mime.decode_words(value)
        elif low == "body":
            self.body = value
        elif not _OURS.fullmatch(low):
            self.fields.append((name[:1].upper() + name[1:], mime.decode_words(value)))


def _field(pair: str) -> tuple[str, str]:
    match = _FIELD.fullmatch(pair)
    if match is None or not _VALUE.fullmatch(match[2]):
        raise BadMethod(f"“{shown(pair)}” is no field of a mailto address.")
    name = _decoded(match[1])
    if not _NAME.fullmatch(name):
        raise BadMethod(f"“{shown(name)}” is no name of a header field.")
    return name, _decoded(match[2])


def _addresses(text: str) -> list[mime.Address]:
    """Those of a list; any that cannot be mailed spoils it."""
    listed = mime.parse_addresses(text)
    if not listed:
        raise BadMethod("A mailto address has an empty list of recipients.")
    for each in listed:
        try:
            parse_address(each.address)
        except BadAddress:
            raise BadMethod(f"“{shown(each.address or text)}” is no mail address.") from None
    return listed


def _decoded(text: str) -> str:
    octets = _ESCAPED.sub(lambda match: chr(int(match[0][1:], 16)), text).encode("latin-1")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:  # RFC 6068 2: what is encoded is UTF-8
        raise BadMethod(f"“{shown(text)}” is not UTF-8.") from None
