"""What a program has to know of a server."""

import re
from dataclasses import dataclass
from typing import Literal

Protocol = Literal["imap", "pop3", "smtp"]

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,10}[a-z][a-z0-9-]{1,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One way to get or to send mail, signing in with the whole address and the password.

    With `implicit_tls` TLS starts with the connection, without it by STARTTLS; there is no third
    way. Programs take the first service of a protocol that suits them.
    """

    protocol: Protocol
    host: str
    port: int
    implicit_tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A server as somebody else's document tells of it, for one address.

    Without `password` it can only be signed in to by OAuth, Kerberos or a certificate.
    """

    protocol: Protocol
    host: str
    port: int
    security: Literal["tls", "starttls", "plain"]
    login: str
    password: bool = True


def host_of(text: str) -> str | None:
    """The name of a host in lower case; None unless it is one: other documents hold anything."""
    host = text.strip().lower().removesuffix(".")
    return host if len(host) <= 253 and _HOST.fullmatch(host) else None


def port_of(text: str) -> int | None:
    """A port; None unless it is one."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 5:
        return None
    return int(digits) if 0 < int(digits) < 65_536 else None
