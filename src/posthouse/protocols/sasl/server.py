"""The server's side of SASL: a step in, a step out. Whoever drives it looks up and verifies.

A mechanism answers each response with a step: `Challenge` goes to the client, `AskKeys` is answered
with `keys()`; `AskPassword`, `AskToken` and `Proof` are the end, and the caller decides what they
are worth.
"""

from collections.abc import Callable
from typing import Protocol

from posthouse.protocols.sasl.bearer import OauthBearer, Xoauth2
from posthouse.protocols.sasl.saslprep import Unprepared, saslprep
from posthouse.protocols.sasl.scram import ScramKeys, ScramServer
from posthouse.protocols.sasl.steps import (
    AskKeys,
    AskPassword,
    AskToken,
    BadResponse,
    Challenge,
    Proof,
    Step,
)

__all__ = [
    "BEARER_MECHANISMS",
    "MECHANISMS",
    "AskKeys",
    "AskPassword",
    "AskToken",
    "BadResponse",
    "Challenge",
    "Mechanism",
    "Proof",
    "Step",
    "start_mechanism",
]


class Mechanism(Protocol):
    """One exchange. `start` takes the initial response, None when the client sent none."""

    name: str

    def start(self, initial: bytes | None) -> Step:
        """Begin. Raises `BadResponse`."""
        ...

    def step(self, response: bytes) -> Step:
        """Take the client's next response. Raises `BadResponse`."""
        ...

    def keys(self, keys: ScramKeys | None) -> Step:
        """Answer `AskKeys`."""
        ...


class Plain:
    """RFC 4616."""

    name = "PLAIN"

    def start(self, initial: bytes | None) -> Step:
        """Begin; without initial response an empty challenge asks for it."""
        return Challenge(data=b"") if initial is None else self.step(initial)

    def step(self, response: bytes) -> Step:
        """Read `authzid NUL authcid NUL password`."""
        parts = _text(response).split("\0")
        if len(parts) != 3 or not parts[1] or not parts[2]:
            raise BadResponse("PLAIN needs three parts")
        authorization, identity, password = parts
        return AskPassword(
            identity=_prepared(identity), authorization=authorization, password=_prepared(password)
        )

    def keys(self, keys: ScramKeys | None) -> Step:
        """Never asked for."""
        raise BadResponse("PLAIN has no keys")


class Login:
    """draft-murchison-sasl-login: what Outlook and many devices speak."""

    name = "LOGIN"

    def __init__(self) -> None:
        self._identity: str | None = None

    def start(self, initial: bytes | None) -> Step:
        """Begin; some clients send the name with the command."""
        return self.step(initial) if initial else Challenge(data=b"Username:")

    def step(self, response: bytes) -> Step:
        """Name first, then password."""
        if self._identity is None:
            self._identity = _prepared(_text(response))
            if not self._identity:
                raise BadResponse("empty name")
            return Challenge(data=b"Password:")
        password = _prepared(_text(response))
        return AskPassword(identity=self._identity, authorization="", password=password)

    def keys(self, keys: ScramKeys | None) -> Step:
        """Never asked for."""
        raise BadResponse("LOGIN has no keys")


class ScramSha256:
    """RFC 7677 without channel binding. The server's final message travels as a challenge."""

    name = "SCRAM-SHA-256"

    def __init__(self, *, nonce: str | None = None) -> None:
        """`nonce` is given only by tests that follow the RFC's example."""
        self._server = ScramServer(nonce=nonce)
        self._proof: Proof | None = None

    def start(self, initial: bytes | None) -> Step:
        """Begin; without initial response an empty challenge asks for it."""
        return Challenge(data=b"") if initial is None else self.step(initial)

    def step(self, response: bytes) -> Step:
        """First message, final message, then the empty answer to the server's signature."""
        if self._proof is not None:
            if response:
                raise BadResponse("nothing was asked")
            return self._proof
        text = _text(response)
        try:
            if not self._server.identity:
                self._server.read_first(text)
                return AskKeys(identity=self._server.identity)
            signature = self._server.read_final(text)
        except ValueError as error:
            raise BadResponse(str(error)) from error
        proof = Proof(
            identity=self._server.identity,
            authorization=self._server.authorization,
            proved=signature is not None,
            which=self._server.which,
        )
        if signature is None:
            return proof
        self._proof = proof
        return Challenge(data=signature.encode(), last=True)

    def keys(self, keys: ScramKeys | None) -> Step:
        """Continue with the keys; without them a made-up salt hides that the name is unknown."""
        return Challenge(data=self._server.first_message(keys).encode())


def start_mechanism(name: str) -> Mechanism | None:
    """A fresh exchange by its IANA name, or None for one we do not speak."""
    factory = _MECHANISMS.get(name.upper())
    return factory() if factory else None


MECHANISMS = ("SCRAM-SHA-256", "PLAIN", "LOGIN")
# With an API key of the member instead of the password.
BEARER_MECHANISMS = ("OAUTHBEARER", "XOAUTH2")
_MECHANISMS: dict[str, Callable[[], Mechanism]] = {
    "PLAIN": Plain,
    "LOGIN": Login,
    "SCRAM-SHA-256": ScramSha256,
    "OAUTHBEARER": OauthBearer,
    "XOAUTH2": Xoauth2,
}


def _text(response: bytes) -> str:
    try:
        return response.decode()
    except UnicodeDecodeError as error:
        raise BadResponse("not UTF-8") from error


def _prepared(text: str) -> str:
    try:
        return saslprep(text)
    except Unprepared as error:
        raise BadResponse(str(error)) from error
