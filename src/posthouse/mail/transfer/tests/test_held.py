"""What an export of held mail has in it, and an import into a full mailbox."""

from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Full
from posthouse.mail.holds import actions
from posthouse.mail.quotas.actions import set_limits
from posthouse.mail.transfer.exporting import ExportFormat
from posthouse.mail.transfer.held import export_held
from posthouse.mail.transfer.importing import import_path
from posthouse.security.members import Actor
from tests.support.erasing import erase, take_out
from tests.support.house import Workspace, deliver, letter

KEPT, DELETED = letter(message_id="1@k.example"), letter(message_id="2@k.example")


async def test_deleted_mail_is_in_the_export_of_a_hold(
    house: Database, workspace: Workspace, tmp_path: Path
):
    actor = Actor.system(workspace.id)
    await deliver(house, workspace, KEPT, DELETED)
    async with house.workspace(workspace.id) as tx:
        hold = await actions.set_hold(tx, actor, workspace.address, "Pump v. Valve")
    await take_out(house, workspace, 2)
    assert await erase(house) == 0

    maildir, mbox = tmp_path / "maildir", tmp_path / "mbox"
    assert await export_held(house, actor, hold.id, maildir, ExportFormat.MAILDIR) == 2
    assert [file.read_bytes() for file in (maildir / "cur").iterdir()] == [KEPT]
    assert [file.read_bytes() for file in (maildir / "deleted/cur").iterdir()] == [DELETED]
    assert await export_held(house, actor, hold.id, mbox, ExportFormat.MBOX) == 2
    assert DELETED in (mbox / "deleted.mboxrd").read_bytes()

    async with house.workspace(workspace.id) as tx:
        assert (await actions.read_hold(tx, actor, hold.id)).exports == 2
        await actions.lift_hold(tx, actor, hold.id)
    with pytest.raises(Conflict):
        await export_held(house, actor, hold.id, tmp_path / "later", ExportFormat.MBOX)


async def test_an_import_into_a_full_mailbox_says_so_and_goes_on_later(
    house: Database, workspace: Workspace, tmp_path: Path
):
    actor = Actor.system(workspace.id)
    for number, raw in enumerate((KEPT, DELETED)):
        (tmp_path / f"{number}.eml").write_bytes(raw)
    async with house.workspace(workspace.id) as tx:
        await set_limits(tx, actor, workspace.address, octets=None, messages=1)
    with pytest.raises(Full, match="0 messages of this import are in it"):
        await import_path(house, tmp_path, workspace.address)
    async with house.workspace(workspace.id) as tx:
        await set_limits(tx, actor, workspace.address, octets=None, messages=2)
    assert (await import_path(house, tmp_path, workspace.address)).filed == 2
