"""What a program has to know of a server."""

from dataclasses import dataclass
from typing import Literal

Protocol = Literal["imap", "pop3", "smtp"]


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
