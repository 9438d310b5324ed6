"""Answers the dialogue's questions by asking the backend; keeps the score of one session."""

import asyncio
import functools
import logging
import time
from collections.abc import Mapping

from posthouse.foundation import clock
from posthouse.foundation.errors import Denied
from posthouse.foundation.ids import new_id
from posthouse.protocols.sasl.server import AskKeys, AskPassword, AskToken, Proof
from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.actions import (
    Action,
    CheckRecipient,
    CheckSender,
    MessageComplete,
    Question,
)
from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.command import MailArguments
from posthouse.protocols.smtp.dialogue import Dialogue
from posthouse.protocols.smtp.received import Hop, received_header
from posthouse.protocols.smtp.reply import Reply
from posthouse.servers.smtp import metrics
from posthouse.servers.smtp.backend import Backend, Envelope, Session
from posthouse.servers.smtp.rates import Rates
from posthouse.servers.smtp.refusals import Moment, reply_to

logger = logging.getLogger(__name__)

# Finding a child by its labels costs as much as counting; there are few of them.
_messages = functools.cache(metrics.MESSAGES.labels)
_accept_seconds = functools.cache(metrics.ACCEPT_SECONDS.labels)
_octets = functools.cache(metrics.OCTETS.labels)

# How metrics call a sign-in.
_KINDS = {AskPassword: "password", AskToken: "token", AskKeys: "scram", Proof: "scram"}


class Answers:
    """One per session. Every method ends in an answer to the dialogue, whatever happens behind."""

    def __init__(
        self, backend: Backend, rates: Rates, dialogue: Dialogue, session: Session
    ) -> None:
        self.accepted = 0
        self.refused = 0
        self._backend = backend
        self._rates = rates
        self._dialogue = dialogue
        self._session = session
        self._pause: asyncio.Future[None] | None = None

    @property
    def pausing(self) -> bool:
        """True while a tarpit holds the session: nothing is lost by cutting it."""
        return self._pause is not None

    def gone(self) -> None:
        """The client left: a pause need not be slept out."""
        if self._pause is not None and not self._pause.done():
            self._pause.set_result(None)

    def at_once(self, question: Question) -> list[Action] | None:
        """The answer to MAIL or RCPT when nobody has to be waited for: it saves a task.

        What is asked for here is counted, too, whatever the answer will be.
        """
        match question:
            case CheckSender(arguments):
                self._session.hello = self._dialogue.hello
                refusal = self._rates.refuse_message(self._session)
                if refusal is not None:
                    return self._dialogue.answer(refusal)
                if self._backend.knows_sender(self._session, arguments.sender):
                    return self._dialogue.answer(replies.SENDER_OK)
            case CheckRecipient(address):
                refusal = self._rates.refuse_recipient(self._session)
                if refusal is not None:
                    return self._dialogue.answer(refusal)
                if self._backend.knows_recipient(self._session, address):
                    return self._dialogue.answer(replies.RECIPIENT_OK)
        return None

    async def check_sender(self, arguments: MailArguments) -> list[Action]:
        """MAIL, after `at_once`."""
        try:
            await self._backend.check_sender(self._session, arguments.sender)
        except Exception as error:
            return self._dialogue.answer(reply_to(error, Moment.SENDER))
        return self._dialogue.answer(replies.SENDER_OK)

    async def check_recipient(self, address: Address) -> list[Action]:
        """RCPT, after `at_once`."""
        try:
            await self._backend.check_recipient(self._session, address)
        except Exception as error:
            return self._dialogue.answer(reply_to(error, Moment.RECIPIENT))
        return self._dialogue.answer(replies.RECIPIENT_OK)

    async def accept(self, message: MessageComplete) -> list[Action]:
        """The end of data; the 250 is said after the backend's commit."""
        began = time.perf_counter()
        envelope = self._envelope(message)
        reply = Reply(250, f"Filed as {envelope.id.hex}", "2.0.0")
        refused: Mapping[Address, Exception] = {}
        try:
            refused = await self._backend.accept(envelope) or {}
        except Exception as error:
            reply = reply_to(error, Moment.MESSAGE)
        each = {address: reply_to(error, Moment.MESSAGE) for address, error in refused.items()}
        said = [each.get(address, reply) for address in message.recipients] if each else [reply]
        best = min(said, key=lambda one: one.code)
        self.accepted += best.positive
        self.refused += not best.positive
        self._count(envelope, best, time.perf_counter() - began)
        return self._dialogue.answer_each(said) if each else self._dialogue.answer(reply)

    async def authenticate(self, step: AskPassword | AskKeys | AskToken | Proof) -> list[Action]:
        """AUTH, one question of it."""
        session = self._session
        mechanism = _KINDS[type(step)]
        try:
            if isinstance(step, AskKeys):
                keys = await self._backend.scram_keys(session, step.identity)
                return self._dialogue.supply_keys(keys)
            member = await self._member(step)
        except Exception as error:
            reply = reply_to(error, Moment.SIGN_IN)
            metrics.SIGN_INS.labels(mechanism, reply.code).inc()
            return self._dialogue.answer(reply)
        if isinstance(step, Proof) and not step.proved:
            return self._dialogue.answer(replies.AUTH_REFUSED)
        metrics.SIGN_INS.labels(mechanism, 235).inc()
        session.member = member
        return self._dialogue.authenticated(member)

    async def _member(self, step: AskPassword | AskToken | Proof) -> object:
        session = self._session
        if isinstance(step, AskToken):
            return await self._backend.check_token(session, step.identity, step.token)
        if step.authorization not in ("", step.identity):
            raise Denied("acting for another member is not offered")
        if isinstance(step, AskPassword):
            return await self._backend.check_password(session, step.identity, step.password)
        return await self._backend.scram_finished(session, step)

    async def pause(self, seconds: float) -> list[Action]:
        """The tarpit."""
        loop = asyncio.get_running_loop()
        self._pause = loop.create_future()
        handle = loop.call_later(seconds, self.gone)
        try:
            await self._pause
        finally:
            handle.cancel()
            self._pause = None
        return self._dialogue.resume()

    def _envelope(self, message: MessageComplete) -> Envelope:
        session, arguments = self._session, message.arguments
        identifier, received_at = new_id(), clock.now()
        hop = Hop(
            by=self._dialogue.profile.hostname,
            peer_host=session.peer_host,
            hello=session.hello,
            extended=self._dialogue.extended,
            tls=session.tls,
            authenticated=session.member is not None,
            lmtp=self._dialogue.profile.lmtp,
            smtputf8=arguments.smtputf8,
            identifier=identifier.hex,
            recipients=tuple(str(address) for address in message.recipients),
            received_at=received_at,
        )
        trace = received_header(hop)
        return Envelope(
            id=identifier,
            session=session,
            mail_from=arguments.sender,
            recipients=message.recipients,
            raw=trace + message.content,
            traced=len(trace),
            received_at=received_at,
            smtputf8=arguments.smtputf8,
            dsn=message.dsn,
        )

    def _count(self, envelope: Envelope, reply: Reply, seconds: float) -> None:
        listener = self._session.listener
        _messages(listener, reply.code).inc()
        _accept_seconds(listener).observe(seconds)
        if reply.positive:
            _octets(listener).inc(len(envelope.raw))
        logger.info(
            "smtp message",
            extra={
                "session": str(self._session.id),
                "envelope": envelope.id.hex,
                "from_domain": envelope.mail_from.domain if envelope.mail_from else "",
                "recipients": len(envelope.recipients),
                "octets": len(envelope.raw),
                "reply": reply.code,
                "seconds": round(seconds, 4),
            },
        )
