"""From a mail program over SMTP submission into another workspace's mailbox, by real sockets."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from posthouse.commands.workspace import give_mailbox
from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import find_folder, find_mailbox
from posthouse.mail.mailboxes.reading import read_raw
from posthouse.protocols.smtp.profile import Profile, Purpose
from posthouse.security.members import Actor, create_workspace
from posthouse.sending.outbox.actions import enqueue
from posthouse.sending.outbox.worker import Worker
from posthouse.servers.smtp.listener import Listener, ListenerOptions
from posthouse.servers.smtp.submission import SubmissionBackend
from tests.support.house import Workspace
from tests.support.sending import work

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


async def contents(house: Database, workspace_id, address: str, folder: str) -> list[bytes]:
    async with house.workspace(workspace_id) as tx:
        _, mailbox_id = await find_mailbox(tx, address)
        folder_id = await find_folder(tx, mailbox_id, folder)
        rows = await tx.connection.fetch(
            "SELECT mailbox_message_id FROM folder_messages WHERE folder_id = $1", folder_id
        )
        return [await read_raw(tx, row["mailbox_message_id"]) for row in rows]


async def test_a_mail_program_sends(
    sending: Database, eva: Actor, other: Workspace, worker: Worker, port: int
):
    await asyncio.to_thread(submit, port, LETTER, "eva@sender.example", "otto@globex.example")
    assert await work(worker) == 1  # no hold: mail programs have their own
    (arrived,) = await contents(sending, other.id, "otto@globex.example", "INBOX")
    (copy,) = await contents(sending, eva.workspace_id, "eva@sender.example", "Sent")
    assert arrived.endswith(b"\r\n\r\n.dot\r\nbody\r\n")
    assert b"secret@" not in arrived
    assert b"Bcc: secret@globex.example" in copy
    assert arrived.count(b"DKIM-Signature: ") == 2
    assert b"Message-ID: <" in arrived
    assert f"{datetime.now(UTC):%Y}".encode() in arrived.partition(b"Date: ")[2][:40]
    assert arrived.startswith(b"Return-Path: <eva@sender.example>\r\n")


async def test_only_in_ones_own_name(sending: Database, eva: Actor, port: int):
    for raw, sender in (
        (LETTER, "boss@sender.example"),
        (LETTER.replace(b"eva@", b"boss@"), "eva@sender.example"),
        (b"Subject: nobody's\r\n\r\nx", "eva@sender.example"),
    ):
        with pytest.raises(smtplib.SMTPResponseException):
            await asyncio.to_thread(submit, port, raw, sender, "otto@globex.example")
    async with sending.system() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM outbox_queue") == 0
