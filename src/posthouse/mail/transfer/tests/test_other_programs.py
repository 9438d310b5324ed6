"""What Outlook and Foxmail keep, imported: `.pst` files and `.box` files."""

from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import list_folders
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.transfer.from_foxmail import MARK
from posthouse.mail.transfer.importing import import_path
from posthouse.mail.transfer.report import ImportReport
from posthouse.mail.transfer.source import Source
from posthouse.mail.transfer.sources import find_sources
from posthouse.protocols import mime
from tests.support.house import Workspace, letter
from tests.support.pst import Folder, Mail, pst_file

NOTE = {0x0042: "Li", 0x5D02: "li@kunde.example", 0x1000: "Hello\r\n"}
READ, FLAGGED = {0x0E07: 1}, {0x1090: 2}


async def test_a_pst_brings_its_folders_and_marks(
    house: Database, workspace: Workspace, tmp_path: Path
):
    north = Folder(name="North/East", mails=[Mail(values={**NOTE, 0x0037: "Old"})])
    data = pst_file(
        [
            Folder(
                name="收件箱",
                mails=[
                    Mail(values={**NOTE, 0x0037: "Read", **READ, **FLAGGED}),
                    Mail(values={**NOTE, 0x0037: "Unread"}),
                    Mail(values={0x001A: "IPM.Contact"}),
                ],
                folders=[north],
            ),
            Folder(name="Gesendet", entry=0x35E4, mails=[Mail(values={**NOTE, 0x0037: "Sent"})]),
            Folder(name="Kalender", values={0x3613: "IPF.Appointment"}, mails=[Mail(values=NOTE)]),
        ]
    )
    (tmp_path / "backup.pst").write_bytes(data)
    (tmp_path / "broken.pst").write_bytes(data[:3000])

    first = await import_path(house, tmp_path, workspace.address)
    (tmp_path / "backup.pst").rename(tmp_path / "moved.pst")
    second = await import_path(house, tmp_path, workspace.address)

    assert (first.filed, first.repeated) == (4, 0)
    assert [reason for _, reason in first.failures] == ["is damaged", "is no mail but IPM.Contact"]
    assert first.failures[1][0].startswith("backup.pst 收件箱 #")
    assert first.left_out == [("backup.pst Kalender", "holds no mail but IPF.Appointment")]
    assert (second.filed, second.repeated) == (0, 4)
    async with house.workspace(workspace.id) as tx:
        folders = await list_folders(tx, workspace.mailbox_id)
    counts = {each.name: (each.message_count, each.unseen_count) for each in folders}
    assert counts["INBOX"] == (2, 1)
    assert counts["North-East"] == (1, 1)
    assert counts["Sent"] == (1, 1)


def test_a_source_in_a_pst_reads_itself(tmp_path: Path):
    path = tmp_path / "a.ost"
    path.write_bytes(
        pst_file([Folder(name="Inbox", mails=[Mail(values={**NOTE, 0x0037: "Hi", **READ})])])
    )
    [source] = find_sources(path)
    raw, flags = source.read_marked()
    assert (mime.subject(mime.scan(raw)), flags) == ("Hi", Flags.SEEN)
    assert source.read() == raw


def box(*letters: bytes) -> bytes:
    return b"".join(MARK + b"\r\n" + each for each in letters)


def test_folders_of_foxmail(tmp_path: Path):
    account = tmp_path / "mail" / "anna"
    account.mkdir(parents=True)
    first = letter(message_id="1@k.example", body="From here on\r\n")
    second = letter(message_id="2@k.example", body="不是 " + MARK.decode() + " 分隔\r\n")
    (account / "in.BOX").write_bytes(box(first, second))
    (account / "in.IND").write_bytes(b"\0\1\2\3" * 100)
    (account / "sent.box").write_bytes(box(second))
    (account / "客户.box").write_bytes(box(first))
    (account / "spam.box").write_bytes(b"")
    report = ImportReport()

    found = list(find_sources(tmp_path, report))

    assert [(each.folder, each.position, each.read()) for each in found] == [
        ("", 0, first),
        ("", 1, second),
        ("Sent", 0, second),
        ("客户", 0, first),
    ]
    assert report == ImportReport()
    alone = list(find_sources(account / "sent.box"))
    assert [(each.folder, each.read()) for each in alone] == [("", second)]


@pytest.mark.parametrize("octets", [b"", b"!BDN", b"From: li@kunde.example\r\n\r\nx\r\n"])
def test_what_is_only_called_pst_is_reported(octets: bytes, tmp_path: Path):
    path = tmp_path / "a.pst"
    path.write_bytes(octets)
    report = ImportReport()
    found: list[Source] = list(find_sources(path, report))
    assert (found, report.failures) == ([], [("a.pst", "is no file of Outlook")])
