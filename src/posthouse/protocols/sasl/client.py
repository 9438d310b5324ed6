"""The client's side of SASL: the initial response, then one answer to each challenge."""

from typing import Protocol

from posthouse.protocols.sasl.scram import BadScram, ScramClient, encode_name


class ClientMechanism(Protocol):
    """One exchange. `trusted` is False for a server that has to prove itself and did not."""

    name: str

    def initial(self) -> bytes:
        """What goes with the AUTH command."""
        ...

    def respond(self, challenge: bytes) -> bytes:
        """Answer a challenge. Raises `BadScram` or `UnicodeDecodeError` (both ValueError)."""
        ...

    @property
    def trusted(self) -> bool:
        """Checked when the server says yes."""
        ...


class PlainClient:
    """RFC 4616. Only over TLS: the password is sent."""

    name = "PLAIN"
    trusted = True

    def __init__(self, identity: str, password: str) -> None:
        self._message = f"\0{identity}\0{password}".encode()

    def initial(self) -> bytes:
        """The whole message at once."""
        return self._message

    def respond(self, challenge: bytes) -> bytes:
        """Some servers ask again with an empty challenge."""
        return self._message


class LoginClient:
    """LOGIN: the name with the command is not widely read, so both wait for their challenge."""

    name = "LOGIN"
    trusted = True

    def __init__(self, identity: str, password: str) -> None:
        self._answers = [identity.encode(), password.encode()]

    def initial(self) -> bytes:
        """Nothing; the server asks first."""
        return b""

    def respond(self, challenge: bytes) -> bytes:
        """Name, then password, whatever the prompt says (they are translated at times)."""
        if not self._answers:
            raise BadScram("the server asks on")
        return self._answers.pop(0)


class XOAuth2Client:
    """A token in place of the password, as Google and Microsoft take it. Only over TLS."""

    name = "XOAUTH2"
    trusted = True

    def __init__(self, identity: str, token: str) -> None:
        self._message = f"user={identity}\x01auth=Bearer {token}\x01\x01".encode()

    def initial(self) -> bytes:
        """The whole message at once."""
        return self._message

    def respond(self, challenge: bytes) -> bytes:
        """What is asked then is an error in JSON; after an empty answer comes the refusal."""
        return b""


class ScramSha256Client:
    """RFC 7677 with the server's proof checked."""

    name = "SCRAM-SHA-256"

    def __init__(self, identity: str, password: str, *, nonce: str | None = None) -> None:
        self._client = ScramClient(identity, password, nonce=nonce)
        self._step = 0
        self._trusted = False

    @property
    def trusted(self) -> bool:
        """True after the server's signature was checked."""
        return self._trusted

    def initial(self) -> bytes:
        """client-first-message."""
        return self._client.first_message().encode()

    def respond(self, challenge: bytes) -> bytes:
        """Proof, then an empty answer to the server's signature."""
        self._step += 1
        if self._step == 1:
            return self._client.final_message(challenge.decode()).encode()
        self._client.check_server(challenge.decode())
        self._trusted = True
        return b""


class OauthBearerClient:
    """RFC 7628. Only over TLS: the token is sent."""

    name = "OAUTHBEARER"
    trusted = True

    def __init__(self, identity: str, token: str, host: str, port: int) -> None:
        header = f"n,a={encode_name(identity)},\x01host={host}\x01port={port}\x01"
        self._message = f"{header}auth=Bearer {token}\x01\x01".encode()

    def initial(self) -> bytes:
        """The whole message at once."""
        return self._message

    def respond(self, challenge: bytes) -> bytes:
        """The challenge is an error in JSON; the refusal comes after this (RFC 7628 3.2.3)."""
        return b"\x01"


def choose_mechanism(
    offered: frozenset[str], identity: str, password: str
) -> ClientMechanism | None:
    """The strongest mechanism both sides speak, or None."""
    if "SCRAM-SHA-256" in offered:
        return ScramSha256Client(identity, password)
    if "PLAIN" in offered:
        return PlainClient(identity, password)
    if "LOGIN" in offered:
        return LoginClient(identity, password)
    return None


def choose_token_mechanism(
    offered: frozenset[str], identity: str, token: str, host: str, port: int
) -> ClientMechanism | None:
    """For an access token: by RFC 7628 where it is offered, else as it was before, or None."""
    if "OAUTHBEARER" in offered:
        return OauthBearerClient(identity, token, host, port)
    if "XOAUTH2" in offered:
        return XOAuth2Client(identity, token)
    return None
