"""The client's side of SMTP as a conversation: opening, then envelopes, pipelined where offered.

No sockets: `receive()` takes bytes, `take_output()` gives what to write, `take_events()` what
happened. With PIPELINING an envelope costs one round trip: MAIL, RCPT and DATA go in one flight,
and the flight of the next envelope goes behind the body of the one before (RFC 2920 3.1).
"""

import base64
import enum
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from posthouse.protocols.sasl.client import ClientMechanism
from posthouse.protocols.smtp.capabilities import Capabilities
from posthouse.protocols.smtp.data import UnsafeContent
from posthouse.protocols.smtp.delivery import Delivery, Step
from posthouse.protocols.smtp.envelope import OutgoingEnvelope, RecipientFate, Stage
from posthouse.protocols.smtp.reply import Reply, ReplyReader

MechanismChooser = Callable[[frozenset[str]], ClientMechanism | None]

LOST = Reply(451, "Connection lost", "4.4.2")
_NO_TLS = Reply(454, "The server does not offer TLS, which is required", "4.7.4")
_NO_MECHANISM = Reply(454, "No common way to sign in", "4.7.0")
_UNTRUSTED = Reply(454, "The server could not prove that it knows the password", "4.7.0")
_UNSAFE = Reply(554, "The content cannot be sent", "5.6.0")

# RFC 5321 4.5.3.2, in seconds, by what is awaited.
_TIMEOUTS = {Step.DATA: 120.0, Step.BODY: 600.0, Step.QUIT: 5.0}
_TIMEOUT = 300.0
# RFC 5321 4.5.3.1.4; a first response that does not fit waits to be asked for (RFC 4954 4).
_LONGEST_COMMAND = 512
_TRANSCRIPT_LINES = 40
_TRANSCRIPT_WIDTH = 200


