"""Eva, who sends with a mail program: her workspace, the listener, what she wrote, what arrived."""

import smtplib
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import find_folder, find_mailbox
from posthouse.mail.mailboxes.personal import give_mailbox
from posthouse.mail.mailboxes.reading import read_raw
from posthouse.protocols.smtp.profile import Profile, Purpose
from posthouse.security.members import Actor, create_workspace
from posthouse.sending.outbox.actions import enqueue
from posthouse.servers.smtp.listener import Listener, ListenerOptions
from posthouse.servers.smtp.submission import SubmissionBackend

PASSWORD = "correct horse battery"
LETTER = (
    b"From: Eva <eva@sender.example>\r\nTo: otto@globex.example\r\n"
    b"Bcc: secret@globex.example\r\nSubject: =?utf-8?b?5oql5Lu3?=\r\n\r\n.dot\r\nbody\r\n"
)


@pytest.fixture
async def eva(sending: Database) -> Actor:
    return await create_workspace(
        sending, "Sender", "sender.example", "eva@sender.example", PASSWORD, then=give_mailbox
    )


@pytest.fixture
async def port(sending: Database) -> AsyncIterator[int]:
    listener = Listener(
        ListenerOptions(
            name="submission",
            host="127.0.0.1",
            port=0,
            profile=Profile(hostname="mail.acme.example", purpose=Purpose.SUBMISSION),
            plaintext_auth=True,
        ),
        SubmissionBackend(sending, enqueue),
    )
    await listener.start()
    yield listener.port
    await listener.stop()


def submit(port: int, raw: bytes, sender: str, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.login("eva@sender.example", PASSWORD)
        client.sendmail(sender, recipients, raw)


async def contents(house: Database, workspace_id: UUID, address: str, folder: str) -> list[bytes]:
    async with house.workspace(workspace_id) as tx:
        _, mailbox_id = await find_mailbox(tx, address)
        folder_id = await find_folder(tx, mailbox_id, folder)
        rows = await tx.connection.fetch(
            "SELECT mailbox_message_id FROM folder_messages WHERE folder_id = $1", folder_id
        )
        return [await read_raw(tx, row["mailbox_message_id"]) for row in rows]
