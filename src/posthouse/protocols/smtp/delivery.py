"""One envelope inside a connection: which command comes next, what the replies mean for whom."""

import enum

from posthouse.protocols.smtp.capabilities import Capabilities
from posthouse.protocols.smtp.data import stuff
from posthouse.protocols.smtp.envelope import (
    Fate,
    OutgoingEnvelope,
    RecipientFate,
    Stage,
    fate_of,
    plan,
)
from posthouse.protocols.smtp.reply import Reply


class Step(enum.Enum):
    """What a reply answers."""

    GREETING = "greeting"
    EHLO = "ehlo"
    HELO = "helo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    RSET = "rset"
    QUIT = "quit"


_DATA = (Step.DATA, b"DATA\r\n")


class Delivery:
    """From MAIL to the reply after the final dot. Commands are answered as (step, bytes)."""

    __slots__ = (
        "_accepted",
        "_body",
        "_fates",
        "_mail_reply",
        "_pipelining",
        "_plan",
        "_said",
        "body_sent",
        "envelope",
        "finished",
        "must_reset",
        "untouched",
    )

    def __init__(self, envelope: OutgoingEnvelope, offered: Capabilities) -> None:
        self.envelope = envelope
        self.untouched = True  # no reply came yet
        self.body_sent = False
        self.must_reset = False  # the server still holds our MAIL
        self._plan = plan(envelope, offered)
        self._pipelining = offered.pipelining
        self._body = b""
        self._mail_reply: Reply | None = None
        self._said = 0  # recipients whose reply came
        self._accepted: list[int] = []
        self._fates: list[RecipientFate] = []
        self.finished = not self._plan.recipients

    def stuff(self) -> None:
        """Make the body ready. Raises `UnsafeContent`."""
        if not self.finished:
            self._body = self.envelope.wire or stuff(self.envelope.content)

    def opening(self) -> list[tuple[Step, bytes]]:
        """MAIL; with PIPELINING all that goes before the body (RFC 2920 3.1)."""
        first = (Step.MAIL, self._plan.mail)
        if not self._pipelining:
            return [first]
        return [first, *((Step.RCPT, line) for line in self._plan.rcpts), _DATA]

    def take(self, step: Step, reply: Reply) -> list[tuple[Step, bytes]]:
        """A reply came: what to say next. May set `finished`."""
        self.untouched = False
        if step is Step.MAIL:
            return self._take_mail(reply)
        if step is Step.RCPT:
            return self._take_rcpt(reply)
        if step is Step.DATA:
            return self._take_data(reply)
        self._decide_accepted(Stage.BODY, reply)
        self.finished = True
        return []

    def cut_off(self, reply: Reply, *, lost: bool) -> None:
        """The connection ended. After the final dot a loss leaves the accepted ones unclear."""
        accepted = list(self._accepted)
        stage = Stage.BODY if self.body_sent else Stage.RCPT if self._mail_reply else Stage.MAIL
        if self.body_sent and lost:
            self._fates += [self._fate(i, Fate.UNCLEAR, stage, reply) for i in accepted]
        else:
            self._fates += [self._fate(i, Fate.TEMPORARY, stage, reply) for i in accepted]
        self._fates += [
            self._fate(i, Fate.TEMPORARY, stage, reply)
            for i in range(self._said, len(self._plan.recipients))
        ]
        self.finished = True

    def refuse_all(self, stage: Stage, reply: Reply) -> None:
        """Nobody can get it."""
        everyone = range(len(self._plan.recipients))
        self._fates = [self._fate(i, fate_of(reply), stage, reply) for i in everyone]
        self.finished = True

    def fates(self) -> tuple[RecipientFate, ...]:
        """What became of every recipient of the envelope."""
        return (*self._plan.refused, *self._fates)

    def _take_mail(self, reply: Reply) -> list[tuple[Step, bytes]]:
        self._mail_reply = reply
        if self._pipelining:
            return []
        if reply.positive:
            return [(Step.RCPT, self._plan.rcpts[0])]
        self.refuse_all(Stage.MAIL, reply)
        return []

    def _take_rcpt(self, reply: Reply) -> list[tuple[Step, bytes]]:
        assert self._mail_reply is not None
        index = self._said
        self._said += 1
        if not self._mail_reply.positive:
            reply, stage = self._mail_reply, Stage.MAIL
        else:
            stage = Stage.RCPT
        if reply.positive:
            self._accepted.append(index)
        else:
            self._fates.append(self._fate(index, fate_of(reply), stage, reply))
        if self._pipelining:
            return []
        if self._said < len(self._plan.rcpts):
            return [(Step.RCPT, self._plan.rcpts[self._said])]
        if self._accepted:
            return [_DATA]
        self.finished = self.must_reset = True
        return []

    def _take_data(self, reply: Reply) -> list[tuple[Step, bytes]]:
        if reply.code == 354:
            self.body_sent = True
            # With nobody left the server still waits for an end (RFC 2920 3.1).
            return [(Step.BODY, self._body if self._accepted else b".\r\n")]
        if reply.positive:
            reply = Reply(451, f"Unexpected reply to DATA: {reply}", "4.5.0")
        self._decide_accepted(Stage.DATA, reply)
        self.finished = True
        self.must_reset = self._mail_reply is not None and self._mail_reply.positive
        return []

    def _decide_accepted(self, stage: Stage, reply: Reply) -> None:
        self._fates += [self._fate(i, fate_of(reply), stage, reply) for i in self._accepted]
        self._accepted = []

    def _fate(self, index: int, fate: Fate, stage: Stage, reply: Reply) -> RecipientFate:
        address = self._plan.recipients[index]
        return RecipientFate(
            address=address, fate=fate, stage=stage, reply=reply, reports=self._plan.reports
        )
