"""Arguments of MAIL and RCPT with parameters (RFC 5321 4.1.2, 1870, 6152, 6531, 4954)."""

import re
from dataclasses import dataclass

from posthouse.protocols.smtp.address import Address, BadAddress, parse_path

# esmtp-value is anything but "=", space and controls (RFC 5321 4.1.2), UTF-8 by RFC 6531 3.3.
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")


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


def parse_mail(argument: str, *, extended: bool) -> MailArguments:
    """Read `FROM:<path> parameters`; without `extended` (HELO) no parameter is known.

    Raises `BadAddress`, `BadArgument` or `UnknownParameter`.
    """
    sender, parameters = _parse_path_and_parameters("FROM:", argument)
    size, eight_bit, smtputf8, submitter = 0, False, False, None
    for keyword, value in parameters.items():
        if not extended:
            raise UnknownParameter(keyword)
        if keyword == "SIZE":
            size = _parse_size(value)
        elif keyword == "BODY":
            eight_bit = _parse_body(value)
        elif keyword == "SMTPUTF8" and value is None:
            smtputf8 = True
        elif keyword == "AUTH" and value is not None:
            submitter = decode_xtext(value)
        else:
            raise UnknownParameter(keyword)
    return MailArguments(
        sender=sender, size=size, eight_bit=eight_bit, smtputf8=smtputf8, submitter=submitter
    )


def parse_rcpt(argument: str) -> Address:
    """Read `TO:<path>`. Raises `BadAddress`, `BadArgument` or `UnknownParameter`."""
    recipient, parameters = _parse_path_and_parameters("TO:", argument)
    if parameters:
        raise UnknownParameter(next(iter(parameters)))
    if recipient is None:
        raise BadAddress("a recipient cannot be empty")
    return recipient


def decode_xtext(text: str) -> str:
    """RFC 3461 4: `+2B` and the like become characters. Raises `BadArgument`."""
    if not _XTEXT.fullmatch(text):
        raise BadArgument("not valid xtext")
    raw = re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)
    return raw.encode("latin-1").decode("utf-8", "replace")


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
