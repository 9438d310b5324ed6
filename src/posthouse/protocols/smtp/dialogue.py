"""The server's side of SMTP as a conversation: bytes in, actions out. No sockets, no database."""

import enum
from collections.abc import Callable, Sequence

from posthouse.protocols.sasl.scram import ScramKeys
from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.actions import (
    Action,
    Authenticate,
    CheckRecipient,
    CheckSender,
    Close,
    MessageComplete,
    Pause,
    Question,
    StartTls,
)
from posthouse.protocols.smtp.authentication import Authentication
from posthouse.protocols.smtp.chunks import BadChunk, ChunkReader
from posthouse.protocols.smtp.data import DataReader
from posthouse.protocols.smtp.lines import LineReader
from posthouse.protocols.smtp.profile import Profile, extensions
from posthouse.protocols.smtp.reply import Reply
from posthouse.protocols.smtp.score import Score
from posthouse.protocols.smtp.transaction import Transaction

# Past the announced size a message is read on and then refused; past this multiple the line is cut.
_PATIENCE_WITH_SIZE = 4
# Chunks below this are no way to send a message: they count as commands that bring nothing on.
_SMALL_CHUNK = 1024
# What browsers and other strangers say first.
# ("PROXY": a load balancer that nobody told us of must not name clients.)
_FOREIGN_VERBS = frozenset({"CONNECT", "GET", "POST", "PUT", "HEAD", "OPTIONS", "PROXY"})
_TLS_HANDSHAKE = 0x16  # the first octet of a client that forgot STARTTLS (RFC 8446 5.1)
_HELLO_LIMIT = 255
# These codes say that the channel closes (RFC 5321 4.2.3, RFC 7504).
_CLOSING_CODES = frozenset({221, 421, 521})

_Outcome = Reply | Question


class Phase(enum.Enum):
    """What the next bytes are."""

    COMMAND = "command"
    AUTH = "auth"
    DATA = "data"  # or a chunk of BDAT
    TLS = "tls"
    CLOSED = "closed"


