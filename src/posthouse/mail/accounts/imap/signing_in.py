"""From an address to a signed-in connection: TLS, sign-in, who we are, what both sides can do."""

import asyncio
import base64
import contextlib
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInReason,
    SignInRefused,
    Unreachable,
)
from posthouse.mail.accounts.imap.connection import Connection
from posthouse.mail.accounts.imap.quirks import Appearance, Quirks, quirks_of
from posthouse.mail.accounts.wire import connect
from posthouse.protocols.imap.client import commands as c
from posthouse.protocols.imap.client.responses import Condition, Identity, Namespaces
from posthouse.protocols.sasl.client import (
    ClientMechanism,
    XOAuth2Client,
    choose_mechanism,
    choose_token_mechanism,
)

# RFC 2971: NetEase opens no folder for who does not introduce himself after signing in.
_WHO_WE_ARE = {"name": "Posthouse", "version": "1.0", "vendor": "Posthouse"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A connection that is ready, and what was found out on the way.

    `prefix` and `separator` are of the personal namespace; `foreign` the prefixes of others'.
    """

    connection: Connection
    quirks: Quirks
    condstore: bool
    qresync: bool
    prefix: bytes = b""
    separator: str | None = None
    foreign: tuple[bytes, ...] = ()


async def sign_in(how: SignIn, outside: Outside) -> SignedIn:
    """Raises as `Connect` does; nothing stays open then."""
    server = how.servers.incoming
    connection = Connection(await connect(outside, server), server.host)
    try:
        return await _open(connection, how, outside)
    except BaseException:
        connection.abort()
        raise


async def _open(connection: Connection, how: SignIn, outside: Outside) -> SignedIn:
    greeting = await connection.greeting()
    seen = Appearance(host=connection.host, greeting=greeting.text)
    if not connection.capabilities:
        await connection.run(c.command("CAPABILITY"))
    if how.servers.incoming.security == "starttls":
        await _start_tls(connection, greeting, outside)
    connection.without = quirks_of(
        replace(seen, capabilities=connection.capabilities), how.overrides
    ).without
    if greeting.state != "PREAUTH":
        known = connection.capabilities
        await _authenticate(connection, how)
        # What strangers are offered is not what members are.
        if connection.capabilities is known:
            await connection.run(c.command("CAPABILITY"))
    connection.trust()
    return await _agree(connection, seen, how.overrides)


async def _start_tls(connection: Connection, greeting: Condition, outside: Outside) -> None:
    if greeting.state == "PREAUTH" or not connection.can("STARTTLS"):
        # There is no STARTTLS after PREAUTH: who forges that greeting wants us to speak in clear.
        connection.abort()
        raise Unreachable(f"{connection.host} offers no TLS there.")
    try:
        await connection.start_tls(outside.tls)
    except Refused as refusal:
        raise Unreachable(f"{connection.host} offers no TLS there.", said=refusal.said) from None
    await connection.run(c.command("CAPABILITY"))


# -- who signs in


async def _authenticate(connection: Connection, how: SignIn) -> None:
    mechanism = await _mechanism(connection, how)
    try:
        if mechanism is not None:
            await _exchange(connection, mechanism)
        else:
            login, password = c.text(how.servers.login), c.text(how.secret.password)
            await connection.run(c.command("LOGIN", login, password))
    except Refused as refusal:
        raise _refused(connection.host, refusal, by_token=how.token is not None) from None


async def _mechanism(connection: Connection, how: SignIn) -> ClientMechanism | None:
    """The strongest that both have; None for the command LOGIN. Raises SignInRefused."""
    words = (word for word in connection.capabilities if word.startswith("AUTH="))
    offered = frozenset(word[5:] for word in words if connection.can(word))
    server, login, password = how.servers.incoming, how.servers.login, how.secret.password
    if how.token is not None:
        token = await how.token()
        chosen = choose_token_mechanism(offered, login, token, server.host, server.port)
        return chosen or XOAuth2Client(login, token)
    try:
        mechanism = choose_mechanism(offered, login, password)
    except ValueError:  # SCRAM has no form of this name or password (RFC 4013)
        mechanism = choose_mechanism(offered - {"SCRAM-SHA-256"}, login, password)
    if mechanism is None and "LOGINDISABLED" in connection.capabilities:
        reason: SignInReason = "consent" if offered else "switched_off"
        raise SignInRefused(f"{connection.host} takes no passwords.", reason=reason)
    return mechanism


async def _exchange(connection: Connection, mechanism: ClientMechanism) -> None:
    """RFC 3501 6.2.2; with RFC 4959 the first answer goes along."""
    first = mechanism.initial()
    at_once = bool(first) and connection.can("SASL-IR")
    answers = deque([first] if first and not at_once else [])

    async def answer(challenge: bytes) -> bytes:
        if answers:
            return base64.b64encode(answers.popleft())
        try:
            asked = base64.b64decode(challenge)
            # SCRAM's proof takes milliseconds, on purpose.
            return base64.b64encode(await asyncio.to_thread(mechanism.respond, asked))
        except ValueError as error:
            raise Broken(f"{connection.host} did not prove that it knows the password.") from error

    arguments = [c.atom(mechanism.name)]
    if at_once:
        arguments.append(base64.b64encode(first))
    await connection.run(c.command("AUTHENTICATE", *arguments), answer=answer)
    if not mechanism.trusted:
        connection.abort()
        raise Broken(f"{connection.host} did not prove that it knows the password.")


# In the order in which they are looked for: some servers put all reasons into one sentence.
_CODE = re.compile(
    r"application.specific|app.?specific|app password|authorization code|auth code|授权码"
    r"|service is not open, password is incorrect",  # QQ, whatever is wrong
    re.IGNORECASE,
)
_SWITCHED_OFF = re.compile(
    r"not enabled|not open|is disabled|are disabled|has been disabled|未开启|未开通|关闭",
    re.IGNORECASE,
)
_CONSENT = re.compile(r"basic ?auth|web ?login|log in via your web browser|oauth", re.IGNORECASE)


def _refused(host: str, refusal: Refused, *, by_token: bool) -> AccountError:
    """What a person can do about it, as far as the server's words tell."""
    said = refusal.said
    if refusal.code == "UNAVAILABLE":  # RFC 5530 3: something of the server's own is down
        return Unreachable(f"{host} cannot look up passwords at the moment.", said=said)
    reason: SignInReason = "consent" if by_token else "wrong"
    for pattern, known in ((_CODE, "code"), (_CONSENT, "consent"), (_SWITCHED_OFF, "switched_off")):
        if pattern.search(said):
            reason = cast(SignInReason, known)
            break
    return SignInRefused(f"{host} does not let us in.", reason=reason, said=said)


# -- what both can do


async def _agree(
    connection: Connection, seen: Appearance, overrides: Mapping[str, bool]
) -> SignedIn:
    identity, namespaces = await _introduce(connection)
    quirks = quirks_of(
        replace(seen, capabilities=connection.capabilities, identity=identity), overrides
    )
    connection.without = quirks.without
    qresync = await _enable_qresync(connection)
    personal = namespaces.personal[:1] if namespaces else ()
    prefix, separator = personal[0] if personal else (b"", None)
    foreign = (*namespaces.others, *namespaces.shared) if namespaces else ()
    return SignedIn(
        connection=connection,
        quirks=quirks,
        condstore=qresync or connection.can("CONDSTORE"),
        qresync=qresync,
        prefix=prefix,
        separator=separator,
        foreign=tuple(name for name, _ in foreign if name),
    )


async def _introduce(connection: Connection) -> tuple[dict[str, str], Namespaces | None]:
    """Each only where it is offered: others answer BAD."""
    asked = []
    if connection.can("ID"):
        asked.append(c.command("ID", c.identity(_WHO_WE_ARE)))
    if connection.can("NAMESPACE"):
        asked.append(c.command("NAMESPACE"))
    identity: dict[str, str] = {}
    namespaces: Namespaces | None = None
    with contextlib.suppress(Refused):
        async for response in connection.stream(*asked):
            if isinstance(response, Identity):
                identity = response.fields
            elif isinstance(response, Namespaces):
                namespaces = response
    return identity, namespaces


async def _enable_qresync(connection: Connection) -> bool:
    """RFC 7162 3.2.3. OK is enough: iCloud says no ENABLED (MailKit 1871)."""
    if not (connection.can("QRESYNC") and connection.can("ENABLE")):
        return False
    try:
        await connection.run(c.command("ENABLE", c.atom("QRESYNC")))
    except Refused:
        return False
    return True
