"""From the greeting to a signed-in session, as a conversation without sockets.

`open_session` is a generator: it yields what to do and is sent what came of it.
"""

import base64
import enum
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from posthouse.protocols.pop3.client import apop
from posthouse.protocols.pop3.client.listings import Capabilities, read_capabilities
from posthouse.protocols.pop3.client.replies import Challenge, Status
from posthouse.protocols.pop3.client.requests import request
from posthouse.protocols.pop3.errors import BadResponse
from posthouse.protocols.sasl.client import ClientMechanism, XOAuth2Client, choose_mechanism

# A server that asks on and on is never content.
_MOST_CHALLENGES = 8


class Stage(enum.Enum):
    """Where an opening can fail."""

    GREETING = "greeting"
    TLS = "tls"
    SIGN_IN = "sign in"


class OpeningFailed(Exception):
    """`status` says why: in the server's words, or in ours where `said_by_us`."""

    def __init__(self, stage: Stage, status: Status, *, said_by_us: bool = False) -> None:
        super().__init__(f"{stage.value}: {status.text}")
        self.stage = stage
        self.status = status
        self.said_by_us = said_by_us


@dataclass(frozen=True, slots=True)
class Say:
    """Send `line`, read a status; after +OK the lines of a listing when one is `listed`.

    An empty line is for the greeting, that comes by itself. Never write down what is `secret`.
    """

    line: bytes = field(repr=False)
    listed: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class StartTls:
    """Shake hands now; forget what has come so far."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back."""

    status: Status | Challenge
    lines: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How to open. `starttls` is demanded, never dropped; `secure`: TLS is there from the start.

    With neither, TLS is absent by choice: APOP then spares the password, where it is offered.
    `never` are extensions and mechanisms, in capitals, that are not to be used even if offered.
    """

    identity: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    secure: bool = False
    starttls: bool = False
    never: frozenset[str] = frozenset()


Opening = Generator[Say | StartTls, Heard | None, Capabilities]
_Part = Generator[Say | StartTls, Heard | None, None]
_GREETING = Say(b"")


def open_session(wanted: Wanted) -> Opening:
    """What the server can do, once signed in. Raises OpeningFailed, BadResponse, BadCommand."""
    greeting = _status((yield _GREETING))
    if not greeting.ok:
        raise OpeningFailed(Stage.GREETING, greeting)
    offered = yield from _capabilities(wanted)
    if wanted.starttls and not wanted.secure:
        yield from _start_tls(offered)
        offered = yield from _capabilities(wanted)  # RFC 2595 4: told in the clear, not believed
    yield from _sign_in(wanted, greeting, offered)
    return offered


def _capabilities(wanted: Wanted) -> Opening:
    if "CAPA" in wanted.never:
        return Capabilities()
    heard = yield Say(request("CAPA"), listed=True)
    assert heard is not None
    if not _status(heard).ok:
        return Capabilities()
    told = read_capabilities(heard.lines)
    return replace(told, words=told.words - wanted.never, mechanisms=told.mechanisms - wanted.never)


def _start_tls(offered: Capabilities) -> _Part:
    if offered.known and not offered.stls:
        raise _ours(Stage.TLS, "The server does not offer TLS here")
    answer = _status((yield Say(request("STLS"))))
    if not answer.ok:
        raise OpeningFailed(Stage.TLS, answer)
    yield StartTls()


def _sign_in(wanted: Wanted, greeting: Status, offered: Capabilities) -> _Part:
    if wanted.token:
        mechanism: ClientMechanism | None = XOAuth2Client(wanted.identity, wanted.token)
    else:
        if not (wanted.secure or wanted.starttls) and (yield from _by_apop(wanted, greeting)):
            return
        mechanism = choose_mechanism(offered.mechanisms, wanted.identity, wanted.password)
    if mechanism is not None:
        if (yield from _by_mechanism(mechanism)):
            return
        if wanted.token:
            raise _ours(Stage.SIGN_IN, "The server takes no tokens")
    elif not offered.plain_sign_in:
        raise _ours(Stage.SIGN_IN, "The server knows no way to sign in that we know")
    answer = _status((yield Say(request("USER", wanted.identity), secret=True)))
    if answer.ok:
        answer = _status((yield Say(request("PASS", wanted.password), secret=True)))
    if not answer.ok:
        raise OpeningFailed(Stage.SIGN_IN, answer)


def _by_apop(wanted: Wanted, greeting: Status) -> Generator[Say | StartTls, Heard | None, bool]:
    timestamp = apop.timestamp_of(greeting.text)
    if timestamp is None or "APOP" in wanted.never:
        return False
    line = request("APOP", wanted.identity, apop.digest(timestamp, wanted.password))
    # A timestamp may stand in a greeting whose server has never heard of APOP.
    return _status((yield Say(line, secret=True))).ok


def _by_mechanism(
    mechanism: ClientMechanism,
) -> Generator[Say | StartTls, Heard | None, bool]:
    """False when the server does not take it, before anything secret was said.

    What goes with the command in RFC 5034 4 is sent after a question here: it does not fit into
    255 octets when it is a token, and servers of RFC 1734 know it only like this.
    """
    heard = yield Say(request("AUTH", mechanism.name))
    assert heard is not None
    if isinstance(heard.status, Status):
        if heard.status.ok:
            raise BadResponse("The server lets us in before we have said who we are")
        return False
    answer = mechanism.initial() or _answer(mechanism, heard.status)
    for _ in range(_MOST_CHALLENGES):
        heard = yield Say(base64.b64encode(answer) + b"\r\n", secret=True)
        assert heard is not None
        if isinstance(heard.status, Status):
            if not heard.status.ok:
                raise OpeningFailed(Stage.SIGN_IN, heard.status)
            if not mechanism.trusted:
                raise _ours(Stage.SIGN_IN, "The server could not prove that it is itself")
            return True
        answer = _answer(mechanism, heard.status)
    raise BadResponse("The server asks for ever")


def _answer(mechanism: ClientMechanism, challenge: Challenge) -> bytes:
    try:
        return mechanism.respond(challenge.data)
    except ValueError:
        raise _ours(Stage.SIGN_IN, "The server could not prove that it is itself") from None


def _status(heard: Heard | None) -> Status:
    if heard is None or isinstance(heard.status, Challenge):
        raise BadResponse("The server asks where nothing was to be asked")
    return heard.status


def _ours(stage: Stage, text: str) -> OpeningFailed:
    return OpeningFailed(stage, Status(False, text), said_by_us=True)
