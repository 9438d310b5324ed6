"""One client's conversation: commands in, each to its function, its response out."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from posthouse.foundation.errors import Unauthenticated
from posthouse.protocols import sieve
from posthouse.protocols.managesieve import responses
from posthouse.protocols.managesieve.commands import BEFORE_SIGN_IN, Command, parse
from posthouse.protocols.managesieve.errors import BadCommand, Overlong
from posthouse.protocols.sieve.machine import MOST_REDIRECTS
from posthouse.security.members import Actor
from posthouse.servers.connection import ClientGone, TooSlow
from posthouse.servers.managesieve import replies, scripts, signing_in
from posthouse.servers.managesieve.connection import Connection
from posthouse.servers.managesieve.context import MECHANISMS, Context
from posthouse.servers.managesieve.scripts import Scripts

log = logging.getLogger(__name__)


class Session:
    """State of one conversation."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self.connection = connection
        self.context = context
        self.ending = False
        self.scripts: Scripts | None = None  # once somebody has signed in
        self._bad_commands = 0
        self._failed_sign_ins = 0

    @property
    def may_send_passwords(self) -> bool:
        """Passwords travel under TLS, or from this machine where the operator allows it."""
        return self.connection.encrypted or self.context.trusts(self.connection.peer)

    @property
    def may_start_tls(self) -> bool:
        encrypted = self.connection.encrypted
        return self.context.tls is not None and not encrypted and self.scripts is None

    async def sign_in(self, actor: Actor) -> None:
        """Raises NotFound for a member without a mailbox."""
        self.scripts = await Scripts.of(self.context.database, actor)

    def count_failure(self) -> None:
        """A wrong password; the connection ends with one too many."""
        self._failed_sign_ins += 1
        self.ending = self._failed_sign_ins >= self.context.limits.failed_sign_ins

    def stop(self) -> None:
        """The server is going down."""
        self.ending = True
        self.connection.hang_up()

    async def run(self) -> None:
        """From greeting to goodbye; whatever happens, the connection is closed after it."""
        try:
            self.greet()
            while not self.ending:
                await self._answer()
                await self.connection.drain()
        except Overlong:
            self.say(responses.bye("This is longer than anything may be."))
        except TooSlow:
            self.say(responses.bye("You have said nothing for too long."))
        except ClientGone:
            pass
        except Exception:
            log.exception("managesieve: a session broke")
        finally:
            self.connection.close()

    def say(self, octets: bytes) -> None:
        self.connection.write(octets)

    def greet(self) -> None:
        """RFC 5804 1.7: what can be done here, now."""
        found: list[tuple[str, str | None]] = [
            ("IMPLEMENTATION", "Posthouse"),
            ("SIEVE", " ".join(sorted(sieve.EXTENSIONS))),
            ("SASL", " ".join(MECHANISMS) if self.may_send_passwords else ""),
        ]
        if self.may_start_tls:
            found.append(("STARTTLS", None))
        found.append(("EXTLISTS", " ".join(sieve.SCHEMES)))  # RFC 6134 2.8
        found.append(("NOTIFY", " ".join(sieve.METHODS)))
        found += [("MAXREDIRECTS", str(MOST_REDIRECTS)), ("VERSION", "1.0")]
        if self.scripts is not None:
            found.append(("OWNER", self.scripts.owner))
        self.say(responses.capabilities(found) + responses.ok("Posthouse is ready."))

    async def _answer(self) -> None:
        limits = self.context.limits
        patience = limits.before_sign_in if self.scripts is None else limits.idle
        name = ""
        try:
            command = parse(await self.connection.next_command(patience))
            name = command.name
            if self.scripts is None and name not in BEFORE_SIGN_IN:
                raise BadCommand("Sign in first.")
            await self._do(command)
        except (ClientGone, TooSlow, Overlong):
            raise
        except Exception as error:
            if isinstance(error, BadCommand):
                self._count_bad_command()
            if isinstance(error, Unauthenticated) and self.scripts is not None:
                self.ending = True
            self.say(replies.refusal(error, conflict=scripts.CONFLICTS.get(name, b"")))

    async def _do(self, command: Command) -> None:
        if (own := _HANDLERS.get(command.name)) is not None:
            await own(self, command)
            return
        assert self.scripts is not None
        self.say(await scripts.HANDLERS[command.name](self.scripts, command))

    def _count_bad_command(self) -> None:
        self._bad_commands += 1
        if self._bad_commands > self.context.limits.bad_commands:
            self.ending = True


async def _capability(session: Session, command: Command) -> None:
    session.greet()


async def _noop(session: Session, command: Command) -> None:
    """RFC 5804 2.13: a tag comes back."""
    tag = b"TAG " + responses.string(command.strings[0]) if command.strings else b""
    session.say(responses.ok("Nothing done.", code=tag))


async def _logout(session: Session, command: Command) -> None:
    session.ending = True
    session.say(responses.ok("See you."))


_HANDLERS: Mapping[str, Callable[[Session, Command], Awaitable[None]]] = {
    "CAPABILITY": _capability,
    "NOOP": _noop,
    "LOGOUT": _logout,
    "STARTTLS": signing_in.start_tls,
    "AUTHENTICATE": signing_in.authenticate,
}