class Tls(enum.Enum):
    """How much STARTTLS matters."""

    NEVER = "never"
    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class StartTls:
    """Shake hands now, then call `tls_started()`."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The opening is over; envelopes go out."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The opening failed: nothing can be delivered over this connection."""

    stage: Stage
    reply: Reply


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of an envelope's recipients, in their order as far as they were said."""

    envelope: OutgoingEnvelope
    fates: tuple[RecipientFate, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """The connection ended before anything was decided: try another one. `reply` says why."""

    envelope: OutgoingEnvelope
    reply: Reply


Event = StartTls | Ready | Failed | Finished | Returned


class ClientDialogue:
    """One connection. `deliver()` may be called at any time; `quit()` when enough was sent."""

    def __init__(
        self,
        *,
        hello: str,
        tls: Tls = Tls.OPPORTUNISTIC,
        secure: bool = False,
        choose_mechanism: MechanismChooser | None = None,
    ) -> None:
        """`secure` is True when the connection began with TLS; `choose_mechanism` signs in."""
        self.offered = Capabilities()
        self.secure = secure
        self.ready = False
        self.closed = False
        self.transcript: deque[str] = deque(maxlen=_TRANSCRIPT_LINES)
        self._handshaking = False
        self._hello = hello
        self._tls = tls
        self._choose_mechanism = choose_mechanism
        self._mechanism: ClientMechanism | None = None
        self._first_response = ""
        self._reader = ReplyReader()
        self._output: list[bytes] = []
        self._events: list[Event] = []
        self._awaited: deque[tuple[Step, Delivery | None]] = deque([(Step.GREETING, None)])
        self._queue: deque[OutgoingEnvelope] = deque()
        self._front: Delivery | None = None
        self._behind: Delivery | None = None

    # -- what the driver calls

    def deliver(self, envelope: OutgoingEnvelope) -> None:
        """Queue an envelope."""
        self._queue.append(envelope)
        self._pump()

    def receive(self, data: bytes) -> None:
        """Take bytes from the server. Raises `BadReply`; call `lost()` then."""
        if self._handshaking:
            return  # said in the clear, behind the 220: injected (RFC 3207 4.2)
        for reply in self._reader.feed(data):
            self._note("S", str(reply))
            self._take(reply)
            if self.closed or self._handshaking:
                self._reader.forget()
                return

    def tls_started(self) -> None:
        """Answer `StartTls`. What was said in the clear is not believed (RFC 3207 4.2)."""
        self._handshaking = False
        self.secure = True
        self.offered = Capabilities()
        self._say(Step.EHLO, f"EHLO {self._hello}")

    def lost(self, reply: Reply = LOST) -> None:
        """The connection is gone, or the driver's patience is; every envelope gets its event."""
        self._end(reply, lost=True)

    def quit(self) -> None:
        """Say goodbye when nothing is under way."""
        if self.idle:
            self._say(Step.QUIT, "QUIT")

    def take_output(self) -> list[bytes]:
        """What to write."""
        output, self._output = self._output, []
        return output

    def take_events(self) -> list[Event]:
        """What happened."""
        events, self._events = self._events, []
        return events

    @property
    def idle(self) -> bool:
        """Open, with nothing under way."""
        return self.ready and not self.closed and not self._awaited and not self._queue

    @property
    def timeout(self) -> float | None:
        """How long the awaited reply may take (RFC 5321 4.5.3.2); None when none is."""
        return _TIMEOUTS.get(self._awaited[0][0], _TIMEOUT) if self._awaited else None

    # -- replies

    def _take(self, reply: Reply) -> None:
        if not self._awaited or reply.code == 421:
            self._end(reply, lost=False)
            return
        step, delivery = self._awaited.popleft()
        if delivery is not None:
            self._take_for(delivery, step, reply)
        elif step is Step.QUIT:
            self.closed = True
        elif step is not Step.RSET:
            self._open_further(step, reply)

    def _open_further(self, step: Step, reply: Reply) -> None:
        if step is Step.GREETING and reply.code == 220:
            self._say(Step.EHLO, f"EHLO {self._hello}")
        elif step is Step.EHLO and reply.code == 250:
            self.offered = Capabilities.parse(reply)
            self._after_hello()
        elif step is Step.EHLO and reply.permanent:
            self._say(Step.HELO, f"HELO {self._hello}")  # RFC 5321 3.2
        elif step is Step.HELO and reply.code == 250:
            self._after_hello()
        elif step is Step.STARTTLS:
            self._after_starttls(reply)
        elif step is Step.AUTH:
            self._after_auth(reply)
        else:
            self._fail(Stage.CONNECT if step is Step.GREETING else Stage.HELLO, reply)

    def _after_hello(self) -> None:
        if not self.secure and self._tls is not Tls.NEVER:
            if self.offered.starttls:
                return self._say(Step.STARTTLS, "STARTTLS")
            if self._tls is Tls.REQUIRED:
                return self._fail(Stage.TLS, _NO_TLS)
        return self._sign_in()

    def _after_starttls(self, reply: Reply) -> None:
        if reply.code == 220:
            self._handshaking = True
            self._events.append(StartTls())
        elif self._tls is Tls.REQUIRED:
            self._fail(Stage.TLS, reply)
        else:
            self._sign_in()

    def _sign_in(self) -> None:
        if self._choose_mechanism is None:
            return self._become_ready()
        self._mechanism = self._choose_mechanism(self.offered.auth)
        if self._mechanism is None:
            return self._fail(Stage.AUTH, _NO_MECHANISM)
        initial = self._mechanism.initial()
        words = f"AUTH {self._mechanism.name}"
        self._note("C", words)
        if initial:
            response = base64.b64encode(initial).decode()
            if len(words) + len(response) < _LONGEST_COMMAND - len(" \r\n"):
                words += f" {response}"
            else:
                self._first_response = response
        return self._write(Step.AUTH, words)

    def _after_auth(self, reply: Reply) -> None:
        assert self._mechanism is not None
        if reply.code == 334:
            if self._first_response:
                response, self._first_response = self._first_response, ""
                return self._write(Step.AUTH, response)
            try:
                answer = self._mechanism.respond(base64.b64decode(reply.text))
            except ValueError:
                return self._fail(Stage.AUTH, _UNTRUSTED)
            return self._write(Step.AUTH, base64.b64encode(answer).decode())
        if reply.code != 235:
            return self._fail(Stage.AUTH, reply)
        if not self._mechanism.trusted:
            return self._fail(Stage.AUTH, _UNTRUSTED)
        return self._become_ready()

    def _become_ready(self) -> None:
        self.ready = True
        self._events.append(Ready())
        self._pump()

    def _fail(self, stage: Stage, reply: Reply) -> None:
        self.closed = True
        self._events.append(Failed(stage, reply))
        self._return_queue(reply)

    # -- envelopes

    def _pump(self) -> None:
        if not self.ready or self.closed:
            return
        if self._front is None and self._queue:
            self._front = self._begin()
        may_follow = self._front is not None and self._front.body_sent and self.offered.pipelining
        if may_follow and self._behind is None and self._queue:
            self._behind = self._begin()

    def _begin(self) -> Delivery | None:
        while self._queue:
            delivery = Delivery(self._queue.popleft(), self.offered)
            try:
                delivery.stuff()
            except UnsafeContent:
                delivery.refuse_all(Stage.DATA, _UNSAFE)
            if delivery.finished:
                self._finish(delivery)
                continue
            commands = delivery.opening()
            self._send(delivery, commands)
            return delivery
        return None

    def _take_for(self, delivery: Delivery, step: Step, reply: Reply) -> None:
        self._send(delivery, delivery.take(step, reply))
        if not delivery.finished:
            self._pump()
            return
        if delivery.must_reset:
            self._say(Step.RSET, "RSET")
        self._finish(delivery)
        self._front, self._behind = self._behind, None
        self._pump()

    def _send(self, delivery: Delivery, commands: list[tuple[Step, bytes]]) -> None:
        for step, data in commands:
            self._awaited.append((step, delivery))
            self._output.append(data)
            if step is not Step.BODY:
                self._note("C", data.decode().rstrip())

    def _finish(self, delivery: Delivery) -> None:
        self._events.append(Finished(delivery.envelope, delivery.fates()))

    def _end(self, reply: Reply, *, lost: bool) -> None:
        if self.closed:
            return
        self.closed = True
        if not self.ready:
            stage = Stage.TLS if self._handshaking else Stage.CONNECT
            self._events.append(Failed(stage, reply))
        for delivery in (self._front, self._behind):
            if delivery is None:
                continue
            if delivery.untouched or delivery is self._behind:
                self._events.append(Returned(delivery.envelope, reply))
            else:
                delivery.cut_off(reply, lost=lost)
                self._finish(delivery)
        self._return_queue(reply)

    def _return_queue(self, reply: Reply) -> None:
        self._events += [Returned(envelope, reply) for envelope in self._queue]
        self._queue.clear()

    # -- helpers

    def _say(self, step: Step, line: str) -> None:
        self._note("C", line)
        self._write(step, line)

    def _write(self, step: Step, line: str) -> None:
        self._awaited.append((step, None))
        self._output.append(line.encode() + b"\r\n")

    def _note(self, who: str, line: str) -> None:
        self.transcript.append(f"{who}: {line[:_TRANSCRIPT_WIDTH]}")
