"""One SMTP connection to another server: opened, fed with envelopes, asked for results."""

import asyncio
import enum
import functools
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from posthouse.protocols.dns import Tlsa
from posthouse.protocols.sasl.client import (
    ClientMechanism,
    choose_mechanism,
    choose_token_mechanism,
)
from posthouse.protocols.smtp.client import (
    LOST,
    ClientDialogue,
    Failed,
    Finished,
    Ready,
    Returned,
    StartTls,
    Tls,
)
from posthouse.protocols.smtp.data import UnsafeContent, stuff
from posthouse.protocols.smtp.envelope import OutgoingEnvelope, Stage
from posthouse.protocols.smtp.reply import BadReply, Reply
from posthouse.protocols.tls_policy import dane
from posthouse.sending.outbox.tls_results import Reporting

_DER = 2  # _ssl.ENCODING_DER
_CONNECT_SECONDS = 30.0
_HANDSHAKE_SECONDS = 30.0
# Above this, stuffing would hold the event loop for milliseconds.
_LARGE = 1024 * 1024

_NO_REPLY = Reply(451, "No reply in time", "4.4.2")
_HANDSHAKE_FAILED = Reply(454, "The TLS handshake failed", "4.7.5")
_NOT_DANE = Reply(454, "The certificate is not what DNS says of it (DANE)", "4.7.5")
_NOT_SMTP = Reply(451, "The server does not speak SMTP", "4.5.0")
_CLEAR_PASSWORD = Reply(454, "Passwords are not sent without TLS", "4.7.0")


