"""How much one client, one network source and all of them together may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds."""

    connections: int = 1_000
    connections_per_source: int = 50
    before_sign_in: float = 60.0
    idle: float = 30 * 60.0  # RFC 5804 1.2 asks for at least 30 minutes
    write: float = 60.0
    bad_commands: int = 20
    failed_sign_ins: int = 5
