"""The AUTHORIZATION state: STLS, USER and PASS, AUTH."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from posthouse.foundation.errors import Unauthenticated
from posthouse.protocols.pop3 import commands as c
from posthouse.protocols.pop3 import responses
from posthouse.protocols.pop3.errors import BadCommand
from posthouse.protocols.pop3.lines import LONGEST_RESPONSE
from posthouse.protocols.sasl.saslprep import Unprepared, saslprep
from posthouse.protocols.sasl.server import BadResponse, Challenge, start_mechanism
from posthouse.security.members import Actor, MailProtocol, Scope
from posthouse.servers.pop3.context import MECHANISMS
from posthouse.servers.signing_in import SigningIn, decoded

if TYPE_CHECKING:
    from posthouse.servers.pop3.session import Session


async def _stls(session: "Session", command: c.Stls) -> None:
    """RFC 2595 4: +OK in plain text, then nothing but TLS; what was sent ahead is forgotten."""
    context = session.context.tls
    if context is None or not session.may_start_tls:
        raise BadCommand("STLS is not for now")
    session.say(responses.ok("Begin TLS now"))
    await session.connection.start_tls(context, session.context.limits.before_sign_in)


async def _user(session: "Session", command: c.User) -> None:
    """RFC 1939 7; whether there is such a member is nobody's business yet."""
    _require_privacy(session)
    session.name = command.name
    session.say(responses.ok("Password, please"))


async def _pass(session: "Session", command: c.Pass) -> None:
    _require_privacy(session)
    name, session.name = session.name, None
    if name is None:
        raise BadCommand("Say USER first")
    try:
        prepared = saslprep(command.password)
    except Unprepared:
        raise BadCommand("This password has characters that none can have") from None
    await _sign_in(session, _way_in(session).by_password(name, prepared))


async def _auth(session: "Session", command: c.Auth) -> None:
    """RFC 5034 4."""
    _require_privacy(session)
    mechanism = start_mechanism(command.mechanism)
    if mechanism is None or mechanism.name not in MECHANISMS:
        raise BadCommand("There is no such mechanism")

    async def ask(challenge: Challenge) -> bytes:
        session.say(responses.challenge(challenge.data))
        line = await session.connection.next_line(
            LONGEST_RESPONSE, session.context.limits.before_sign_in
        )
        if line == b"*":
            raise BadCommand("Cancelled")
        return decoded(line)

    try:
        initial = None if command.initial is None else decoded(command.initial)
        await _sign_in(session, _way_in(session).by_mechanism(mechanism, initial, ask))
    except BadResponse:
        raise BadCommand("The response cannot be read") from None


HANDLERS: Mapping[type[c.Command], Callable[["Session", Any], Awaitable[None]]] = {
    c.Stls: _stls,
    c.User: _user,
    c.Pass: _pass,
    c.Auth: _auth,
}


def _require_privacy(session: "Session") -> None:
    if not session.may_send_passwords:
        raise BadCommand("Use TLS first")


def _way_in(session: "Session") -> SigningIn:
    return SigningIn(
        database=session.context.database,
        source=session.connection.peer,
        protocol=MailProtocol.POP3,
        scope=Scope.MAIL_READ,
    )


async def _sign_in(session: "Session", proving: Awaitable[Actor]) -> None:
    try:
        actor = await proving
    except Unauthenticated:
        session.count_failure()
        raise
    await session.sign_in(actor)
