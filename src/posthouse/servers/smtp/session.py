"""One SMTP connection: moves bytes between a transport and the dialogue, and asks the backend."""

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, cast

from posthouse.foundation.ids import new_id
from posthouse.foundation.sources import LOCAL_SOCKET
from posthouse.protocols.proxy import Source
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
from posthouse.protocols.smtp.dialogue import Dialogue, Phase
from posthouse.protocols.smtp.received import TlsInfo
from posthouse.protocols.smtp.reply import Reply
from posthouse.servers.smtp.answers import Answers
from posthouse.servers.smtp.backend import Session
from posthouse.servers.smtp.patience import Patience

if TYPE_CHECKING:
    from posthouse.servers.smtp.listener import Listener

logger = logging.getLogger(__name__)

# Commands that may wait in memory while a question is open; then the socket is left unread.
_BUFFER_LIMIT = 64 * 1024


class SmtpSession(asyncio.Protocol):
    """Reads, answers, and ends. At most one task runs: the one that answers questions."""

    def __init__(self, listener: "Listener") -> None:
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._dialogue: Dialogue | None = None
        self._session: Session | None = None
        self._answers: Answers | None = None
        self._patience: Patience | None = None
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._farewell_over: asyncio.TimerHandle | None = None
        self._unsaid = bytearray()
        self._early = bytearray()
        self._reading_paused = False
        self._writing_paused = False
        self._eof = False
        self._stopping = False
        self._began = self._loop.time()
        self._last_reply = ""
        self._source: Source | None = None

    # -- what the transport calls

    def comes_from(self, source: Source) -> None:
        """A proxy says who the client is."""
        self._source = source

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or turn away."""
        self._transport = cast(asyncio.Transport, transport)
        host, port = self._peer(transport)
        refusal = self._listener.admit(self, host)
        if refusal is not None:
            self._transport.write(refusal.encode())
            self._transport.close()
            return
        tls = _tls_info(transport)
        self._session = Session(
            id=new_id(), listener=self._listener.name, peer_host=host, peer_port=port, tls=tls
        )
        self._dialogue = Dialogue(self._listener.profile_for(host), secure=tls is not None)
        self._answers = Answers(
            self._listener.backend, self._listener.rates, self._dialogue, self._session
        )
        self._patience = Patience(self._listener.timeouts, self._began)
        self._tick()
        self._carry_out(self._dialogue.open())

    def data_received(self, data: bytes) -> None:
        """Feed the dialogue; leave the socket alone while too much waits."""
        if self._dialogue is None:
            return
        self._carry_out(self._dialogue.receive(data))
        self._mind_the_buffers()
        self._end_if_stopping()

    def secure_data_received(self, data: bytes) -> None:
        """From inside TLS. The client may talk before our side has noticed the handshake's end."""
        if self._dialogue is not None and self._dialogue.phase is Phase.TLS:
            self._early += data
        else:
            self.data_received(data)

    def eof_received(self) -> bool:
        """A client may stop talking and still listen for the last replies (not over TLS)."""
        self._eof = True
        return self._task is not None and self._session is not None and self._session.tls is None

    def pause_writing(self) -> None:
        """The client does not read: say and hear no more."""
        self._writing_paused = True
        self._mind_the_buffers()

    def resume_writing(self) -> None:
        """It reads again."""
        self._writing_paused = False
        self._mind_the_buffers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave; a message that is being accepted is accepted all the same."""
        for handle in (self._ticker, self._farewell_over):
            if handle is not None:
                handle.cancel()
        self._transport = None
        if self._session is None or self._dialogue is None or self._answers is None:
            return
        self._dialogue.end(replies.BYE)
        self._answers.gone()
        self._listener.forget(self, self._session.peer_host)
        self._log_session(self._session, self._answers)

    def _peer(self, transport: asyncio.BaseTransport) -> tuple[str, int]:
        if self._source is not None:
            return self._source.host, self._source.port
        peer = transport.get_extra_info("peername")
        # A client of a socket file has no address.
        return (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else (LOCAL_SOCKET, 0)

    # -- what the listener calls

    def stop(self) -> None:
        """Say 421 as soon as nothing is under way."""
        self._stopping = True
        self._end_if_stopping()

    async def stop_now(self) -> None:
        """No more waiting."""
        if self._dialogue is not None:
            self._farewell(replies.SHUTTING_DOWN)
        if self._transport is not None:
            self._transport.abort()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # -- the dialogue's actions

    def _carry_out(self, actions: list[Action]) -> None:
        question = self._proceed(actions)
        if question is not None:
            self._task = self._loop.create_task(self._answer_on(question))

    def _proceed(self, actions: list[Action]) -> Question | None:
        """Up to a question that takes time to answer."""
        question = self._perform(actions)
        while question is not None and self._answers is not None:
            known = self._answers.at_once(question)
            if known is None:
                break
            question = self._perform(known)
        return question

    def _perform(self, actions: list[Action]) -> Question | None:
        question: Question | None = None
        closing = False
        for action in actions:
            if isinstance(action, Reply):
                self._unsaid += action.encode()
                self._last_reply = str(action.code)
            elif isinstance(action, Close):
                closing = True
            else:
                question = action
        # Replies to pipelined commands leave together (RFC 2920 3.2).
        if not isinstance(question, CheckSender | CheckRecipient):
            self._flush()
        if closing:
            self._close()
        return question

    async def _answer_on(self, question: Question | None) -> None:
        try:
            while question is not None and self._dialogue is not None:
                question = self._proceed(await self._answer(question))
        except Exception:
            logger.exception("an SMTP session broke")
            self._farewell(replies.BROKEN)
        finally:
            self._task = None
        self._mind_the_buffers()
        self._end_if_stopping()
        if self._eof:
            self._close()

    async def _answer(self, question: Question) -> list[Action]:
        assert self._answers is not None
        match question:
            case CheckSender(arguments):
                return await self._answers.check_sender(arguments)
            case CheckRecipient(address):
                return await self._answers.check_recipient(address)
            case MessageComplete():
                return await self._answers.accept(question)
            case Authenticate(step):
                return await self._answers.authenticate(step)
            case Pause(seconds):
                return await self._answers.pause(seconds)
            case StartTls():
                return await self._start_tls()

    async def _start_tls(self) -> list[Action]:
        context = self._listener.tls
        if self._transport is None or self._dialogue is None or context is None:
            return []
        assert self._session is not None
        try:
            transport = await self._loop.start_tls(
                self._transport,
                _SecureSide(self),
                context,
                server_side=True,
                ssl_handshake_timeout=self._listener.timeouts.handshake,
            )
        except (OSError, ssl.SSLError, TimeoutError):
            self._close()
            return []
        if transport is None or self._dialogue.phase is not Phase.TLS:
            return []  # gone meanwhile
        self._transport = transport
        self._session.tls = _tls_info(transport)
        early, self._early = bytes(self._early), bytearray()
        return self._dialogue.tls_started() + self._dialogue.receive(early)

    # -- time, buffers, the end

    def _tick(self) -> None:
        assert self._dialogue is not None
        assert self._patience is not None
        if self._patience.over(self._dialogue, self._loop.time()):
            self._farewell(replies.TIMED_OUT)
            return
        self._ticker = self._loop.call_later(self._listener.tick_seconds, self._tick)

    def _mind_the_buffers(self) -> None:
        if self._transport is None or self._dialogue is None or self._transport.is_closing():
            return
        full = self._writing_paused or self._dialogue.buffered > _BUFFER_LIMIT
        if full != self._reading_paused:
            self._reading_paused = full
            if full:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _end_if_stopping(self) -> None:
        if not self._stopping or self._dialogue is None or self._answers is None:
            return
        waiting = self._dialogue.waiting and not self._answers.pausing
        if not waiting and self._dialogue.phase is not Phase.DATA:
            self._farewell(replies.SHUTTING_DOWN)

    def _farewell(self, reply: Reply) -> None:
        if self._dialogue is not None and self._dialogue.phase is not Phase.CLOSED:
            self._perform(self._dialogue.end(reply))

    def _flush(self) -> None:
        if self._unsaid and self._transport is not None and not self._transport.is_closing():
            self._transport.write(bytes(self._unsaid))
        self._unsaid.clear()

    def _close(self) -> None:
        if self._transport is None:
            return
        self._transport.close()
        # A client that does not read would keep us in the farewell for ever.
        self._farewell_over = self._farewell_over or self._loop.call_later(
            self._listener.timeouts.farewell, self._transport.abort
        )

    def _log_session(self, session: Session, answers: Answers) -> None:
        logger.info(
            "smtp session",
            extra={
                "session": str(session.id),
                "listener": session.listener,
                "peer": session.peer_host,
                "tls": session.tls.version if session.tls else "",
                "signed_in": session.member is not None,
                "accepted": answers.accepted,
                "refused": answers.refused,
                "last_reply": self._last_reply,
                "seconds": round(self._loop.time() - self._began, 3),
            },
        )


class _SecureSide(asyncio.Protocol):
    """Stands behind the handshake, so that what was said in the clear cannot pass for secure."""

    def __init__(self, session: SmtpSession) -> None:
        self.data_received = session.secure_data_received  # type: ignore[method-assign]
        self.eof_received = session.eof_received  # type: ignore[method-assign]
        self.pause_writing = session.pause_writing  # type: ignore[method-assign]
        self.resume_writing = session.resume_writing  # type: ignore[method-assign]
        self.connection_lost = session.connection_lost  # type: ignore[method-assign]


def _tls_info(transport: asyncio.BaseTransport) -> TlsInfo | None:
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return None
    name, _, bits = tls.cipher() or ("", "", 0)
    return TlsInfo(version=tls.version() or "", cipher=name, bits=bits)
