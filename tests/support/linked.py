"""A linked account beside the Dovecot it is linked to: visits, and what both sides then have."""

import contextlib
import imaplib
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts import actions, store
from posthouse.mail.accounts.driver import Driver, Outside, SignIn
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.imap import connect_imap
from posthouse.mail.accounts.model import LinkedAccount, Secret, Server, Servers
from posthouse.mail.accounts.visit import Visit
from posthouse.mail.mailboxes.folders import list_folders
from posthouse.mail.mailboxes.reading import WANT_FLAGS, fetch, open_folder
from posthouse.security.members import Actor
from posthouse.security.members.model import Role
from tests.support.dovecot import PASSWORD, OldServer
from tests.support.house import Workspace

LARGEST = 50 << 20
Mirror = dict[str, list[tuple[bytes, int, tuple[str, ...]]]]
_FLAGS = {"\\Seen": 1, "\\Answered": 2, "\\Flagged": 4, "\\Deleted": 8, "\\Draft": 16}


@dataclass
class Linked:
    """One account of `workspace`, and the way to the server it is at."""

    house: Database
    workspace: Workspace
    account: LinkedAccount
    server: OldServer
    name: str
    hands: Hands = field(default_factory=Hands)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Driver]:
        driver = await connect_imap(self.sign_in(), self.outside())
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

    async def here(self) -> Mirror:
        """The same of our mailbox."""
        found: Mirror = {}
        async with self.house.workspace(self.workspace.id) as tx:
            for folder in await list_folders(tx, self.account.mailbox_id):
                open_now = await open_folder(tx, folder.id, None)
                some = await fetch(tx, folder.id, list(open_now.uids), [WANT_FLAGS, "full"])
                found[folder.name] = sorted(
                    (each.full, int(each.flags), tuple(sorted(open_now.keywords.get(each.uid, ()))))
                    for each in some
                )
        return found

    async def ledger(self) -> dict[str, int]:
        """State → how many items."""
        async with self.house.workspace(self.workspace.id) as tx:
            rows = await tx.connection.fetch(
                "SELECT state, count(*) AS count FROM remote_items GROUP BY state"
            )
        return {row["state"]: row["count"] for row in rows}

    async def health(self):
        async with self.house.workspace(self.workspace.id) as tx:
            return (await store.list_health(tx, account_id=self.account.id))[0]


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
