"""Whom a mailbox knows (RFC 6134), as rules at the door ask."""

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.correspondents import first_known
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import folder_by_use
from posthouse.mail.mailboxes.model import Door, Filing
from posthouse.mail.rules.tests.test_rules import counts, deliver, use
from tests.support.house import Workspace, letter, make_workspace

__all__ = ["deliver"]  # a fixture

SCRIPT = """
require ["extlists", "fileinto"];
if address :list "from" ":addrbook:default" { fileinto "Archive"; }
"""


async def wrote(
    house: Database, workspace: Workspace, to: str, door: Door = "composer", field: str = "To"
) -> None:
    async with house.workspace(workspace.id) as tx:
        raw = letter(message_id=f"{door}.{field}@acme.example", sender=workspace.address)
        filing = Filing(
            mailbox_id=workspace.mailbox_id,
            folder_id=await folder_by_use(tx, workspace.mailbox_id, "sent"),
            raw=f"{field}: {to}\r\n".encode() + raw,
            received_at=clock.now(),
            direction="out",
            door=door,
        )
        await file_messages(tx, [filing])


async def test_who_was_written_to_is_known(house, workspace, deliver):
    await use(house, workspace, SCRIPT)
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 1}
    await wrote(house, workspace, "Li <LI.WEI@kunde.example>")
    await deliver()
    assert await counts(house, workspace) == {"INBOX": 1, "Archive": 1, "Sent": 1}


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (["nobody@else.example", "cc@else.example"], "cc@else.example"),
        (["Anna@Acme.example"], "anna@acme.example"),  # of the house
        (["ruled@else.example"], None),  # only a rule wrote to him
        (["theirs@else.example"], None),  # of another mailbox
        (["bo@other.example"], None),  # of another house
        (["no address", "", "a\x7f@x.example", "\0", "\ud800@x.example"], None),
    ],
)
async def test_who_is_known(house, workspace, asked, known):
    other = await make_workspace(house, "other.example", "bo")
    await wrote(house, workspace, "cc@else.example", field="Cc")
    await wrote(house, workspace, "ruled@else.example", door="rule")
    await wrote(house, other, "theirs@else.example")
    async with house.workspace(workspace.id) as tx:
        assert await first_known(tx, workspace.mailbox_id, asked) == known
