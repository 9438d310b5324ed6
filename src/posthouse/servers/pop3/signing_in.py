"""The AUTHORIZATION state: STLS, USER and PASS, AUTH. Lock-out lives in security/members."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from posthouse.foundation import errors
from posthouse.protocols.pop3 import commands as c
from posthouse.protocols.pop3 import responses
from posthouse.protocols.pop3.errors import BadCommand
from posthouse.protocols.pop3.lines import LONGEST_RESPONSE
from posthouse.protocols.sasl.saslprep import Unprepared, saslprep
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
from posthouse.servers.pop3.context import MECHANISMS

if TYPE_CHECKING:
    from posthouse.servers.pop3.session import Session

_PROTOCOL = "pop3"


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
    await _check_password(session, name, prepared)


async def _auth(session: "Session", command: c.Auth) -> None:
    """RFC 5034 4."""
    _require_privacy(session)
    mechanism = start_mechanism(command.mechanism)
    if mechanism is None or mechanism.name not in MECHANISMS:
        raise BadCommand("There is no such mechanism")
    initial = None if command.initial is None else _decoded(command.initial)
    try:
        step = mechanism.start(initial)
        while isinstance(step, Challenge | AskKeys):
            step = await _continue(session, mechanism, step)
    except BadResponse:
        raise BadCommand("The response cannot be read") from None
    await _conclude(session, step)


HANDLERS: Mapping[type[c.Command], Callable[["Session", Any], Awaitable[None]]] = {
    c.Stls: _stls,
    c.User: _user,
    c.Pass: _pass,
    c.Auth: _auth,
}


def _require_privacy(session: "Session") -> None:
    if not session.may_send_passwords:
        raise BadCommand("Use TLS first")


async def _continue(session: "Session", mechanism: Mechanism, step: Challenge | AskKeys) -> Step:
    if isinstance(step, AskKeys):
        source = session.connection.peer
        keys = await members.scram_credentials(
            session.context.database, step.identity, source=source
        )
        return mechanism.keys(keys)
    session.say(responses.challenge(step.data))
    line = await session.connection.next_line(
        LONGEST_RESPONSE, session.context.limits.before_sign_in
    )
    if line == b"*":
        raise BadCommand("Cancelled")
    return mechanism.step(_decoded(line))


def _decoded(text: bytes) -> bytes:
    if text == b"=":  # RFC 5034 4: an empty initial response
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadCommand("Not base64") from None


async def _conclude(session: "Session", step: Step) -> None:
    match step:
        case AskPassword() if step.authorization in ("", step.identity):
            await _check_password(session, step.identity, step.password)
        case Proof() if step.authorization in ("", step.identity):
            await _check_proof(session, step)
        case _:
            _count_and_refuse(session, "Nobody acts as another here.")


async def _check_password(session: "Session", name: str, password: str) -> None:
    try:
        actor = await members.sign_in_with_password(
            session.context.database,
            name,
            password,
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
