"""One client's conversation: takes commands in order, hands each to its family, answers it.

What other sessions did to the selected folder is told before each tagged response.
"""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from posthouse.foundation import errors
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap import responses, rules
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.parser import TaggedError, parse
from posthouse.protocols.imap.reader import (
    ContinuationWanted,
    Event,
    RawCommand,
    RejectedCommand,
)
from posthouse.protocols.imap.rules import State
from posthouse.protocols.imap.scanner import NOTHING_ENABLED
from posthouse.servers.imap import replies
from posthouse.servers.imap.connection import ClientGone, Connection, TooSlow
from posthouse.servers.imap.context import Context
from posthouse.servers.imap.kept import KeptFolder, kept_by
from posthouse.servers.imap.limits import STRANGER, member_limits
from posthouse.servers.imap.state import FolderView
from posthouse.servers.imap.store import Store

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_Received = c.Command | TaggedError | ContinuationWanted | RejectedCommand


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended well. `tag` differs from the command's when it answered others too."""

    text: str
    code: str | None = None
    tag: bytes | None = None
    tells_modseq: bool = False  # HIGHESTMODSEQ, once all below it was told (RFC 7162 3.2.7)


class Session:
    """State of one conversation. The families in commands/ work on it."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self.connection = connection
        self.context = context
        self.state = State.NOT_AUTHENTICATED
        self.condstore = False
        self.qresync = False
        self.enabled = NOTHING_ENABLED
        self.ending = False
        self.failed_sign_ins = 0
        self._bad_commands = 0
        self._store: Store | None = None
        self._view: FolderView | None = None
        self._kept: KeptFolder | None = None
        self._watch: asyncio.Event | None = None  # the selected folder, or the member, changed
        self._selection = ExitStack()
        self._welcome: asyncio.Event | None = None  # what the member may do changed
        self._welcome_until = 0.0
        self._membership = ExitStack()
        self._ahead: deque[_Received] = deque()
        connection.reader.limits = STRANGER

    # -- what it knows -----------------------------------------------------------

    @property
    def store(self) -> Store:
        """Of the signed-in member; rules.may() keeps others from asking."""
        assert self._store is not None
        return self._store

    @property
    def view(self) -> FolderView:
        """Of the selected folder; rules.may() keeps others from asking."""
        assert self._view is not None
        return self._view

    def recent_in(self, folder_id: UUID) -> int:
        """How many messages this session has made its own recent ones, if that is selected."""
        view = self._view
        if view is None or view.folder_id != folder_id or not view.claims_recent:
            return 0
        return view.recent_count

    @property
    def kept(self) -> KeptFolder:
        """What this process remembers of the selected folder."""
        assert self._kept is not None
        return self._kept

    @property
    def may_send_passwords(self) -> bool:
        """Passwords travel under TLS, or from this machine where the operator allows it."""
        return self.connection.encrypted or self.context.trusts(self.connection.peer)

    def capabilities(self) -> str:
        signs_in = self.may_send_passwords
        return rules.capabilities(
            self.state,
            append_limit=self.context.largest_message,
            mechanisms=self.context.mechanisms if signs_in else (),
            starttls=self.context.tls is not None and not self.connection.encrypted,
            login=signs_in,
        )

    # -- moving between states ---------------------------------------------------

    def sign_in(self, store: Store) -> None:
        self._store = store
        self._welcome = self._membership.enter_context(store.watch())
        self._welcome.set()  # the password may have been replaced while it was checked
        self.state = State.AUTHENTICATED
        self.connection.reader.limits = member_limits(self.context.largest_message)

    def select(self, view: FolderView) -> None:
        self._view = view
        self._watch = self._selection.enter_context(self.store.watch(view.folder_id))
        self._watch.set()  # something may have happened since the folder was read
        kept = kept_by(self.context.database).using(view)
        self._kept = self._selection.enter_context(kept)
        self.state = State.SELECTED

    def use_condstore(self) -> None:
        """RFC 7162 3.1: asking for a mod-sequence enables CONDSTORE, from then on it is told.

        The folder's highest is told with it, but not above an expunge that must wait: a client that
        keeps the number would never hear of that one.
        """
        if self.condstore:
            return
        self.condstore = True
        if self._view is not None and not self._view.withholds:
            code = f"HIGHESTMODSEQ {self._view.modseq}"
            text = responses.condition("OK", "The highest mod-sequence", code=code)
            self.connection.write(text)

    def unselect(self) -> bool:
        """True when a folder had been selected."""
        had = self._view is not None
        self._selection.close()
        self._view = self._watch = self._kept = None
        if self.state is State.SELECTED:
            self.state = State.AUTHENTICATED
        return had

    def deselect(self) -> None:
        """RFC 3501 6.3.1: what was selected is closed first, whatever becomes of the new folder."""
        if self.unselect():
            self.connection.write(responses.condition("OK", "Closed", code="CLOSED"))

    def stop(self) -> None:
        """The server is going down: end after the current command, at once when there is none."""
        self.goodbye("Shutting down")
        self.connection.hang_up()

    # -- the conversation --------------------------------------------------------

    async def run(self) -> None:
        """From greeting to goodbye; whatever happens, the connection is closed after it."""
        try:
            self._say("OK", f"[CAPABILITY {self.capabilities()}] Posthouse is ready")
            while not self.ending:
                await self._answer(await self._next())
                await self.connection.drain()
        except TooSlow:
            self._say("BYE", "Idle for too long")
        except ClientGone:
            pass
        except Exception:
            log.exception("imap: a session broke")
            self._say("BYE", "Something broke on our side")
        finally:
            self.unselect()
            self._membership.close()
            self.connection.close()

    async def _next(self) -> _Received:
        if self._ahead:
            return self._ahead.popleft()
        limits = self.context.limits
        stranger = self.state is State.NOT_AUTHENTICATED
        timeout = limits.before_sign_in if stranger else limits.idle
        return self._parsed(await self._patiently(self.connection.next_event, timeout))

    def _parsed(self, event: Event) -> _Received:
        if not isinstance(event, RawCommand):
            return event
        try:
            return parse(event, self.enabled)
        except TaggedError as error:
            return error

    @property
    def sent_ahead(self) -> bool:
        """More has come than was answered."""
        return bool(self._ahead) or len(self.connection.reader) > 0

    def following(
        self, fits: Callable[[c.Command], bool], limit: int | None = None
    ) -> list[c.Command]:
        """Commands that came right behind the current one, for as long as they fit."""
        taken: list[c.Command] = []
        most = self.context.limits.pipelined if limit is None else limit
        while len(taken) < most:
            if not self._ahead:
                event = self.connection.received()
                if event is None:
                    break
                self._ahead.append(self._parsed(event))
            if not isinstance(self._ahead[0], c.Command) or not fits(self._ahead[0]):
                break
            taken.append(self._ahead[0])
            self._ahead.popleft()
        return taken

    async def _answer(self, received: _Received) -> None:
        match received:
            case ContinuationWanted():
                self.connection.write(responses.continuation(b"Send it"))
            case RejectedCommand():
                self._reject(received)
            case TaggedError():
                if isinstance(received.cause, BadCommand):
                    self._count_bad_command()
                elif received.verb in ("SELECT", "EXAMINE"):
                    self.deselect()
                tag = received.tag or b"*"
                self.connection.write(replies.refusal(received.cause, tag=tag))
            case c.Command():
                await self._perform(received)

    async def _perform(self, command: c.Command) -> None:
        try:
            await self._check_welcome()
            if not rules.may(command, self.state):
                raise BadCommand(f"{command.verb} is not for now")
            if rules.works_on_messages(command):
                await self._wake()
            handler = self.context.handlers[type(command)]
            done = await handler(self, command)
            if done is None:
                return
        except (ClientGone, TooSlow):
            raise
        except Exception as error:
            if isinstance(error, BadCommand):
                self._count_bad_command()
            await self.tell_news(command)
            self.connection.write(replies.refusal(error, tag=command.tag))
            return
        await self.tell_news(command, all_of_it=done.tells_modseq)
        code = f"HIGHESTMODSEQ {self.view.modseq}" if done.tells_modseq else done.code
        self.complete(done.tag or command.tag, done.text, code=code)

    def complete(self, tag: bytes, text: str, *, code: str | None = None) -> None:
        """Answer a command that was done together with another."""
        self.connection.write(responses.condition("OK", text, tag=tag, code=code))

    def mailbox(self, path: str) -> bytes:
        """A name as this client reads it."""
        return responses.mailbox(path, utf8=self.enabled.utf8_names)

    def tell_expunged(self, uids: Iterable[int]) -> None:
        """EXPUNGE responses, or VANISHED for a client that enabled QRESYNC."""
        self.connection.write(self.view.expunge(uids, vanished=self.qresync))

    def untagged(self, body: bytes) -> None:
        self.connection.write(responses.untagged(body))

    def _say(self, state: str, text: str) -> None:
        self.connection.write(responses.condition(state, text))

    def goodbye(self, text: str) -> None:
        """Say BYE; the conversation ends with the current command."""
        self._say("BYE", text)
        self.ending = True

    def _reject(self, rejected: RejectedCommand) -> None:
        state = "BAD" if rejected.fatal or rejected.code is None else "NO"
        self.connection.write(
            responses.condition(state, rejected.text, tag=rejected.tag or b"*", code=rejected.code)
        )
        if rejected.fatal:
            self.goodbye("Too much at once")
        else:
            self._count_bad_command()

    def _count_bad_command(self) -> None:
        self._bad_commands += 1
        if self._bad_commands > self.context.limits.bad_commands:
            self.goodbye("Too many bad commands")

    async def start_tls(self, context: ssl.SSLContext, tag: bytes) -> None:
        """Say OK in plain text, then nothing but TLS; commands sent ahead are forgotten."""
        self.connection.write(responses.condition("OK", "Begin TLS now", tag=tag))
        self._ahead.clear()
        await self.connection.start_tls(context, self.context.limits.before_sign_in)

    # -- in step with others -----------------------------------------------------

    async def tell_news(self, command: c.Command, *, all_of_it: bool = False) -> None:
        """Bring the view up to date if something happened, and tell what may be told now."""
        await self._check_welcome()
        if self._view is None or self._watch is None:
            return
        limits = self.context.limits
        asks = all_of_it or isinstance(command, c.Noop | c.Idle)
        if asks or (self._watch.is_set() and not self.sent_ahead):
            self._watch.clear()
            await self._refresh(self._view, limits.in_step if asks else limits.look_again)
        # RFC 9051 7.5.1: what was sent ahead is in progress too, and may speak of message numbers.
        may_expunge = rules.may_expunge_during(command) and (all_of_it or not self.sent_ahead)
        self.connection.write(
            self._view.news(
                may_expunge=may_expunge,
                with_modseq=self.condstore,
                vanished=self.qresync,
            )
        )

    async def _refresh(self, view: FolderView, within: float) -> None:
        try:
            changes = await self.kept.changes(self.store, view, within=within)
            if changes is not None:
                if changes:
                    await self._wake()
                view.apply(changes)
        except errors.NotFound:
            self.goodbye("The folder is gone")
        except Exception as error:
            replies.note(error)

    async def wait_for_news(self, patience: float) -> None:
        """IDLE: until the folder changes or the client speaks. Raises TooSlow, ClientGone."""
        own = self.connection.attention
        news = self._watch or self._welcome or own
        if own.is_set():
            own.clear()  # or who waits with half a line would never rest
            news.set()
        self.connection.attention = news
        try:
            await self._patiently(self.connection.wait, patience)
        finally:
            self.connection.attention = own
            news.set()  # waiting took it; whether there is news is for tell_news to find out

    async def _patiently(self, wait: Callable[[float], Awaitable[_T]], patience: float) -> _T:
        """Wait for the client; after some silence the view rests. Raises what `wait` raises."""
        moment = self.context.limits.rest_after
        if self._view is not None and moment < patience:
            try:
                return await wait(moment)
            except TooSlow:
                await asyncio.to_thread(self._view.rest)
            patience -= moment
        return await wait(patience)

    async def _wake(self) -> None:
        if self._view is not None and self._view.resting:
            await asyncio.to_thread(self._view.wake)

    async def _check_welcome(self) -> None:
        """After a change of what the member may do: raises ClientGone for one who is out.

        Now and then without a signal, which may be lost.
        """
        now = asyncio.get_running_loop().time()
        if self._welcome is None or not (self._welcome.is_set() or now > self._welcome_until):
            return
        self._welcome.clear()
        self._welcome_until = now + self.context.limits.look_again
        view = self._view
        if not await self.store.still_welcome(
            None if view is None else view.mailbox_id,
            writing=view is not None and not view.read_only,
        ):
            self._say("BYE", "You may not be here any more")
            raise ClientGone
