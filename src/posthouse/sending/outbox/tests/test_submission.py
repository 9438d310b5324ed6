"""From a mail program over SMTP submission into another workspace's mailbox, by real sockets."""

import asyncio
import smtplib
from datetime import UTC, datetime

import pytest

from posthouse.foundation.db import Database
from posthouse.security.members import Actor
from posthouse.sending.outbox.tests.submitting import LETTER, contents, submit
from posthouse.sending.outbox.worker import Worker
from tests.support.house import Workspace
from tests.support.sending import work


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
