"""What a mechanism wants next of whoever drives it."""

from dataclasses import dataclass, field


class BadResponse(ValueError):
    """The client's response is malformed; the exchange is over (SMTP 501, IMAP BAD)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Send this to the client, base64 as the protocol does it.

    After the `last` one the client has nothing to say: a protocol may send it with the outcome.
    """

    data: bytes
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPassword:
    """The client gave a password: verify it. The last step of PLAIN and LOGIN."""

    identity: str
    authorization: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskKeys:
    """Look up the SCRAM keys of this identity; answer with `keys()`, None when there are none."""

    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The last step of SCRAM: whether the client knew a password of `identity`, and `which`."""

    identity: str
    authorization: str
    proved: bool
    which: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToken:
    """The client gave a bearer token: verify it, and that it is of `identity` unless empty."""

    identity: str
    token: str = field(repr=False)


Step = Challenge | AskPassword | AskKeys | Proof | AskToken
