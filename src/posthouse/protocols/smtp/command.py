"""Arguments of MAIL and RCPT with parameters (RFC 5321 4.1.2, 1870, 6152, 6531, 4954, 3461)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from posthouse.protocols.smtp.address import Address, BadAddress, parse_path
from posthouse.protocols.smtp.dsn import (
    BadXtext,
    RecipientRequest,
    Ret,
    decode_xtext,
    parse_envid,
    parse_notify,
    parse_original,
    parse_ret,
)

# esmtp-value is anything but "=", space and controls (RFC 5321 4.1.2), UTF-8 by RFC 6531 3.3.
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?")


class BadArgument(ValueError):
    """The argument cannot be read: 501."""


class UnknownParameter(ValueError):
    """A parameter we did not offer: 555."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailArguments:
    """What MAIL said. `sender` is None for the null reverse-path `<>`; `size` is 0 when unsaid."""

    sender: Address | None
    size: int = 0
    eight_bit: bool = False
    smtputf8: bool = False
    submitter: str | None = None
    ret: Ret = ""
    envid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RcptArguments:
    """What RCPT said. `request` is None when it said nothing of reports."""

    address: Address
    request: RecipientRequest | None = None


def parse_mail(argument: str, *, extended: bool) -> MailArguments:
    """Read `FROM:<path> parameters`; without `extended` (HELO) no parameter is known.

    Raises `BadAddress`, `BadArgument` or `UnknownParameter`.
    """
    sender, parameters = _parse_path_and_parameters("FROM:", argument)
    values: dict[str, Any] = {}
    for keyword, value in parameters.items():
        parameter = _OF_MAIL.get(keyword)
        if parameter is None or not extended:
            raise UnknownParameter(keyword)
        name, parse = parameter
        values[name] = _parsed(parse, value)
    return MailArguments(sender=sender, **values)


def parse_rcpt(argument: str, *, extended: bool = True) -> RcptArguments:
    """Read `TO:<path> parameters`. Raises `BadAddress`, `BadArgument` or `UnknownParameter`."""
    recipient, parameters = _parse_path_and_parameters("TO:", argument)
    values: dict[str, Any] = {}
    for keyword, value in parameters.items():
        parameter = _OF_RCPT.get(keyword)
        if parameter is None or not extended:
            raise UnknownParameter(keyword)
        name, parse = parameter
        values[name] = _parsed(parse, value)
    if recipient is None:
        raise BadAddress("a recipient cannot be empty")
    return RcptArguments(address=recipient, request=RecipientRequest(**values) if values else None)


def _parsed(parse: Callable[[str | None], object], value: str | None) -> object:
    try:
        return parse(value)
    except BadXtext as error:
        raise BadArgument(str(error)) from error


def _parse_path_and_parameters(
    keyword: str, argument: str
) -> tuple[Address | None, dict[str, str | None]]:
    if argument[: len(keyword)].upper() != keyword:
        raise BadArgument(f"write {keyword}<address>")
    # A space after the colon is wrong but common, and harmless.
    address, rest = parse_path(argument[len(keyword) :].lstrip(" "))
    if rest and not rest.startswith(" "):
        raise BadArgument("a space belongs after the path")
    parameters: dict[str, str | None] = {}
    for word in rest.split():
        match = _PARAMETER.fullmatch(word)
        if match is None:
            raise BadArgument(f"cannot read parameter {word[:40]!r}")
        name = match[1].upper()
        if name in parameters:
            raise BadArgument(f"parameter {name} was said twice")
        parameters[name] = match[2]
    return address, parameters


def _parse_size(value: str | None) -> int:
    # RFC 1870 4: 1 to 20 digits.
    if value is None or not (value.isascii() and value.isdigit()) or len(value) > 20:
        raise BadArgument("SIZE needs a number")
    return int(value)


def _parse_body(value: str | None) -> bool:
    match (value or "").upper():
        case "7BIT":
            return False
        case "8BITMIME":
            return True
        case _:
            raise BadArgument("BODY is 7BIT or 8BITMIME")


def _parse_smtputf8(value: str | None) -> bool:
    if value is not None:
        raise BadArgument("SMTPUTF8 takes no value")
    return True


def _parse_submitter(value: str | None) -> str:
    if value is None:
        raise BadArgument("AUTH needs an address")
    return decode_xtext(value)


_Parameters = dict[str, tuple[str, Callable[[str | None], object]]]
_OF_MAIL: _Parameters = {
    "SIZE": ("size", _parse_size),
    "BODY": ("eight_bit", _parse_body),
    "SMTPUTF8": ("smtputf8", _parse_smtputf8),
    "AUTH": ("submitter", _parse_submitter),
    "RET": ("ret", parse_ret),
    "ENVID": ("envid", parse_envid),
}
_OF_RCPT: _Parameters = {
    "NOTIFY": ("notify", parse_notify),
    "ORCPT": ("original", parse_original),
}
