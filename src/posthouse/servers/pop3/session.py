"""One client's conversation: lines in, each command to its function, its response out."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from posthouse.foundation import errors
from posthouse.protocols.pop3 import commands as c
from posthouse.protocols.pop3 import responses, rules
from posthouse.protocols.pop3.errors import BadCommand, LineTooLong
from posthouse.protocols.pop3.lines import LONGEST_COMMAND
from posthouse.protocols.pop3.rules import State
from posthouse.security.members import Actor
from posthouse.servers.connection import ClientGone, TooSlow
from posthouse.servers.pop3 import replies, signing_in, transaction
from posthouse.servers.pop3.connection import Connection
from posthouse.servers.pop3.context import MECHANISMS, Context
from posthouse.servers.pop3.store import Store
from posthouse.servers.pop3.visit import Visit

log = logging.getLogger(__name__)


class Session:
    """State of one conversation."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self.connection = connection
        self.context = context
        self.name: str | None = None  # what USER said, for the PASS behind it
        self.ending = False
        self._bad_commands = 0
        self._failed_sign_ins = 0
        self._visit: Visit | None = None

    # -- what it knows -----------------------------------------------------------

    @property
    def state(self) -> State:
        return State.AUTHORIZATION if self._visit is None else State.TRANSACTION

    @property
    def visit(self) -> Visit:
        """Of the signed-in member; rules.may() keeps others from asking."""
        assert self._visit is not None
        return self._visit

    @property
    def may_send_passwords(self) -> bool:
        """Passwords travel under TLS, or from this machine where the operator allows it."""
        return self.connection.encrypted or self.context.trusts(self.connection.peer)

    @property
    def may_start_tls(self) -> bool:
        return (
            self.context.tls is not None
            and not self.connection.encrypted
            and self.state is State.AUTHORIZATION
        )

    # -- moving between states ---------------------------------------------------

    async def sign_in(self, actor: Actor) -> None:
        """Into the TRANSACTION state. Raises Conflict while another session has the maildrop."""
        store = Store(self.context.database, actor)
        self._visit = Visit(store, await store.enter(), self.context.limits)
        self.say(responses.ok(transaction.in_all(self._visit)))

    def count_failure(self) -> None:
        """A wrong password; the connection ends with one too many."""
        self._failed_sign_ins += 1
        self.ending = self._failed_sign_ins >= self.context.limits.failed_sign_ins

    def stop(self) -> None:
        """The server is going down. What the client has not asked for cannot be said here, and
        without QUIT nothing is deleted (RFC 1939 6).
        """
        self.ending = True
        self.connection.hang_up()

    # -- the conversation --------------------------------------------------------

    async def run(self) -> None:
        """From greeting to goodbye; whatever happens, the connection is closed after it."""
        try:
            self.say(responses.ok("Posthouse is ready"))
            while not self.ending:
                await self._answer(await self._next_line())
                await self.connection.drain()
        except LineTooLong:
            self.say(responses.err("Line too long"))
        except (TooSlow, ClientGone):
            pass  # RFC 1939 3: closed without a word, and without the UPDATE state
        except Exception:
            log.exception("pop3: a session broke")
        finally:
            await self.leave()
            self.connection.close()

    def say(self, octets: bytes) -> None:
        self.connection.write(octets)

    async def _next_line(self) -> bytes:
        limits = self.context.limits
        stranger = self.state is State.AUTHORIZATION
        patience = limits.before_sign_in if stranger else limits.idle
        return await self.connection.next_line(LONGEST_COMMAND, patience)

    async def _answer(self, line: bytes) -> None:
        name, self.name = self.name, None
        quits = False
        try:
            command = c.parse(line)
            quits = isinstance(command, c.Quit)
            if not rules.may(command, self.state):
                raise BadCommand("Not now")
            if isinstance(command, c.Pass):
                self.name = name  # RFC 1939 7: only right behind USER
            if self._visit is not None:
                await self._stay(self._visit)
            if not self.ending:
                await _HANDLERS[type(command)](self, command)
        except (ClientGone, TooSlow, LineTooLong):
            raise
        except Exception as error:
            if isinstance(error, BadCommand):
                self._count_bad_command()
            self.say(replies.refusal(error))
        # RFC 1939 6: whether or not everything that was marked is gone.
        self.ending = self.ending or quits

    async def _stay(self, visit: Visit) -> None:
        """Who may not stay is told so, and goes without the UPDATE state."""
        try:
            await visit.stay()
        except (errors.Unauthenticated, errors.Conflict) as refusal:
            self.say(replies.refusal(refusal))
            self.ending = True

    def _count_bad_command(self) -> None:
        self._bad_commands += 1
        if self._bad_commands > self.context.limits.bad_commands:
            self.ending = True

    async def leave(self) -> None:
        """Give the maildrop free. May be said twice."""
        if self._visit is None:
            return
        try:
            await self._visit.leave()
        except Exception as error:
            replies.note(error)  # the lease ends by itself


async def _capa(session: Session, command: c.Capa) -> None:
    found = rules.capabilities(
        starttls=session.may_start_tls,
        passwords=session.may_send_passwords,
        mechanisms=MECHANISMS,
    )
    session.say(responses.lines("Capabilities follow", found))


async def _quit(session: Session, command: c.Quit) -> None:
    """RFC 1939 4 and 6: in the TRANSACTION state on through UPDATE."""
    if session.state is State.TRANSACTION:
        await session.visit.update()
        await session.leave()  # before the answer: the client may be back at once
    session.say(responses.ok("See you"))


_HANDLERS: Mapping[type[c.Command], Callable[[Session, Any], Awaitable[None]]] = {
    c.Capa: _capa,
    c.Quit: _quit,
    **signing_in.HANDLERS,
    **transaction.HANDLERS,
}
