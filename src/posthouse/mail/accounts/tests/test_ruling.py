"""Members' rules for mail of a linked account: new mail is ruled on, history fires nothing."""

import imaplib
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import create_folder
from posthouse.mail.rules.actions import activate_script, save_script
from tests.support.dovecot import OldServer, old_server
from tests.support.house import Workspace, letter
from tests.support.linked import Linked, link

from .test_visit import assert_in_step

pytestmark = pytest.mark.interop

SCRIPT = b"""require ["fileinto", "vacation", "imap4flags", "enotify", "copy", "reject"];
if header :is "subject" "Pump 1" { fileinto :flags "\\\\Flagged" "Orders"; }
elsif header :is "subject" "Pump 2" { fileinto :copy "Orders"; addflag "\\\\Seen"; }
elsif header :is "subject" "Pump 3" { discard; }
elsif header :is "subject" "Pump 4" { reject "No."; }
elsif header :is "subject" "Pump 5" { notify "mailto:eva@else.example"; }
else { vacation "Away"; }
"""
DAY = 86_400
NOW = clock.now()


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.fixture
async def linked(
    house: Database, workspace: Workspace, server: OldServer, request: pytest.FixtureRequest
) -> Linked:
    found = await link(house, workspace, server, request.node.name.removeprefix("test_"))
    async with house.workspace(workspace.id) as tx:
        mailbox_id = found.account.mailbox_id
        await create_folder(tx, mailbox_id, "Orders")
        await save_script(tx, mailbox_id, "rules", SCRIPT)
        await activate_script(tx, mailbox_id, "rules")
        # Servers tell the time in seconds.
        await tx.connection.execute(
            "UPDATE linked_accounts SET linked_at = linked_at - interval '2 seconds'"
        )
    return found


def mail(number: int, *, days: int = 0) -> bytes:
    """Written so many days ago."""
    raw = letter(message_id=f"{number}@k.example", subject=f"Pump {number}")
    head, _, rest = raw.partition(b"Date: ")
    date = format_datetime(clock.now() - timedelta(days=days)).encode()
    return (
        b"Return-Path: <li@kunde.example>\r\n" + head + b"Date: " + date + rest[rest.find(b"\r") :]
    )


def arrives(
    linked: Linked, *numbers: int, folder: str = "INBOX", days: int = 0, written: int = 0
) -> None:
    when = imaplib.Time2Internaldate(time.time() - days * DAY)
    with linked.client() as client:
        client.create(folder)
        for number in numbers:
            raw = mail(number, days=written).replace(
                b"To: anna@acme.example", b"To: " + linked.account.address.encode()
            )
            client.append(folder, "", when, raw)


def flags_there(linked: Linked, folder: str) -> dict[str, int]:
    """Subject → flags."""
    found = linked.there()[folder]
    return {raw.partition(b"Subject: ")[2][:6].decode(): flags for raw, flags, _ in found}


async def fired(linked: Linked) -> list[str]:
    """Letters that rules have written."""
    async with linked.house.workspace(linked.workspace.id) as tx:
        rows = await tx.connection.fetch("SELECT kind FROM rule_letters ORDER BY kind")
    return [row["kind"] for row in rows]


async def test_new_mail_is_ruled_on_and_the_server_follows(linked: Linked):
    await linked.visit()
    arrives(linked, 1, 2, 3, 4, 5, 6)
    for _ in range(3):
        await linked.visit()
    assert flags_there(linked, "Orders") == {"Pump 1": 4, "Pump 2": 0}
    assert flags_there(linked, "INBOX") == {"Pump 2": 1, "Pump 4": 0, "Pump 5": 0, "Pump 6": 0}
    await assert_in_step(linked)
    assert len(await fired(linked)) == 3, "a refusal, a notification, an answer"


async def test_history_fires_nothing(linked: Linked):
    """Neither what the account held, nor what is moved, nor old mail that somebody puts there."""
    arrives(linked, 1, 3, 4, 5, 6, days=1)
    arrives(linked, 7, folder="Archive", days=1)
    await linked.visit()
    assert len((await linked.here())["INBOX"]) == 5
    arrives(linked, 8, written=30)  # by a program that tells no time
    with linked.client() as client:
        client.select("Archive")
        client.uid("MOVE", "1", "INBOX")
    await linked.visit()
    await linked.visit()
    assert await fired(linked) == []
    assert len(linked.there()["INBOX"]) == len((await linked.here())["INBOX"]) == 7
