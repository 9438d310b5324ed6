"""What is wrong with an account, in plain words: what happened and what to do."""

from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Forbidden,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
    Unsupported,
    Untrusted,
)
from posthouse.mail.accounts.model import ErrorKind

PLAIN: dict[ErrorKind, str] = {
    "wrong": "The server does not take the name or the password. Enter the password again.",
    "switched_off": "The provider has to be told to allow this: switch on IMAP, POP3 or web"
    " services there.",
    "code": "The provider wants an authorization code in place of the password.",
    "consent": "The provider wants you to sign in there again.",
    "unreachable": "The server does not answer. It is tried again by itself.",
    "untrusted": "The server shows no certificate that can be trusted.",
    "forbidden": "The server lies in a network that linked accounts may not reach.",
    "refused": "The server refuses something. It is tried again by itself.",
    "unsupported": "The server cannot do what is needed.",
    "broken": "The server's answers make no sense. It is tried again by itself.",
    "throttled": "The server wants to be left alone for a while. It is tried again by itself.",
    "full": "The mailbox here is full. Make room, or have its limit raised.",
    "ours": "Something went wrong here. It is tried again by itself; the log says more.",
}
_KINDS: tuple[tuple[type[AccountError], ErrorKind], ...] = (
    (Untrusted, "untrusted"),
    (Unreachable, "unreachable"),
    (Forbidden, "forbidden"),
    (Unsupported, "unsupported"),
    (Refused, "refused"),
    (Throttled, "throttled"),
    (Broken, "broken"),
)


def kind_of(error: Exception) -> ErrorKind:
    """Which of them it is; whatever is no AccountError is our own fault."""
    if isinstance(error, SignInRefused):
        return error.reason
    return next((kind for type_, kind in _KINDS if isinstance(error, type_)), "ours")
