"""STARTTLS and AUTHENTICATE (RFC 5804 2.1, 2.2)."""

import base64
from typing import TYPE_CHECKING

from posthouse.foundation.errors import Unauthenticated
from posthouse.protocols.managesieve import responses
from posthouse.protocols.managesieve.commands import Command
from posthouse.protocols.managesieve.errors import BadCommand
from posthouse.protocols.sasl.server import BadResponse, Challenge, start_mechanism
from posthouse.security.members import MailProtocol, Scope
from posthouse.servers.managesieve.context import MECHANISMS
from posthouse.servers.managesieve.replies import Coded
from posthouse.servers.signing_in import SigningIn, decoded

if TYPE_CHECKING:
    from posthouse.servers.managesieve.session import Session


async def start_tls(session: "Session", command: Command) -> None:
    """OK in plain text, then TLS and the capabilities again; what was sent ahead is forgotten."""
    context = session.context.tls
    if context is None or not session.may_start_tls:
        raise BadCommand("STARTTLS is not for now.")
    session.say(responses.ok("Begin TLS now."))
    await session.connection.start_tls(context, session.context.limits.before_sign_in)
    session.greet()


async def authenticate(session: "Session", command: Command) -> None:
    """The signature of SCRAM comes with the OK."""
    if session.scripts is not None:
        raise BadCommand("You have signed in.")
    if not session.may_send_passwords:
        raise Coded("Use TLS first.", b"ENCRYPT-NEEDED")
    mechanism = start_mechanism(command.text(0))
    if mechanism is None or mechanism.name not in MECHANISMS:
        raise BadCommand("There is no such mechanism.")
    way_in = SigningIn(
        database=session.context.database,
        source=session.connection.peer,
        protocol=MailProtocol.MANAGESIEVE,
        scope=Scope.MAIL_READ,
    )
    last = b""

    async def ask(challenge: Challenge) -> bytes:
        nonlocal last
        if not challenge.last:
            return await _said_to(session, challenge.data)
        last = challenge.data
        return b""

    try:
        initial = decoded(command.strings[1]) if len(command.strings) > 1 else None
        actor = await way_in.by_mechanism(mechanism, initial, ask)
    except BadResponse:
        raise BadCommand("The response cannot be read.") from None
    except Unauthenticated:
        session.count_failure()
        raise
    await session.sign_in(actor)
    code = b"SASL " + responses.string(base64.b64encode(last)) if last else b""
    session.say(responses.ok("Welcome.", code=code))


async def _said_to(session: "Session", challenge: bytes) -> bytes:
    session.say(responses.challenge(base64.b64encode(challenge)))
    words = await session.connection.next_command(session.context.limits.before_sign_in)
    if len(words) != 1 or not isinstance(words[0], bytes):
        raise BadCommand("A string is expected here.")
    if words[0] == b"*":
        raise BadCommand("Cancelled.")
    return decoded(words[0])
