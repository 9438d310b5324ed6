"""Domain names: from what people write to what a query may carry."""

from ipaddress import IPv4Address

import idna

from posthouse.protocols.dns.model import IPAddress

MAX_NAME = 253  # RFC 1035 3.1: 255 octets on the wire
MAX_LABEL = 63


class BadName(ValueError):
    """The text cannot be a domain name."""


def ascii_name(name: str) -> str:
    """The name in lower-case A-labels without the final dot (IDNA 2008, mapped by UTS 46).

    Raises BadName when no query could carry it.
    """
    text = name
    if not text.isascii():
        # idna is quadratic in a label's length; nothing longer than a name can be one.
        if len(text) > MAX_NAME:
            raise BadName("too long")
        try:
            text = idna.encode(text, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise BadName(str(error)) from error
    return query_name(text)


def query_name(name: str) -> str:
    """An ASCII name made ready for a query: lower-case, no final dot; any printable label.

    Labels are not held to host name syntax (`_dmarc`, and what SPF macros make). A backslash
    would be an escape in presentation format, so it is refused. Raises BadName.
    """
    text = name.removesuffix(".").lower()
    if not text or len(text) > MAX_NAME:
        raise BadName("empty or too long")
    if not text.isascii() or not text.isprintable() or "\\" in text:
        raise BadName("not printable ASCII")
    if any(not 0 < len(label) <= MAX_LABEL for label in text.split(".")):
        raise BadName("empty or overlong label")
    return text


def reverse_name(address: IPAddress) -> str:
    """The in-addr.arpa or ip6.arpa name of an address (RFC 1035 3.5, RFC 3596 2.5)."""
    if isinstance(address, IPv4Address):
        return ".".join(reversed(str(address).split("."))) + ".in-addr.arpa"
    return ".".join(reversed(address.packed.hex())) + ".ip6.arpa"
