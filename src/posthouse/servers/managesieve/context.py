"""What all sessions of a process share: limits, certificates, ways to sign in."""

import ssl
from dataclasses import dataclass, field

from posthouse.foundation.db import Database
from posthouse.foundation.sources import is_loopback
from posthouse.servers.managesieve.limits import Limits

MECHANISMS = ("SCRAM-SHA-256", "PLAIN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`plaintext_auth` is the operator's POSTHOUSE_PLAINTEXT_AUTH: loopback or off."""

    database: Database
    tls: ssl.SSLContext | None = None
    plaintext_auth: str = "loopback"
    limits: Limits = field(default_factory=Limits)

    def trusts(self, peer: str) -> bool:
        """Whether a password may come from `peer` without TLS."""
        return self.plaintext_auth == "loopback" and is_loopback(peer)
