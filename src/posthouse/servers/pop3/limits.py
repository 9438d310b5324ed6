"""How much one client, one network source and all of them together may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in octets."""

    connections: int = 10_000
    connections_per_source: int = 200  # an office behind one address has many programs
    before_sign_in: float = 60.0
    idle: float = 10 * 60.0  # RFC 1939 3 asks for at least 10 minutes
    write: float = 5 * 60.0  # nothing of a full buffer taken for so long: the client is gone
    bad_commands: int = 20
    failed_sign_ins: int = 5
    ahead_messages: int = 64  # read together for a client that takes one after the other
    ahead_octets: int = 1024 * 1024
    removed_together: int = 1_000  # about a tenth of a second
    look_again: float = 120.0  # a lost signal costs at most this
