"""A linked account beside the Dovecot it is linked to: visits, and what both sides then have."""

import contextlib
import imaplib
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts import actions
from posthouse.mail.accounts.driver import Driver, Outside, SignIn
from posthouse.mail.accounts.imap.driver import ImapDriver
from posthouse.mail.accounts.imap.signing_in import sign_in
from posthouse.mail.accounts.model import Secret, Server, Servers
from posthouse.mail.accounts.visit import Visit
from posthouse.security.members import Actor
from posthouse.security.members.model import Role
from tests.support.dovecot import PASSWORD, OldServer
from tests.support.house import Workspace
from tests.support.mirror import LARGEST, Mirror, OurSide

_OURS = {"Gesendet": "Sent"}
_FLAGS = {"\\Seen": 1, "\\Answered": 2, "\\Flagged": 4, "\\Deleted": 8, "\\Draft": 16}


@dataclass
class Linked(OurSide):
    """One account of `workspace`, and the way to the server it is at."""

    server: OldServer
    name: str

    @contextlib.asynccontextmanager
    async def connected(self, driver_as: type[ImapDriver] = ImapDriver) -> AsyncIterator[Driver]:
        driver = driver_as(await sign_in(self.sign_in(), self.outside()))
        try:
            yield driver
        finally:
            await driver.close()

    @contextlib.asynccontextmanager
    async def visiting(self) -> AsyncIterator[Visit]:
        async with self.connected() as driver:
            yield Visit(self.house, driver, self.account, self.hands, largest=LARGEST)

    async def visit(self) -> int:
        """How many messages were brought."""
        async with self.visiting() as visit:
            await visit.run()
            return visit.stored

    def sign_in(self) -> SignIn:
        return SignIn(
            kind="imap",
            address=self.account.address,
            servers=self.account.servers,
            secret=Secret(password=PASSWORD),
            overrides=self.account.overrides,
        )

    def outside(self) -> Outside:
        return Outside(
            resolver=open_resolver("127.0.0.1:9"),
            tls=ssl.create_default_context(cafile=self.server.authority),
            private_hosts=True,
        )

    @contextlib.contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        """Another client of the same mailbox there."""
        with imaplib.IMAP4("127.0.0.1", self.server.imap) as client:
            client.login(self.name, PASSWORD)
            yield client

    def there(self) -> Mirror:
        """Folder → messages as the server has them, without order."""
        found: Mirror = {}
        with self.client() as client:
            for line in client.list()[1]:
                assert isinstance(line, bytes)
                if b"\\noselect" in line.lower():
                    continue
                name = line.rsplit(b" ", 1)[1].strip(b'"').decode()
                client.select(f'"{name}"', readonly=True)
                _, answers = client.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")
                found[name] = sorted(
                    (each[1], *_flags(each[0])) for each in answers if isinstance(each, tuple)
                )
        return found

    def expected(self) -> Mirror:
        """What the server has, under our names; views have no folder here."""
        there = self.there()
        there.pop("Everything", None)
        return {_OURS.get(name, name.replace(".", "/")): mails for name, mails in there.items()}


async def link(
    house: Database,
    workspace: Workspace,
    server: OldServer,
    name: str,
    overrides: Mapping[str, bool] | None = None,
) -> Linked:
    """Link the mailbox `name` of the server."""
    async with house.workspace(workspace.id) as tx:
        account = await actions.link_account(
            tx,
            member(workspace.id, workspace.member_id, workspace.address),
            address=f"{name}@provider.example",
            servers=Servers(
                incoming=Server(host="localhost", port=server.imaps), outgoing=None, login=name
            ),
            secret=Secret(password=PASSWORD),
            overrides=overrides,
        )
    return Linked(house, workspace, account, server, name)


def member(workspace_id: UUID, member_id: UUID, address: str) -> Actor:
    """Who links it."""
    return Actor(
        workspace_id=workspace_id,
        member_id=member_id,
        role=Role.MEMBER,
        name="Anna",
        address=address,
    )


def _flags(line: bytes) -> tuple[int, tuple[str, ...]]:
    words = line.decode().partition("FLAGS (")[2].partition(")")[0].split()
    flags = sum(_FLAGS.get(word, 0) for word in words)
    return flags, tuple(sorted(w for w in words if not w.startswith("\\")))
