"""How much one client, one network source and all of them together may take."""

from dataclasses import dataclass

from posthouse.protocols.imap.reader import ReaderLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in bytes."""

    connections: int = 10_000
    connections_per_source: int = 200  # an office behind one address has many phones
    before_sign_in: float = 60.0
    idle: float = 30 * 60.0  # RFC 3501 5.4 asks for at least 30 minutes
    write: float = 5 * 60.0  # nothing of a full buffer taken for so long: the client is gone
    bad_commands: int = 20
    failed_sign_ins: int = 5
    batch_messages: int = 256  # of one database round trip
    batch_octets: int = 2 * 1024 * 1024
    pipelined: int = 256  # commands answered together
    search_octets: int = 512 * 1024 * 1024  # scanned for one SEARCH
    look_again: float = 120.0  # a lost signal costs at most this
    in_step: float = 0.1  # what NOOP says is no older, should a signal be late
    rest_after: float = 5.0  # of silence: the folder's columns are packed


STRANGER = ReaderLimits()


def member_limits(largest_message: int) -> ReaderLimits:
    """What a signed-in client may send."""
    return ReaderLimits(
        line=65_536,
        literal=65_536,
        append=largest_message,
        literals=64,
        swallow=4 * largest_message,
    )
