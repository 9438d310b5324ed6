"""Signing in to the server that sends for an account, to see whether it lets us."""

import asyncio
from functools import partial
from typing import NoReturn

from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import (
    Broken,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
)
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.pop3.refusals import reason_of
from posthouse.mail.accounts.wire import Wire, connect
from posthouse.protocols.sasl.client import (
    ClientMechanism,
    choose_mechanism,
    choose_token_mechanism,
)
from posthouse.protocols.smtp.client import ClientDialogue, Failed, Ready, StartTls, Tls
from posthouse.protocols.smtp.envelope import Stage
from posthouse.protocols.smtp.reply import BadReply, Reply

_SECONDS = 45.0
_LATER_SECONDS = 300.0
_HELLO = "[127.0.0.1]"  # RFC 5321 4.1.4: as whoever has no name of his own
_BY_PASSWORD = {"SCRAM-SHA-256", "PLAIN", "LOGIN"}
_BY_TOKEN = {"OAUTHBEARER", "XOAUTH2"}
_TLS = {"tls": Tls.NEVER, "starttls": Tls.REQUIRED, "plain": Tls.NEVER}


async def try_sending(
    outside: Outside, server: Server, login: str, password: str, token: str = ""
) -> None:
    """No mail leaves; an access token counts before a password.

    Raises SignInRefused, Unreachable, Untrusted, Forbidden, Refused, Broken, Throttled.
    """
    wire = await connect(outside, server)
    dialogue = ClientDialogue(
        hello=_HELLO,
        tls=_TLS[server.security],
        secure=wire.secure,
        choose_mechanism=partial(
            choose_token_mechanism, identity=login, token=token, host=server.host, port=server.port
        )
        if token
        else partial(_mechanism, login=login, password=password),
    )
    try:
        async with asyncio.timeout(_SECONDS):
            await _open(wire, dialogue, outside, server, by_token=bool(token))
            dialogue.quit()
            await wire.write(b"".join(dialogue.take_output()))
            await wire.close()
    except TimeoutError:
        raise Unreachable(f"{server.host} does not answer.") from None
    except BadReply as error:
        raise Broken(f"{server.host} does not speak SMTP.") from error
    finally:
        wire.abort()


async def _open(
    wire: Wire, dialogue: ClientDialogue, outside: Outside, server: Server, *, by_token: bool
) -> None:
    while True:
        if output := b"".join(dialogue.take_output()):
            await wire.write(output)
        for event in dialogue.take_events():
            match event:
                case Ready():
                    return
                case StartTls():
                    await wire.start_tls(outside.tls)
                    dialogue.tls_started()
                    break
                case Failed(stage=stage, reply=reply):
                    ways = _BY_TOKEN if by_token else _BY_PASSWORD
                    if stage is Stage.AUTH and not dialogue.offered.auth & ways:
                        _refuse_ways(server.host, dialogue.offered.auth, by_token=by_token)
                    _refuse(server.host, stage, reply, by_token=by_token)
        else:
            # SCRAM's proof takes milliseconds, on purpose.
            await asyncio.to_thread(dialogue.receive, await wire.read())


def _mechanism(offered: frozenset[str], login: str, password: str) -> ClientMechanism | None:
    try:
        return choose_mechanism(offered, login, password)
    except ValueError:  # SCRAM has no form of this name or password (RFC 4013)
        return choose_mechanism(offered - {"SCRAM-SHA-256"}, login, password)


def _refuse_ways(host: str, offered: frozenset[str], *, by_token: bool) -> NoReturn:
    if by_token:
        raise Refused(f"{host} takes no access tokens.")
    if offered:
        raise SignInRefused(f"{host} takes no passwords.", reason="consent")
    raise Refused(f"{host} lets nobody sign in there.")


def _refuse(host: str, stage: Stage, reply: Reply, *, by_token: bool) -> NoReturn:
    said = str(reply)
    if stage is Stage.TLS:
        raise Unreachable(f"{host} offers no TLS there.", said=said)
    if reply.code in (421, 450, 451, 454):  # RFC 4954 6: 454 is no word about the password
        raise Throttled(f"{host} wants us to come later.", seconds=_LATER_SECONDS, said=said)
    if stage is Stage.AUTH:
        reason = reason_of(said)
        if by_token and reason == "wrong":
            reason = "consent"
        raise SignInRefused(f"{host} does not let us in.", reason=reason, said=said)
    raise Refused(f"{host} refuses.", said=said)
