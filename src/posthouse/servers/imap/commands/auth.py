"""Getting in: STARTTLS, LOGIN, AUTHENTICATE. Lock-out and delays live in security/members."""

import base64
import binascii

from posthouse.foundation import errors
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap import responses
from posthouse.protocols.imap.errors import BadCommand, Refusal
from posthouse.protocols.sasl.bearer import Bearer
from posthouse.protocols.sasl.server import (
    AskKeys,
    AskPassword,
    AskToken,
    BadResponse,
    Challenge,
    Mechanism,
    Proof,
    Step,
    start_mechanism,
)
from posthouse.security import members
from posthouse.security.members import Actor
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.store import Store

_LONGEST_RESPONSE = 12_288  # RFC 4954 4 for the same exchange


async def starttls(session: Session, command: c.StartTls) -> None:
    """RFC 3501 6.2.1. The session says OK itself: after it, everything is TLS."""
    context = session.context.tls
    if context is None or session.connection.encrypted:
        raise BadCommand("STARTTLS is not for now")
    await session.start_tls(context, command.tag)


async def login(session: Session, command: c.Login) -> Done:
    if not session.may_send_passwords:
        raise Refusal("Use TLS first", code="PRIVACYREQUIRED")
    return await _check_password(session, command.name, command.password)


async def authenticate(session: Session, command: c.Authenticate) -> Done:
    """RFC 3501 6.2.2 with SASL-IR (RFC 4959)."""
    if not session.may_send_passwords:
        raise Refusal("Use TLS first", code="PRIVACYREQUIRED")
    mechanism = start_mechanism(command.mechanism)
    if mechanism is None or mechanism.name not in session.context.mechanisms:
        raise Refusal("There is no such mechanism", code="CANNOT")
    initial = None if command.initial is None else _decoded(command.initial)
    try:
        step = mechanism.start(initial)
        while isinstance(step, Challenge | AskKeys):
            step = await _continue(session, mechanism, step)
    except BadResponse as error:
        raise BadCommand("The response cannot be read") from error
    if isinstance(step, AskToken):
        return await _check_token(session, mechanism, step)
    return await _conclude(session, step)


async def _check_token(session: Session, mechanism: Mechanism, step: AskToken) -> Done:
    """RFC 7628 3.2.3: what is wrong is said first, and the refusal answers the answer to that."""
    database = session.context.database
    try:
        actor = await members.sign_in_with_key(
            database, step.identity, step.token, members.Scope.MAIL_READ
        )
    except (errors.Unauthenticated, errors.Denied):
        _count_failure(session)
        if isinstance(mechanism, Bearer) and not session.ending:
            await _ask(session, mechanism.refused(members.Scope.MAIL_READ).data)
        raise errors.Unauthenticated("The API key is not valid.") from None
    return _welcome(session, actor)


async def _continue(session: Session, mechanism: Mechanism, step: Challenge | AskKeys) -> Step:
    if isinstance(step, AskKeys):
        database = session.context.database
        return mechanism.keys(
            await members.scram_credentials(database, step.identity, source=session.connection.peer)
        )
    line = await _ask(session, step.data)
    if line == b"*":
        raise BadCommand("Cancelled")
    return mechanism.step(_decoded(line))


async def _ask(session: Session, challenge: bytes) -> bytes:
    session.connection.write(responses.continuation(base64.b64encode(challenge)))
    return await session.connection.next_line(
        _LONGEST_RESPONSE, session.context.limits.before_sign_in
    )


def _decoded(text: bytes) -> bytes:
    if text == b"=":  # RFC 4959 3: an empty initial response
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BadCommand("Not base64") from error


async def _conclude(session: Session, step: Step) -> Done:
    match step:
        case AskPassword() if step.authorization in ("", step.identity):
            return await _check_password(session, step.identity, step.password)
        case Proof() if step.authorization in ("", step.identity):
            return await _check_proof(session, step)
        case _:
            raise Refusal("Nobody acts as another here", code="AUTHORIZATIONFAILED")


async def _check_password(session: Session, name: str, password: str) -> Done:
    try:
        actor = await members.sign_in_with_password(
            session.context.database,
            name,
            password,
            source=session.connection.peer,
            protocol="imap",
        )
    except errors.Unauthenticated:
        _count_failure(session)
        raise
    return _welcome(session, actor)


async def _check_proof(session: Session, proof: Proof) -> Done:
    database, source = session.context.database, session.connection.peer
    if not proof.proved:
        await members.note_failure(database, proof.identity, source=source, protocol="imap")
        _count_failure(session)
        raise errors.Unauthenticated("Wrong name or password.")
    return _welcome(session, await members.actor_of(database, proof.identity, source=source))


def _count_failure(session: Session) -> None:
    session.failed_sign_ins += 1
    if session.failed_sign_ins >= session.context.limits.failed_sign_ins:
        session.goodbye("Too many failed attempts")


def _welcome(session: Session, actor: Actor) -> Done:
    session.sign_in(Store(session.context.database, actor))
    return Done("Signed in", code=f"CAPABILITY {session.capabilities()}")
