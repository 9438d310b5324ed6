"""Who may say what when (RFC 1939 3), and what the server says it can do (RFC 2449)."""

from collections.abc import Sequence
from enum import Enum

from posthouse.protocols.pop3 import commands as c


class State(Enum):
    """UPDATE is no state to wait in: QUIT passes through it."""

    AUTHORIZATION = "authorization"
    TRANSACTION = "transaction"


_SIGNING_IN = frozenset({State.AUTHORIZATION})
_SIGNED_IN = frozenset({State.TRANSACTION})

ALLOWED: dict[type[c.Command], frozenset[State]] = {
    **dict.fromkeys((c.Capa, c.Quit), frozenset(State)),
    **dict.fromkeys((c.Stls, c.User, c.Pass, c.Auth), _SIGNING_IN),
    **dict.fromkeys((c.Stat, c.List, c.Uidl, c.Retr, c.Top, c.Dele, c.Noop, c.Rset), _SIGNED_IN),
}

# No EXPIRE (RFC 2449 6.7): how long mail stays is a rule of the workspace, and that is not known
# before signing in.
_ALWAYS = (
    "TOP",
    "UIDL",
    "RESP-CODES",
    "AUTH-RESP-CODE",
    "PIPELINING",
    "IMPLEMENTATION Posthouse",
)


def may(command: c.Command, state: State) -> bool:
    """Whether `command` belongs to `state`."""
    return state in ALLOWED[type(command)]


def capabilities(*, starttls: bool, passwords: bool, mechanisms: Sequence[str]) -> list[str]:
    """The lines of CAPA. Where passwords may not travel, none of their commands is named."""
    lines = list(_ALWAYS)
    if starttls:
        lines.append("STLS")
    if passwords:
        lines += ["USER", " ".join(("SASL", *mechanisms))]
    return lines
