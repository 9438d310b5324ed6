"""Import and export against each other: what went in comes out, byte for byte, once."""

import mailbox as stdlib_mailbox
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Invalid
from posthouse.mail.mailboxes.folders import list_folders
from posthouse.mail.transfer import ExportFormat, export_mailbox, import_path
from tests.support.house import Workspace, letter

LETTERS = [
    letter(message_id="1@k.example"),
    letter(message_id="2@k.example", body="From here on\r\n>From quoted\r\n"),
    letter(message_id="3@k.example").replace(b"\r\n", b"\n"),
]


def files_of(folder: Path) -> list[bytes]:
    return sorted(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_a_folder_of_files_is_filed_once(
    house: Database, workspace: Workspace, tmp_path: Path
):
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    for number, raw in enumerate(LETTERS):
        (source / "deep" / f"{number}.eml").write_bytes(raw)
    (source / "notes.txt").write_text("not a mail, just words\nand more words\n")
    shares: list[float] = []

    first = await import_path(house, source, workspace.address, "INBOX", shares.append)
    second = await import_path(house, source, workspace.address)

    assert (first.filed, first.repeated, first.failures) == (3, 0, [])
    assert (second.filed, second.repeated) == (0, 3)
    assert shares[-1] == 1.0
    out = tmp_path / "out"
    assert await export_mailbox(house, out, workspace.address, ExportFormat.MAILDIR) == 3
    assert files_of(out) == sorted(LETTERS)
    with pytest.raises(Conflict):
        await export_mailbox(house, out, workspace.address, ExportFormat.MBOX)


async def test_a_maildir_keeps_folders_and_flags(
    house: Database, workspace: Workspace, tmp_path: Path
):
    source = stdlib_mailbox.Maildir(tmp_path / "source")
    message = stdlib_mailbox.MaildirMessage(LETTERS[0])
    message.set_flags("FS")
    source.add(message)
    source.add_folder("&W6JiNw-.North").add(LETTERS[1])

    assert (await import_path(house, tmp_path / "source", workspace.address)).filed == 2

    async with house.workspace(workspace.id) as tx:
        folders = {f.name: f for f in await list_folders(tx, workspace.mailbox_id)}
    assert folders["INBOX"].unseen_count == 0
    assert folders["客户/North"].message_count == 1
    out = tmp_path / "out"
    await export_mailbox(house, out, workspace.address, ExportFormat.MAILDIR)
    again = stdlib_mailbox.Maildir(out)
    assert [message.get_flags() for message in again] == ["FS"]
    assert "&W6JiNw-.North" in again.list_folders()


async def test_an_mbox_comes_back(house: Database, workspace: Workspace, tmp_path: Path):
    out, again = tmp_path / "out", tmp_path / "again"
    folder = tmp_path / "source"
    folder.mkdir()
    for number, raw in enumerate(LETTERS):
        (folder / f"{number}.eml").write_bytes(raw)
    await import_path(house, folder, workspace.address)
    await export_mailbox(house, out, workspace.address, ExportFormat.MBOX)

    report = await import_path(house, out / "INBOX.mbox", workspace.address, "Again")
    assert report.filed == 3
    await export_mailbox(house, again, workspace.address, ExportFormat.MAILDIR)
    assert files_of(again / ".Again") == sorted(LETTERS)


async def test_nothing_there_is_said(house: Database, workspace: Workspace, tmp_path: Path):
    with pytest.raises(Invalid):
        await import_path(house, tmp_path / "missing", workspace.address)
    (tmp_path / "empty").mkdir()
    assert (await import_path(house, tmp_path / "empty", workspace.address)).filed == 0
