"""What goes wrong with a server elsewhere. Its words are kept for a person, never acted on."""

from typing import Literal

# wrong: name or password; switched_off: the protocol must be switched on at the provider first;
# code: an authorization code is wanted in place of the password; consent: sign in there anew.
SignInReason = Literal["wrong", "switched_off", "code", "consent"]


class AccountError(Exception):
    """`said` is what the server answered, cut short; "" when it said nothing."""

    def __init__(self, what: str, *, said: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.said = said[:500]


class SignInRefused(AccountError):
    """Nobody but a person can help: the account is locked until its secret is changed."""

    def __init__(self, what: str, *, reason: SignInReason = "wrong", said: str = "") -> None:
        super().__init__(what, said=said)
        self.reason = reason


class Unreachable(AccountError):
    """No connection, or it was lost: name, network, TLS, time."""


class Untrusted(Unreachable):
    """The server shows no certificate that can be trusted for its name."""


class Forbidden(AccountError):
    """The address lies in a network that linked accounts may not reach (`link_private_hosts`)."""


class Refused(AccountError):
    """The server says NO to one command; the connection stands. `code` is why, as RFC 5530 has
    words for it (`ALREADYEXISTS`), where the server uses them.
    """

    def __init__(self, what: str, *, said: str = "", code: str = "") -> None:
        super().__init__(what, said=said)
        self.code = code


class Unsupported(Refused):
    """This kind of account, or this server, cannot do that at all."""


class Broken(AccountError):
    """Nonsense, or more than any honest server sends; the connection is closed."""


class Throttled(AccountError):
    """The server asks to be left alone for `seconds`."""

    def __init__(self, what: str, *, seconds: float, said: str = "") -> None:
        super().__init__(what, said=said)
        self.seconds = seconds
