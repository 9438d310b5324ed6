"""Folders by the id that IMAP tells (RFC 9042), at the door."""

import pytest

from posthouse.mail.mailboxes.folders import find_folder, rename_folder
from posthouse.mail.mailboxes.object_ids import folder_object_id
from posthouse.mail.rules.tests.test_rules import counts, deliver, failure, use
from tests.support.house import make_workspace

__all__ = ["deliver"]  # a fixture

NEEDS = 'require ["fileinto", "mailboxid", "mailbox"];'


async def object_id(house, workspace, name: str) -> str:
    async with house.workspace(workspace.id) as tx:
        return folder_object_id(await find_folder(tx, workspace.mailbox_id, name))


async def test_a_folder_is_found_under_whatever_name(house, workspace, deliver):
    await use(house, workspace, f'{NEEDS} fileinto :create "Old";')
    await deliver()
    known = await object_id(house, workspace, "Old")
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, "Old")
        await rename_folder(tx, folder_id, "New")
    script = f'if mailboxidexists "{known}" {{ fileinto :mailboxid "{known}" "Old"; }}'
    await use(house, workspace, NEEDS + script)
    await deliver()
    assert await counts(house, workspace) == {"New": 2}


@pytest.mark.parametrize("known", ["Fnone", "", "F" + "0" * 32, "other"])
async def test_what_is_no_folder_here_is_gone_by_its_name(house, workspace, deliver, known):
    if known == "other":
        other = await make_workspace(house, "other.example", "bo")
        known = await object_id(house, other, "INBOX")
    script = f'if mailboxidexists "{known}" {{ discard; }} else'
    script += f' {{ fileinto :create :mailboxid "{known}" "Else"; }}'
    await use(house, workspace, NEEDS + script)
    await deliver()
    assert await counts(house, workspace) == {"Else": 1}
    assert await failure(house, workspace) is None
