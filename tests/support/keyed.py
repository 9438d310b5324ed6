"""A linked account by key beside the service it is linked to: visits, and what both sides have."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from posthouse.foundation.db import Database
from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts import actions
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.keyed.driver import ConnectKeyed, KeyedDriver
from posthouse.mail.accounts.keyed.visit import KeyedVisit
from posthouse.mail.accounts.model import Kind, Secret, Server, Servers
from posthouse.mail.mailboxes.model import Flags
from tests.support.house import Workspace
from tests.support.linked import member
from tests.support.mirror import LARGEST, Mirror, OurSide


class Elsewhere(Protocol):
    """What a test does at a service as somebody else would. Folders are by the names that they
    have here (INBOX, Sent, Trash, Customers); `uid` is whatever the service knows a mail by.
    """

    def make_folder(self, name: str) -> None: ...

    def deliver(self, folder: str, raw: bytes) -> None:
        """New and unread."""

    def uids(self, folder: str) -> list[str]: ...

    def raw(self, folder: str, uid: str) -> bytes: ...

    def set_flag(self, folder: str, uid: str, flag: Flags, on: bool) -> None:
        """SEEN or FLAGGED."""

    def move(self, folder: str, uid: str, target: str) -> None: ...

    def delete(self, folder: str, uid: str) -> None:
        """For good."""

    def mirror(self) -> Mirror:
        """What it has, as `OurSide.here` shows ours."""


@dataclass
class KeyedLinked(OurSide):
    """One account, and the way to its service."""

    sign_in: SignIn
    connect: ConnectKeyed
    elsewhere: Elsewhere
    way: Outside | None = None

    def outside(self) -> Outside:
        """Into this machine; without the system's authorities, which take long to read."""
        return self.way or Outside(
            resolver=open_resolver("127.0.0.1:9"),
            tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            private_hosts=True,
        )

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[KeyedDriver]:
        driver = await self.connect(self.sign_in, self.outside())
        try:
            yield driver
        finally:
            await driver.close()

    @contextlib.asynccontextmanager
    async def visiting(
        self, through: Callable[[KeyedDriver], KeyedDriver] = lambda driver: driver
    ) -> AsyncIterator[KeyedVisit]:
        """`through` may stand between the visit and the driver: to cut it off."""
        async with self.connected() as driver:
            yield KeyedVisit(self.house, through(driver), self.account, self.hands, largest=LARGEST)

    async def visit(self) -> int:
        """How many messages were brought."""
        async with self.visiting() as visit:
            await visit.run()
            return visit.stored

    async def assert_in_step(self) -> None:
        """Both sides have the same, and the ledger counts as the service does."""
        here, there = await self.here(), self.elsewhere.mirror()
        assert {name: mails for name, mails in here.items() if mails} == {
            name: mails for name, mails in there.items() if mails
        }
        health = await self.health()
        count = sum(map(len, there.values()))
        assert (health.counts.there, health.counts.stored) == (count, count)


async def link_keyed(
    house: Database,
    workspace: Workspace,
    kind: Kind,
    at: int | Server,
    connect: ConnectKeyed,
    elsewhere: Elsewhere,
    *,
    login: str = "anna",
    token: Callable[[], str] | None = None,
    secret: Secret | None = None,
    way: Outside | None = None,
) -> KeyedLinked:
    """Link the mailbox behind a port, in the clear, or at a server; with a token or a secret."""
    server = at if isinstance(at, Server) else Server(host="127.0.0.1", port=at, security="plain")
    servers = Servers(incoming=server, outgoing=None, login=login)
    async with house.workspace(workspace.id) as tx:
        account = await actions.link_account(
            tx,
            member(workspace.id, workspace.member_id, workspace.address),
            address="anna@provider.example",
            servers=servers,
            secret=secret,
            kind=kind,
        )

    async def fresh() -> str:
        assert token is not None
        return token()

    sign_in = SignIn(
        kind=kind,
        address=account.address,
        servers=servers,
        secret=secret or Secret(password=""),
        token=fresh if token else None,
    )
    return KeyedLinked(house, workspace, account, sign_in, connect, elsewhere, way)


class Keys(list[bytes]):
    """Hears the keys of what is sent."""

    async def hear(self, key: bytes) -> None:
        self.append(key)
