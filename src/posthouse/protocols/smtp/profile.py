"""What a listener offers and how much it bears: MX, submission and LMTP, with their limits."""

import enum
from dataclasses import dataclass, field

from posthouse.protocols.sasl.server import BEARER_MECHANISMS, MECHANISMS


class Purpose(enum.Enum):
    """Whom a listener serves."""

    MX = "mx"  # other servers, for our own recipients
    SUBMISSION = "submission"  # members, after signing in (RFC 6409)
    LMTP = "lmtp"  # a server in front, for our own recipients (RFC 2033)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one session. Sizes in octets."""

    message_size: int = 50 * 1024 * 1024
    recipients: int = 1000  # RFC 5321 4.5.3.1.8 asks for at least 100
    command_line: int = 2048  # RFC 5321 4.5.3.1.4: 512, more by each extension
    auth_line: int = 12288  # RFC 4954 4
    errors_before_tarpit: int = 5
    errors: int = 20
    idle_commands: int = 200  # NOOP, RSET, VRFY and the like since the last message
    auth_failures: int = 4
    tarpit_seconds: float = 1.0  # times the errors above the first bound
    auth_failure_seconds: float = 1.0
    hops: int = 100  # RFC 5321 6.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One listener. `plaintext_auth` allows AUTH without TLS and is for loopback peers only."""

    hostname: str
    purpose: Purpose = Purpose.MX
    starttls: bool = False
    plaintext_auth: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def submission(self) -> bool:
        """True when members sign in here."""
        return self.purpose is Purpose.SUBMISSION

    @property
    def lmtp(self) -> bool:
        """True when each recipient has a reply of its own."""
        return self.purpose is Purpose.LMTP


def extensions(profile: Profile, *, secure: bool, authenticating: bool) -> list[str]:
    """The lines of EHLO and LHLO after the first (RFC 5321 4.1.1.1)."""
    lines = ["PIPELINING", f"SIZE {profile.limits.message_size}", "8BITMIME", "SMTPUTF8"]
    lines += ["CHUNKING", "DSN"]
    if profile.starttls and not secure:
        lines.append("STARTTLS")
    if authenticating:
        lines.append("AUTH " + " ".join(MECHANISMS + BEARER_MECHANISMS))
    return [*lines, "ENHANCEDSTATUSCODES"]
