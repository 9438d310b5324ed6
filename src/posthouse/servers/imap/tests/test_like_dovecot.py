"""SORT and THREAD of one folder, here and by Dovecot: the same answers to the same questions."""

import asyncio
import imaplib
import os
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.peers import ADDRESS, running_dovecot
from bench.peers import PASSWORD as DOVECOT_PASSWORD
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Filing
from posthouse.servers.imap.tests.conftest import PASSWORD

pytestmark = pytest.mark.interop

_START = datetime(2026, 11, 20, tzinfo=UTC)
_SUBJECTS = [
    "Pumps",
    "Re: Pumps",
    "RE: [list] pumps",
    "[list] Re: Pumps (fwd)",
    "Fwd: Pumps",
    "[fwd: Re: Pumps]",
    "Anvils",
    "re[2]: ANVILS",
    "[a] [b] Anvils",
    "[b]",
    "Re:",
    "",
    "=?utf-8?b?5oql5Lu35Y2V?=",
    "Re: =?utf-8?b?5oql5Lu35Y2V?=",
    "=?utf-8?q?=C3=84pfel?=",
    "=?utf-8?q?Re=3A_=C3=A4pfel?=",
    "two   words",
    "Two words",
]
_PEOPLE = [
    "ann@x.example",
    "Ben <BEN@x.example>",
    "=?utf-8?q?=C3=84nne?= <carl@x.example>",
    "dave@y.example",
    '"Last, First" <eve@x.example>',
    '"amy"@x.example',
    "sales: fay@x.example, gus@x.example;",
    "hal@x.example (Hal)",
    "nobody:;",
    "",
]
_CRITERIA = [
    "ARRIVAL",
    "REVERSE ARRIVAL",
    "CC",
    "DATE",
    "REVERSE DATE",
    "FROM",
    "REVERSE FROM",
    "SIZE",
    "SUBJECT",
    "REVERSE SUBJECT",
    "TO",
    "SUBJECT REVERSE DATE",
    "REVERSE SUBJECT FROM",
    "CC REVERSE TO SIZE",
    "DISPLAYFROM",
    "DISPLAYTO",
]
_RETURN = ["(MIN)", "(MAX)", "(COUNT)", "()", "(ALL)", "(MIN MAX COUNT ALL)"]


def _letters(dice):
    """Raw messages with when they came: threads with gaps, contradictions and doubles."""
    ids = [f"<{n}@x.example>" for n in range(60)]
    for n in range(160):
        moment = _START + timedelta(minutes=dice.randrange(2_000))
        zone = dice.choice(("+0000", "+0800", "-0530", "GMT"))
        date = moment.strftime("%a, %d %b %Y %H:%M:%S ") + zone
        fields = {
            "From": dice.choice(_PEOPLE),
            "To": dice.choice(_PEOPLE),
            "Cc": dice.choice(_PEOPLE),
            "Subject": dice.choice(_SUBJECTS),
            "Date": dice.choice((date, date, date, date, "no date", "")),
            "Message-ID": dice.choice((dice.choice(ids), f"<new.{n}@x.example>", "")),
            dice.choice(("References", "References", "In-Reply-To")): " ".join(
                dice.sample(ids, dice.choice((0, 0, 1, 2, 3)))
            ),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        yield (
            f"{head}\r\n{'x' * dice.randrange(300)}\r\n".encode(),
            _START + timedelta(seconds=n // 3),
        )


def _questions():
    for criteria in _CRITERIA:
        yield "SORT", f"({criteria})", "UTF-8", "ALL"
    for options in _RETURN:
        yield "SORT", f"RETURN {options}", "(REVERSE SIZE)", "UTF-8", "ALL"
        yield "SEARCH", f"RETURN {options}", "SUBJECT", "pumps"
    for algorithm in ("REFERENCES", "ORDEREDSUBJECT"):
        yield "THREAD", algorithm, "UTF-8", "ALL"
        for part in ("1:40", "30:90", "NOT SUBJECT pumps"):
            yield "THREAD", algorithm, "UTF-8", part


async def _file_here(server, letters):
    async with server.house.workspace(server.workspace.id) as tx:
        folder_id = await find_folder(tx, server.workspace.mailbox_id, "INBOX")
        filings = [
            Filing(
                mailbox_id=server.workspace.mailbox_id,
                folder_id=folder_id,
                raw=raw,
                received_at=moment,
                direction="in",
                door="smtp",
            )
            for raw, moment in letters
        ]
        await file_messages(tx, filings)


def _file_there(maildir, letters):
    """A file's name says in which order Dovecot takes it up, its time when it came."""
    for n, (raw, moment) in enumerate(letters):
        path = maildir / "cur" / f"{n:06}.x:2,"
        path.write_bytes(raw)
        os.utime(path, (moment.timestamp(), moment.timestamp()))


def _answers(port, name, password):
    """Question → what the server says to it."""
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(name, password)
        client.select()
        found = {}
        for question in _questions():
            status, _ = client._simple_command("UID", *question)
            told: Any = client.untagged_responses
            (line,) = told.pop(question[0], None) or told.pop("ESEARCH")
            found[question] = status, re.sub(rb"TAG \S+", b"TAG", line)
        return found


async def test_same_answers(server, monkeypatch):
    for word in ("SORT", "SEARCH", "THREAD"):
        monkeypatch.setitem(imaplib.Commands, word, ("SELECTED",))
    letters = list(_letters(random.Random(5256)))
    await _file_here(server, letters)
    ours = await asyncio.to_thread(_answers, server.port, "anna@acme.example", PASSWORD)
    with running_dovecot() as dovecot:
        _file_there(dovecot.maildir, letters)
        theirs = await asyncio.to_thread(_answers, dovecot.imap, ADDRESS, DOVECOT_PASSWORD)
    assert len(ours) > 30
    for question, answer in theirs.items():
        assert ours[question] == answer, question
