"""Rules that read what mail programs noted at folders and at the server (RFC 5490), at the door."""

from posthouse.mail.mailboxes.annotations import set_annotations
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.rules.tests.test_rules import counts, deliver, failure, use
from tests.support.house import make_workspace

__all__ = ["deliver"]  # a fixture

SCRIPT = """
require ["fileinto", "mailbox", "mboxmetadata", "servermetadata", "variables"];
if metadata "INBOX" "/private/comment" "away" {
    fileinto :create "Private";
} elsif metadata :contains "INBOX" "/shared/comment" "rush" {
    fileinto :create "Shared";
} elsif servermetadata "/shared/comment" "closed" {
    fileinto :create "Server";
} elsif allof (metadata "Sent" "/private/specialuse" "\\\\Sent",
               servermetadataexists "/shared/admin",
               not metadataexists "Nowhere" "/private/comment") {
    fileinto :create "Said anyway";
}
"""


async def note(house, workspace, folder, entry, value):
    async with house.workspace(workspace.id) as tx:
        folder_id = folder and await find_folder(tx, workspace.mailbox_id, folder)
        await set_annotations(tx, folder_id, workspace.member_id, {entry: value})


async def test_values_of_the_owner_of_all_and_of_the_server(house, workspace, deliver):
    other = await make_workspace(house, "other.example", "bo")
    await note(house, other, None, "/shared/comment", b"closed")
    await use(house, workspace, SCRIPT)
    await deliver()
    await note(house, workspace, None, "/shared/comment", b"closed")
    await deliver()
    await note(house, workspace, "INBOX", "/shared/comment", b"A rush")
    await deliver()
    await note(house, workspace, "INBOX", "/private/comment", b"away")
    await deliver()
    assert await counts(house, workspace) == {
        "Said anyway": 1,
        "Server": 1,
        "Shared": 1,
        "Private": 1,
    }
    assert await failure(house, workspace) is None
