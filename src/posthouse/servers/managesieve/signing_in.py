"""STARTTLS and AUTHENTICATE (RFC 5804 2.1, 2.2). Lock-out lives in security/members."""

import base64
import binascii
from typing import TYPE_CHECKING

from posthouse.foundation import errors
from posthouse.protocols.managesieve import responses
from posthouse.protocols.managesieve.commands import Command
from posthouse.protocols.managesieve.errors import BadCommand
from posthouse.protocols.sasl.server import (
    AskKeys,
    AskPassword,
    BadResponse,
    Challenge,
    Mechanism,
    Proof,
    Step,
    start_mechanism,
)
from posthouse.security import members
from posthouse.servers.managesieve.context import MECHANISMS
from posthouse.servers.managesieve.replies import Coded

if TYPE_CHECKING:
    from posthouse.servers.managesieve.session import Session

_PROTOCOL = "managesieve"


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
    initial = _decoded(command.strings[1]) if len(command.strings) > 1 else None
    last = b""
    try:
        step = mechanism.start(initial)
        while isinstance(step, Challenge | AskKeys):
            if isinstance(step, Challenge) and step.last:
                last = step.data
                step = mechanism.step(b"")
            else:
                step = await _continue(session, mechanism, step)
    except BadResponse:
        raise BadCommand("The response cannot be read.") from None
    await _conclude(session, step)
    code = b"SASL " + responses.string(base64.b64encode(last)) if last else b""
    session.say(responses.ok("Welcome.", code=code))


async def _continue(session: "Session", mechanism: Mechanism, step: Challenge | AskKeys) -> Step:
    if isinstance(step, AskKeys):
        source = session.connection.peer
        keys = await members.scram_credentials(
            session.context.database, step.identity, source=source
        )
        return mechanism.keys(keys)
    session.say(responses.challenge(base64.b64encode(step.data)))
    words = await session.connection.next_command(session.context.limits.before_sign_in)
    if len(words) != 1 or not isinstance(words[0], bytes):
        raise BadCommand("A string is expected here.")
    if words[0] == b"*":
        raise BadCommand("Cancelled.")
    return mechanism.step(_decoded(words[0]))


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadCommand("This is not base64.") from None


async def _conclude(session: "Session", step: Step) -> None:
    match step:
        case AskPassword() if step.authorization in ("", step.identity):
            await _check_password(session, step)
        case Proof() if step.authorization in ("", step.identity):
            await _check_proof(session, step)
        case _:
            _count_and_refuse(session, "Nobody acts as another here.")


async def _check_password(session: "Session", step: AskPassword) -> None:
    try:
        actor = await members.sign_in_with_password(
            session.context.database,
            step.identity,
            step.password,
            source=session.connection.peer,
            protocol=_PROTOCOL,
        )
    except errors.Unauthenticated:
        session.count_failure()
        raise
    await session.sign_in(actor)


async def _check_proof(session: "Session", proof: Proof) -> None:
    database, source = session.context.database, session.connection.peer
    if not proof.proved:
        await members.note_failure(database, proof.identity, source=source, protocol=_PROTOCOL)
        _count_and_refuse(session, "The address or the password is wrong.")
    await session.sign_in(await members.actor_of(database, proof.identity, source=source))


def _count_and_refuse(session: "Session", reason: str) -> None:
    session.count_failure()
    raise errors.Unauthenticated(reason)
