"""A running house for a test: a database with its vault and blob folder, and one workspace."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from posthouse.foundation.db import Database, open_database
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.foundation.sharing import Shares
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder, make_mailbox
from posthouse.mail.mailboxes.model import Filed, Filing
from posthouse.security.vault import BlobFiles, Vault
from tests.support.postgres import FreshDatabase


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace with one member who owns one personal mailbox."""

    id: UUID
    domain: str
    member_id: UUID
    address: str
    mailbox_id: UUID


async def open_house(database: FreshDatabase, folder: Path) -> Database:
    """What a process of Posthouse has in hand after its start."""
    house = await open_database(database.owner_dsn)
    house.provide(Vault(os.urandom(32)))
    house.provide(BlobFiles(folder / "blobs"))
    house.provide(Settings(data=folder))
    house.provide(Shares())
    return house


@pytest.fixture
async def house(database: FreshDatabase, tmp_path: Path) -> AsyncIterator[Database]:
    """An open database with its services."""
    opened = await open_house(database, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def workspace(house: Database) -> Workspace:
    """`acme.example` with Anna, who owns anna@acme.example."""
    return await make_workspace(house, "acme.example", "anna")


async def make_workspace(house: Database, domain: str, name: str) -> Workspace:
    """A workspace, its domain, one member and her mailbox, written row by row."""
    workspace_id, member_id, address = new_id(), new_id(), f"{name}@{domain}"
    async with house.system() as tx:
        await tx.connection.execute(
            "INSERT INTO workspaces (id, name) VALUES ($1, $2)", workspace_id, domain
        )
        await tx.connection.execute(
            "INSERT INTO domains (name, workspace_id) VALUES ($1, $2)", domain, workspace_id
        )
    async with house.workspace(workspace_id) as tx:
        await tx.connection.execute(
            "INSERT INTO members (workspace_id, id, address, name, role)"
            " VALUES ($1, $2, $3, $4, 'admin')",
            workspace_id,
            member_id,
            address,
            name.title(),
        )
        mailbox_id = await make_mailbox(
            tx, kind="personal", address=address, name=name.title(), owner_member_id=member_id
        )
    return Workspace(workspace_id, domain, member_id, address, mailbox_id)


async def deliver(
    house: Database, workspace: Workspace, *raws: bytes, folder: str = "INBOX", flags: int = 0
) -> list[Filed]:
    """File messages into a folder of the workspace's mailbox, as one batch."""
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, folder)
        return await file_messages(
            tx,
            [
                Filing(
                    mailbox_id=workspace.mailbox_id,
                    folder_id=folder_id,
                    raw=raw,
                    received_at=datetime.now(UTC),
                    direction="in",
                    door="smtp",
                    flags=flags,
                )
                for raw in raws
            ],
        )


def letter(
    *,
    message_id: str,
    subject: str = "Quotation",
    sender: str = "Li Wei <li.wei@kunde.example>",
    to: str = "anna@acme.example",
    references: str = "",
    body: str = "Hello Anna,\r\n\r\nplease quote 20 pumps.\r\n",
    extra: str = "",
) -> bytes:
    """A small plain message."""
    lines = [
        "Received: from mx.kunde.example by mx.acme.example; Sun, 22 Nov 2026 08:00:00 +0000",
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        "Date: Sun, 22 Nov 2026 08:00:00 +0000",
        f"Message-ID: <{message_id}>",
    ]
    if references:
        lines.append(f"References: {references}")
    if extra:
        lines.append(extra)
    lines += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", ""]
    return ("\r\n".join(lines) + "\r\n" + body).encode()
