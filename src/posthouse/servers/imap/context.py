"""What all sessions of a process share: limits, certificates, ways to sign in, the handlers."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from posthouse.foundation.db import Database
from posthouse.foundation.sources import is_loopback
from posthouse.protocols.imap import commands as c
from posthouse.protocols.sasl.server import BEARER_MECHANISMS, MECHANISMS
from posthouse.servers.imap.limits import Limits

if TYPE_CHECKING:
    from posthouse.servers.imap.session import Done, Session

Handler = Callable[["Session", Any], Awaitable["Done | None"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`plaintext_auth` is the operator's POSTHOUSE_PLAINTEXT_AUTH: loopback or off."""

    database: Database
    handlers: Mapping[type[c.Command], Handler]
    largest_message: int
    tls: ssl.SSLContext | None = None
    plaintext_auth: str = "loopback"
    limits: Limits = field(default_factory=Limits)
    mechanisms: tuple[str, ...] = MECHANISMS + BEARER_MECHANISMS
    # Text searches scan in threads; more at once would only starve the event loop.
    scanning: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    def trusts(self, peer: str) -> bool:
        """Whether a password may come from `peer` without TLS."""
        if self.plaintext_auth != "loopback":
            return False
        return not peer or is_loopback(peer)  # a socket without an address is on this machine
