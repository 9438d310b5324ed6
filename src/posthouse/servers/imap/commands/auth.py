"""Getting in: STARTTLS, LOGIN, AUTHENTICATE."""

import base64
from collections.abc import Awaitable

from posthouse.foundation.errors import Unauthenticated
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap import responses
from posthouse.protocols.imap.errors import BadCommand, Refusal
from posthouse.protocols.sasl.server import BadResponse, Challenge, start_mechanism
from posthouse.security.members import Actor, MailProtocol, Scope
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.store import Store
from posthouse.servers.signing_in import SigningIn, decoded

_LONGEST_RESPONSE = 12_288  # RFC 4954 4 for the same exchange


async def starttls(session: Session, command: c.StartTls) -> None:
    """RFC 3501 6.2.1. The session says OK itself: after it, everything is TLS."""
    context = session.context.tls
    if context is None or session.connection.encrypted:
        raise BadCommand("STARTTLS is not for now")
    await session.start_tls(context, command.tag)


async def login(session: Session, command: c.Login) -> Done:
    _require_privacy(session)
    return await _sign_in(session, _way_in(session).by_password(command.name, command.password))


async def authenticate(session: Session, command: c.Authenticate) -> Done:
    """RFC 3501 6.2.2 with SASL-IR (RFC 4959)."""
    _require_privacy(session)
    mechanism = start_mechanism(command.mechanism)
    if mechanism is None or mechanism.name not in session.context.mechanisms:
        raise Refusal("There is no such mechanism", code="CANNOT")

    async def ask(challenge: Challenge) -> bytes:
        session.connection.write(responses.continuation(base64.b64encode(challenge.data)))
        line = await session.connection.next_line(
            _LONGEST_RESPONSE, session.context.limits.before_sign_in
        )
        if line == b"*":
            raise BadCommand("Cancelled")
        return decoded(line)

    try:
        initial = None if command.initial is None else decoded(command.initial)
        return await _sign_in(session, _way_in(session).by_mechanism(mechanism, initial, ask))
    except BadResponse as error:
        raise BadCommand("The response cannot be read") from error


def _require_privacy(session: Session) -> None:
    if not session.may_send_passwords:
        raise Refusal("Use TLS first", code="PRIVACYREQUIRED")


def _way_in(session: Session) -> SigningIn:
    return SigningIn(
        database=session.context.database,
        source=session.connection.peer,
        protocol=MailProtocol.IMAP,
        scope=Scope.MAIL_READ,
    )


async def _sign_in(session: Session, proving: Awaitable[Actor]) -> Done:
    try:
        actor = await proving
    except Unauthenticated:
        session.failed_sign_ins += 1
        if session.failed_sign_ins >= session.context.limits.failed_sign_ins:
            session.goodbye("Too many failed attempts")
        raise
    session.sign_in(Store(session.context.database, actor))
    return Done("Signed in", code=f"CAPABILITY {session.capabilities()}")