class TlsPolicy(enum.Enum):
    """What TLS has to be."""

    NEVER = "never"
    OPPORTUNISTIC = "opportunistic"  # encrypted if possible, to whoever answers (RFC 7435)
    ENCRYPTED = "encrypted"  # or nothing is sent
    VERIFIED = "verified"  # encrypted, with a certificate for the host's name
    DANE = "dane"  # encrypted, with what the target's TLSA records say


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """For a relay that wants a sign-in; an access token counts before a password."""

    identity: str
    password: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to and how. Two equal targets may share connections.

    `host` is the name for TLS and reports, `address` the IP to connect to, `source` our own IP.
    With DANE `tlsa` are the usable records, and `names` what a certificate may be made out for.
    `reporting` is what the domain is told of sessions, when it asks for reports.
    """

    host: str
    address: str
    hello: str
    port: int = 25
    source: str | None = None
    tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC
    implicit_tls: bool = False
    credentials: Credentials | None = None
    tlsa: tuple[Tlsa, ...] = ()
    names: tuple[str, ...] = ()
    # Of no account for who may share a connection.
    reporting: Reporting | None = field(default=None, compare=False)


class CannotOpen(Exception):
    """No envelope can be delivered over this connection; `reply` says why."""

    def __init__(self, stage: Stage, reply: Reply, transcript: tuple[str, ...] = ()) -> None:
        super().__init__(f"{stage.value}: {reply}")
        self.stage = stage
        self.reply = reply
        self.transcript = transcript


class Connection(asyncio.Protocol):
    """Use `open_connection()`; then `deliver()`, one call at a time; then `close()`."""

    def __init__(self, target: Target, verifying: ssl.SSLContext | None = None) -> None:
        self.target = target
        self.messages = 0
        self._loop = asyncio.get_running_loop()
        self._verifying = verifying
        self._dialogue = ClientDialogue(
            hello=target.hello,
            tls=_starttls_policy(target),
            secure=target.implicit_tls,
            choose_mechanism=self._choose_mechanism if target.credentials else None,
        )
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._answers: dict[int, asyncio.Future[Finished | Returned]] = {}
        self._transport: asyncio.Transport | None = None
        self._handshake: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._unsent = 0
        self.tls_version = ""

    @property
    def usable(self) -> bool:
        """True while further envelopes may be given."""
        return self._transport is not None and self._dialogue.idle

    @property
    def source(self) -> str:
        """Our own address on it."""
        name = self._transport.get_extra_info("sockname") if self._transport else None
        return str(name[0]) if name else ""

    @property
    def transcript(self) -> tuple[str, ...]:
        """The last lines of both sides, for the report of a failure."""
        return tuple(self._dialogue.transcript)

    async def opened(self) -> None:
        """Wait until envelopes may go. Raises `CannotOpen`."""
        await self._opened

    async def deliver(self, envelopes: Sequence[OutgoingEnvelope]) -> list[Finished | Returned]:
        """Send them, each behind the one before, and answer in their order. Never raises."""
        ready = [await _stuffed(envelope) for envelope in envelopes]
        answers = []
        for envelope in ready:
            answer: asyncio.Future[Finished | Returned] = self._loop.create_future()
            self._answers[id(envelope)] = answer
            answers.append(answer)
        if self._dialogue.closed:
            return [Returned(envelope, LOST) for envelope in envelopes]
        for envelope in ready:
            self._dialogue.deliver(envelope)
        self.messages += len(ready)
        self._patience()
        self._go_on()
        try:
            return [await answer for answer in answers]
        except asyncio.CancelledError:
            self.abort()
            raise

    def close(self) -> None:
        """Say QUIT when possible and leave."""
        if self._transport is None:
            return
        self._dialogue.quit()
        for data in self._dialogue.take_output():
            self._transport.write(data)
        self._transport.close()

    def abort(self) -> None:
        """Leave at once."""
        if self._transport is not None:
            self._transport.abort()

    # -- what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The greeting is awaited."""
        self._take_transport(transport)
        self._patience()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Replies."""
        try:
            self._dialogue.receive(data)
        except BadReply:
            self._dialogue.lost(_NOT_SMTP)
        self._patience()
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """Everything that waits is answered."""
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        self._dialogue.lost()
        self._go_on()

    # -- helpers

    def _go_on(self) -> None:
        if self._transport is not None:
            for data in self._dialogue.take_output():
                self._transport.write(data)
        for event in self._dialogue.take_events():
            match event:
                case Finished(envelope=envelope) | Returned(envelope=envelope):
                    answer = self._answers.pop(id(envelope))
                    if not answer.done():
                        answer.set_result(event)
                case StartTls():
                    self._handshake = self._loop.create_task(self._start_tls())
                case Ready():
                    if not self._opened.done():
                        self._opened.set_result(None)
                case Failed(stage, reply):
                    self._fail(stage, reply)
        if self._dialogue.closed and self._transport is not None:
            self._transport.close()

    async def _start_tls(self) -> None:
        assert self._transport is not None
        context = tls_context(self.target.tls is TlsPolicy.VERIFIED, self._verifying)
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_hostname=self.target.host,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS,
            )
        except (OSError, ssl.SSLError, TimeoutError) as error:
            reason = _HANDSHAKE_FAILED.text + f": {_short(error)}"
            self._fail(Stage.TLS, replace(_HANDSHAKE_FAILED, text=reason), error)
            self.abort()
            return
        if transport is None:
            self._fail(Stage.TLS, _HANDSHAKE_FAILED)
            return
        if not self._shows_what_dns_says(transport):
            self._fail(Stage.TLS, _NOT_DANE)
            transport.abort()
            return
        self._take_transport(transport)
        self._dialogue.tls_started()
        self._patience()
        self._go_on()

    def _shows_what_dns_says(self, transport: asyncio.BaseTransport) -> bool:
        if self.target.tls is not TlsPolicy.DANE:
            return True
        # Public since Python 3.13 only; the object below has had it since 3.10.
        session: Any = transport.get_extra_info("ssl_object")._sslobj
        chain = [each.public_bytes(_DER) for each in session.get_unverified_chain() or ()]
        return dane.matches(chain, self.target.tlsa, self.target.names)

    def _fail(self, stage: Stage, reply: Reply, cause: Exception | None = None) -> None:
        if not self._opened.done():
            failure = CannotOpen(stage, reply, self.transcript)
            failure.__cause__ = cause
            self._opened.set_exception(failure)

    def _take_transport(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        tls = transport.get_extra_info("ssl_object")
        self.tls_version = tls.version() or "" if tls else ""

    def _choose_mechanism(self, offered: frozenset[str]) -> ClientMechanism | None:
        credentials = self.target.credentials
        assert credentials is not None
        if not self._dialogue.secure and self.target.tls is not TlsPolicy.NEVER:
            self._fail(Stage.AUTH, _CLEAR_PASSWORD)
            return None
        if credentials.token:
            return choose_token_mechanism(
                offered,
                credentials.identity,
                credentials.token,
                self.target.host,
                self.target.port,
            )
        return choose_mechanism(offered, credentials.identity, credentials.password)

    # -- time (RFC 5321 4.5.3.2)

    def _patience(self) -> None:
        timeout = self._dialogue.timeout
        self._deadline = self._loop.time() + (timeout if timeout is not None else 0.0)

    def _watch(self) -> None:
        transport = self._transport
        if transport is None:
            return
        unsent = transport.get_write_buffer_size()
        if self._dialogue.timeout is None or unsent < self._unsent:
            self._patience()  # nothing is awaited, or the body still moves
        self._unsent = unsent
        if self._dialogue.timeout is not None and self._loop.time() > self._deadline:
            self._dialogue.lost(_NO_REPLY)
            self._go_on()
            transport.abort()
            return
        self._timer = self._loop.call_later(1.0, self._watch)


async def open_connection(
    target: Target, verifying: ssl.SSLContext | None = None, *, plain: bool = False
) -> Connection:
    """Connect, greet, start TLS and sign in as `target` asks. Raises `CannotOpen`.

    With `plain`, an opportunistic target is spoken to without TLS (after a failed handshake).
    """
    if plain:
        target = replace(target, tls=TlsPolicy.NEVER)
    loop = asyncio.get_running_loop()
    connection = Connection(target, verifying)
    context = tls_context(target.tls is TlsPolicy.VERIFIED, verifying)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await loop.create_connection(
                lambda: connection,
                target.address,
                target.port,
                local_addr=(target.source, 0) if target.source else None,
                ssl=context if target.implicit_tls else None,
                server_hostname=target.host if target.implicit_tls else None,
            )
    except TimeoutError as error:
        raise CannotOpen(Stage.CONNECT, Reply(451, "Connecting timed out", "4.4.1")) from error
    except ssl.SSLError as error:
        text = f"{_HANDSHAKE_FAILED.text}: {_short(error)}"
        raise CannotOpen(Stage.TLS, replace(_HANDSHAKE_FAILED, text=text)) from error
    except OSError as error:
        reply = Reply(451, f"Cannot connect: {_short(error)}", "4.4.1")
        raise CannotOpen(Stage.CONNECT, reply) from error
    try:
        await connection.opened()
    except asyncio.CancelledError:
        connection.abort()
        raise
    return connection


def tls_context(verified: bool, verifying: ssl.SSLContext | None) -> ssl.SSLContext:
    """The context of a policy; `verifying` replaces the system's authorities."""
    if not verified:
        return _unverified()
    return verifying or _system()


@functools.cache
def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@functools.cache
def _system() -> ssl.SSLContext:
    return ssl.create_default_context()


def _starttls_policy(target: Target) -> Tls:
    match target.tls:
        case TlsPolicy.NEVER:
            return Tls.NEVER
        case TlsPolicy.OPPORTUNISTIC:
            return Tls.OPPORTUNISTIC
        case _:
            return Tls.REQUIRED


async def _stuffed(envelope: OutgoingEnvelope) -> OutgoingEnvelope:
    if len(envelope.content) < _LARGE:
        # A copy of its own: the same envelope may be given twice.
        return replace(envelope)
    try:
        return replace(envelope, wire=await asyncio.to_thread(stuff, envelope.content))
    except UnsafeContent:
        return replace(envelope)  # the dialogue refuses it for everybody


def _short(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason or type(error).__name__)[:200]