class Dialogue:
    """One session. Feed `receive()`; carry out what it answers, in order; answer each question.

    While a question is open, bytes are only stored: pipelined commands keep their order.
    """

    def __init__(self, profile: Profile, *, secure: bool = False) -> None:
        """`secure` is True on a connection that began with TLS (RFC 8314)."""
        self.profile = profile
        self.secure = secure
        self.phase = Phase.COMMAND
        self.hello = ""
        self.extended = False
        self.member: object | None = None
        self.commands = 0  # whole commands and messages so far: what a time-out measures
        self._buffer = bytearray()
        self._lines = LineReader(self._buffer, profile.limits)
        self._actions: list[Action] = []
        self._question: Question | None = None
        self._after_pause: Reply | None = None
        self._authentication = Authentication(profile.limits.auth_failures)
        self._transaction = Transaction(profile)
        self._content: DataReader | ChunkReader | None = None
        self._most_octets = profile.limits.message_size * _PATIENCE_WITH_SIZE
        self._replies_due = 1
        self._score = Score(profile.limits)

    # -- what the driver calls

    def open(self) -> list[Action]:
        """The greeting."""
        name = "LMTP" if self.profile.lmtp else "ESMTP"
        return [Reply(220, f"{self.profile.hostname} {name} Posthouse")]

    def receive(self, data: bytes) -> list[Action]:
        """Take bytes from the client."""
        if self.phase in (Phase.TLS, Phase.CLOSED):
            return []  # said before the handshake: injected or lost, never obeyed (RFC 3207 4.2)
        self._buffer += data
        return self._advance()

    def answer(self, reply: Reply) -> list[Action]:
        """Answer `CheckSender`, `CheckRecipient` or `MessageComplete`, or refuse `Authenticate`."""
        question, self._question = self._question, None
        if isinstance(question, CheckSender) and reply.positive:
            self._transaction.sender_checked(question.arguments)
        elif isinstance(question, CheckRecipient) and reply.positive:
            self._transaction.recipient_checked(question)
        elif isinstance(question, MessageComplete):
            self._score.message_came()
            return self._answer_message([reply] * self._replies_due)
        elif isinstance(question, Authenticate):
            self._refuse_authentication(reply)
            return self._advance()
        self._say(reply)
        return self._advance()

    def answer_each(self, replies: Sequence[Reply]) -> list[Action]:
        """Answer `MessageComplete` of LMTP: a reply for each recipient, in their order."""
        self._question = None
        self._score.message_came()
        return self._answer_message(replies)

    def supply_keys(self, keys: ScramKeys | None) -> list[Action]:
        """Answer `Authenticate(AskKeys)`."""
        self._question = None
        self._carry_out(self._in_exchange(self._authentication.supply_keys(keys)))
        return self._advance()

    def authenticated(self, member: object) -> list[Action]:
        """Answer the last question of AUTH with yes; `member` is kept for the driver."""
        self._question = None
        self.member = member
        self._say(replies.AUTHENTICATED)
        return self._advance()

    def resume(self) -> list[Action]:
        """Answer `Pause`."""
        self._question = None
        if self._after_pause is not None:
            self._actions.append(self._after_pause)
            self._after_pause = None
        return self._advance()

    def tls_started(self) -> list[Action]:
        """Answer `StartTls`: all that was said in the clear is forgotten (RFC 3207 4.2)."""
        self._question = None
        self.phase = Phase.COMMAND
        self.secure = True
        self.hello = ""
        self.extended = False
        self.member = None
        self._buffer.clear()
        self._reset()
        return []

    def end(self, reply: Reply) -> list[Action]:
        """Say a last word (421 for time-outs and shut-down) and close, whatever is going on."""
        self.phase = Phase.CLOSED
        self._question = None
        self._buffer.clear()
        return [reply, Close()]

    @property
    def waiting(self) -> bool:
        """True while a question is open."""
        return self._question is not None

    @property
    def buffered(self) -> int:
        """Octets received and not looked at yet; the driver stops reading when it is much."""
        return len(self._buffer)

    @property
    def data_received(self) -> int:
        """Octets of the message, or of the chunk of it, that is coming in."""
        return self._content.received if self._content else 0

    # -- bytes to commands

    def _advance(self) -> list[Action]:
        while self._buffer and self._question is None and self.phase is not Phase.CLOSED:
            if self.phase is Phase.DATA:
                self._read_content()
            elif not self._read_line():
                break
        actions, self._actions = self._actions, []
        return actions

    def _read_line(self) -> bool:
        """False when nothing more can be read for now."""
        if self.commands == 0 and self._buffer[0] == _TLS_HANDSHAKE:
            self._say(replies.NOT_SMTP)
            return False
        line = self._lines.take(in_exchange=self.phase is Phase.AUTH)
        if line is None:
            return False
        if isinstance(line, Reply):
            self.phase = Phase.COMMAND
            self._say(line)
            return True
        self.commands += 1
        if self.phase is Phase.AUTH:
            self._take_response(line)
        else:
            self._carry_out(self._command(line))
        return True

    def _read_content(self) -> None:
        assert self._content is not None
        arrived = bytes(self._buffer)
        self._buffer.clear()
        behind = self._content.feed(arrived)
        if behind is not None:
            self._buffer += behind
            self._carry_out(self._end_content(self._content))
        elif self._content.received > self._most_octets:
            self._say(replies.FAR_TOO_LARGE)

    def _end_content(self, content: DataReader | ChunkReader) -> _Outcome:
        """The end of the data, or of a chunk."""
        self.commands += 1
        self.phase = Phase.COMMAND
        self._replies_due = self._transaction.replies_due
        if not isinstance(content, ChunkReader):
            outcome = self._transaction.complete(content)
            self._reset()
            return self._refused_for_all(outcome)
        ended = self._transaction.end_chunk(content)
        if not self._transaction.between_chunks:
            self._reset()
            return self._refused_for_all(ended)
        if isinstance(ended, Reply) and ended.positive and content.announced < _SMALL_CHUNK:
            return self._score.idle(ended)
        return ended

    def _refused_for_all(self, outcome: _Outcome) -> _Outcome:
        """A message that is refused here is refused for each recipient (RFC 2033 4.2)."""
        if isinstance(outcome, Reply):
            for _ in range(self._replies_due - 1):
                self._say(outcome)
        return outcome

    def _answer_message(self, replies: Sequence[Reply]) -> list[Action]:
        for reply in replies:
            self._say(reply)
        return self._advance()

    # -- commands

    def _command(self, line: bytes) -> _Outcome | None:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return replies.NOT_UTF8
        if "\0" in text:
            return replies.NUL_IN_COMMAND
        verb, _, argument = text.partition(" ")
        verb = verb.upper()
        handler = _HANDLERS.get(verb)
        if handler is None:
            return replies.NOT_SMTP if verb in _FOREIGN_VERBS else replies.UNKNOWN_COMMAND
        return handler(self, argument.strip(" "))

    def _ehlo(self, argument: str) -> _Outcome:
        return replies.SAY_LHLO if self.profile.lmtp else self._hello_extended(argument)

    def _lhlo(self, argument: str) -> _Outcome:
        return self._hello_extended(argument) if self.profile.lmtp else replies.UNKNOWN_COMMAND

    def _hello_extended(self, argument: str) -> _Outcome:
        refusal = self._greeted(argument, extended=True)
        offered = extensions(
            self.profile, secure=self.secure, authenticating=self._may_authenticate
        )
        return refusal or Reply(250, "\n".join([self.profile.hostname, *offered]))

    def _helo(self, argument: str) -> _Outcome:
        if self.profile.lmtp:
            return replies.SAY_LHLO
        return self._greeted(argument, extended=False) or Reply(250, self.profile.hostname)

    def _greeted(self, argument: str, *, extended: bool) -> Reply | None:
        # A name that is wrong is no reason to refuse mail (RFC 5321 4.1.4); an absent one is.
        if not argument or len(argument) > _HELLO_LIMIT or not argument.isprintable():
            return replies.HELLO_NEEDS_NAME
        self.hello, self.extended = argument, extended
        self._reset()
        return None

    def _starttls(self, argument: str) -> _Outcome:
        if self.secure:
            return replies.ALREADY_SECURE
        if not self.profile.starttls:
            return replies.NO_STARTTLS
        if argument:
            return replies.NO_ARGUMENT
        if self._transaction.open:
            return replies.NOT_IN_TRANSACTION
        self._buffer.clear()
        self.phase = Phase.TLS
        self._actions.append(replies.READY_FOR_TLS)
        return StartTls()

    def _auth(self, argument: str) -> _Outcome:
        if not self.profile.submission:
            return replies.AUTH_NOT_HERE
        if not self.extended:
            return replies.HELLO_FIRST
        if self.member is not None:
            return replies.ALREADY_AUTHENTICATED
        if self._transaction.open:
            return replies.NOT_IN_TRANSACTION
        if not self._may_authenticate:
            return replies.AUTH_NEEDS_TLS
        return self._in_exchange(self._authentication.start(argument))

    def _mail(self, argument: str) -> _Outcome:
        if not self.hello:
            return replies.HELLO_FIRST
        if self.profile.submission and self.member is None:
            return replies.AUTH_FIRST
        return self._transaction.begin(argument, extended=self.extended)

    def _rcpt(self, argument: str) -> _Outcome:
        return self._transaction.add_recipient(argument, extended=self.extended)

    def _data_begins(self, argument: str) -> _Outcome:
        reply = self._transaction.begin_data(argument)
        if reply.code == 354:
            self.phase = Phase.DATA
            limit = self.profile.limits.message_size
            self._content = DataReader(limit, normalise=self.profile.submission)
        return reply

    def _bdat(self, argument: str) -> _Outcome | None:
        """The reply follows the octets, which come whatever it will be (RFC 3030 2)."""
        try:
            chunks = self._transaction.begin_chunk(argument, extended=self.extended)
        except BadChunk:
            return replies.BAD_CHUNK
        if chunks.announced > self._most_octets:
            return replies.FAR_TOO_LARGE
        self._content = chunks
        self.phase = Phase.DATA
        return None if chunks.left else self._end_content(chunks)

    def _rset(self, argument: str) -> _Outcome:
        self._reset()
        return self._score.idle(replies.RESET)

    def _noop(self, argument: str) -> _Outcome:
        return self._score.idle(replies.FINE)

    def _vrfy(self, argument: str) -> _Outcome:
        return (
            self._score.idle(replies.CANNOT_VERIFY) if argument else replies.bad_argument("whom?")
        )

    def _expn(self, argument: str) -> _Outcome:
        return replies.NO_EXPANSION

    def _help(self, argument: str) -> _Outcome:
        return self._score.idle(replies.HELP)

    def _quit(self, argument: str) -> _Outcome:
        return replies.BYE

    # -- helpers

    @property
    def _may_authenticate(self) -> bool:
        usable = self.secure or self.profile.plaintext_auth
        return self.profile.submission and usable and self.member is None

    def _reset(self) -> None:
        self._transaction.reset()
        self._content = None

    def _in_exchange(self, outcome: Reply | Authenticate) -> _Outcome:
        going_on = isinstance(outcome, Reply) and outcome.code == 334
        self.phase = Phase.AUTH if going_on else Phase.COMMAND
        return outcome

    def _take_response(self, line: bytes) -> None:
        outcome = self._in_exchange(self._authentication.respond(line))
        if isinstance(outcome, Reply) and outcome.code == replies.AUTH_REFUSED.code:
            self._refuse_authentication(outcome)
        else:
            self._carry_out(outcome)

    def _refuse_authentication(self, reply: Reply) -> None:
        explanation = self._authentication.explain(reply) if reply.permanent else None
        if explanation is not None:
            self._carry_out(self._in_exchange(explanation))
        elif reply.permanent and self._authentication.failed():
            self._say(replies.TOO_MANY_AUTH_FAILURES)
        else:
            self._say_after(self.profile.limits.auth_failure_seconds, reply)

    def _carry_out(self, outcome: _Outcome | None) -> None:
        if isinstance(outcome, Reply):
            self._say(outcome)
        elif outcome is not None:
            self._question = outcome
            self._actions.append(outcome)

    def _say(self, reply: Reply) -> None:
        if reply.code in _CLOSING_CODES:
            self._actions += self.end(reply)
            return
        seconds = self._score.seconds_before(reply)
        if seconds is None:
            self._actions.append(reply)
            self._actions += self.end(replies.TOO_MANY_ERRORS)
        else:
            self._say_after(seconds, reply)

    def _say_after(self, seconds: float, reply: Reply) -> None:
        if seconds <= 0:
            self._actions.append(reply)
            return
        self._after_pause = reply
        self._carry_out(Pause(seconds))


_HANDLERS: dict[str, Callable[[Dialogue, str], _Outcome | None]] = {
    "EHLO": Dialogue._ehlo,
    "LHLO": Dialogue._lhlo,
    "HELO": Dialogue._helo,
    "STARTTLS": Dialogue._starttls,
    "AUTH": Dialogue._auth,
    "MAIL": Dialogue._mail,
    "RCPT": Dialogue._rcpt,
    "DATA": Dialogue._data_begins,
    "BDAT": Dialogue._bdat,
    "RSET": Dialogue._rset,
    "NOOP": Dialogue._noop,
    "VRFY": Dialogue._vrfy,
    "EXPN": Dialogue._expn,
    "HELP": Dialogue._help,
    "QUIT": Dialogue._quit,
}
