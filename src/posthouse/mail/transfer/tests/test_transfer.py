"""Import and export against each other: what went in comes out, byte for byte, once."""

import mailbox as stdlib_mailbox
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Invalid
from posthouse.mail.mailboxes.folders import create_folder, find_folder, list_folders
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import WANT_FLAGS, fetch
from posthouse.mail.transfer import importing
from posthouse.mail.transfer.exporting import ExportFormat, export_mailbox
from posthouse.mail.transfer.from_remote import RemoteMessage
from posthouse.mail.transfer.importer import Importer
from posthouse.mail.transfer.importing import import_path
from posthouse.mail.transfer.preparing import Ready, prepare_batch, unpack_batch
from posthouse.mail.transfer.remote import RemoteFolder
from posthouse.mail.transfer.remote_answers import ListedMessage
from posthouse.mail.transfer.sources import find_sources
from posthouse.protocols import mime, outlook
from posthouse.security.vault import keyring
from tests.support.house import Workspace, deliver, letter
from tests.support.outlook import msg_file

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


async def test_odd_files_stop_no_import(house: Database, workspace: Workspace, tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "empty.mbox").write_bytes(b"")
    (source / "odd.mbox").write_bytes(b"From nobody without a date\nSubject: x\n\nx\n")
    late = letter(message_id="late@k.example").replace(
        b"Sun, 22 Nov 2026 08:00:00 +0000\r\nFrom", b"Fri, 31 Dec 9999 23:59:59 -1200\r\nFrom"
    )
    (source / "late.eml").write_bytes(late)
    report = await import_path(house, source, workspace.address)
    assert (report.filed, report.failures) == (2, [])
    async with house.workspace(workspace.id) as tx:
        newest = await tx.connection.fetchval("SELECT max(received_at) FROM mailbox_messages")
    assert newest.year < 2100


def test_a_hostile_line_is_no_separator_for_hours(tmp_path: Path):
    file = tmp_path / "hostile.mbox"
    first = b"From x@k.example Sun Nov 22 08:00:00 2026\n"
    file.write_bytes(first + b"Subject: x\n\nFrom " + b"00:00" * 100_000 + b"\n")
    assert len(list(find_sources(file))) == 1


def test_a_body_says_nothing_about_flags(tmp_path: Path):
    file = tmp_path / "mail.mbox"
    first = b"From x@k.example Sun Nov 22 08:00:00 2026\r\n"
    header = b"Status: RO\r\nX-Status: F\r\nSubject: x\r\n\r\n"
    file.write_bytes(first + header + b"Status: D\r\n")
    (source,) = find_sources(file)
    assert source.flags == Flags.SEEN | Flags.FLAGGED


def test_a_batch_is_bounded_in_bytes(tmp_path: Path):
    for number in range(4):
        with open(tmp_path / f"{number}.eml", "wb") as handle:
            handle.write(b"Subject: x\n\n")
            handle.truncate(7 << 20)
    (tmp_path / "4.eml").write_bytes(b"Subject: x\n\n")
    sizes = [len(batch) for batch in importing._batches(list(find_sources(tmp_path)))]
    assert sizes == [2, 3]


async def test_a_message_that_cannot_be_stored_stops_no_other(
    house: Database, workspace: Workspace, tmp_path: Path
):
    async with house.workspace(workspace.id) as tx:
        keys = await keyring(tx)
    for number, raw in enumerate(LETTERS):
        (tmp_path / f"{number}.eml").write_bytes(raw)
    sources = list(find_sources(tmp_path))
    prepared = unpack_batch(prepare_batch(keys, sources))
    assert isinstance(prepared[1], Ready)
    encrypted = prepared[1].prepared.encrypted
    assert encrypted is not None
    encrypted.attachment_count = 1 << 20  # more than the column holds
    importer = Importer(house, workspace.id, workspace.mailbox_id, "INBOX")
    await importer.take(sources, prepared)
    assert importer.report.filed == 2
    assert importer.report.failures == [("1.eml #0", "cannot be stored")]


async def test_the_zone_that_another_server_tells_is_kept(
    house: Database, workspace: Workspace, tmp_path: Path
):
    """An mbox is in UTC: RFC 4155 names no zone."""
    moment = datetime(2024, 2, 7, 23, 30, tzinfo=timezone(timedelta(hours=-8)))
    listed = ListedMessage(uid=7, flags=0, keywords=(), arrived=moment, size=len(LETTERS[0]))
    origin = RemoteFolder(wire=b"INBOX", name="INBOX", ours="", is_view=False)
    source = RemoteMessage(account="old", origin=origin, validity=1, listed=listed, raw=LETTERS[0])
    async with house.workspace(workspace.id) as tx:
        prepared = unpack_batch(prepare_batch(await keyring(tx), [source]))
    await Importer(house, workspace.id, workspace.mailbox_id, "INBOX").take([source], prepared)
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, "INBOX")
        (found,) = await fetch(tx, folder_id, [1], [WANT_FLAGS])
    assert found.internal_date is not None
    assert found.internal_date.isoformat() == "2024-02-07T23:30:00-08:00"
    await export_mailbox(house, tmp_path / "out", workspace.address, ExportFormat.MBOX)
    written = (tmp_path / "out" / "INBOX.mbox").read_bytes()
    assert written.startswith(b"From MAILER-DAEMON Thu Feb 08 07:30:00 2024\n")


async def test_messages_of_outlook_come_with_their_marks(
    house: Database, workspace: Workspace, tmp_path: Path
):
    source = tmp_path / "source"
    source.mkdir()
    sent = {0x001A: "IPM.Note", 0x0037: "Pumps", 0x0042: "Li", 0x5D02: "li@kunde.example"}
    (source / "1.msg").write_bytes(msg_file({**sent, 0x1000: "Hello\r\n", 0x0E07: 1, 0x1090: 2}))
    (source / "2.msg").write_bytes(msg_file({0x001A: "IPM.Contact"}))
    (source / "3.msg").write_bytes(outlook.MAGIC + b"cut off")
    (source / "4.msg").write_bytes(LETTERS[0])  # some programs call any mail so

    first = await import_path(house, source, workspace.address)
    second = await import_path(house, source, workspace.address)

    assert (first.filed, first.repeated) == (2, 0)
    assert first.failures == [
        ("2.msg #0", "is no mail but IPM.Contact"),
        ("3.msg #0", "is damaged"),
    ]
    assert (second.filed, second.repeated) == (0, 2)
    out = tmp_path / "out"
    await export_mailbox(house, out, workspace.address, ExportFormat.MAILDIR)
    (marked,) = [each for each in out.rglob("*") if each.name.endswith(":2,FS")]
    scan = mime.scan(marked.read_bytes())
    assert (mime.subject(scan), mime.plain_text(scan).strip()) == ("Pumps", "Hello")


async def test_folders_never_share_an_mbox(house: Database, workspace: Workspace, tmp_path: Path):
    async with house.workspace(workspace.id) as tx:
        for name in ("A/B", "A_B", "客户" * 100):
            await create_folder(tx, workspace.mailbox_id, name)
    await deliver(house, workspace, LETTERS[0], folder="A/B")
    await deliver(house, workspace, LETTERS[1], folder="A_B")
    await deliver(house, workspace, LETTERS[2], folder="客户" * 100)
    assert await export_mailbox(house, tmp_path / "out", workspace.address, ExportFormat.MBOX) == 3
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_files_that_only_have_colons_are_no_mail(tmp_path: Path) -> None:
    """`/etc/passwd` begins with what looks like header fields."""
    accounts = tmp_path / "passwd"
    accounts.write_bytes(b"root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:\n")
    (tmp_path / "settings").write_bytes(b"server: mail\nport: 25\n")
    (tmp_path / "letter").write_bytes(b"Subject: Offer\nFrom: li@acme.example\n\nHello\n")
    assert [source.name for source in find_sources(tmp_path)] == ["letter"]
    with pytest.raises(Invalid, match="is no mail"):
        list(find_sources(accounts))


def test_a_byte_order_mark_hides_no_mail(tmp_path: Path) -> None:
    """Editors of Windows put one in front of what they save."""
    line, mail = b"From x@k.example Sun Nov 22 08:00:00 2026\n", b"From: x@k.example\n\nHello\n"
    (tmp_path / "kept.txt").write_bytes(b"\xef\xbb\xbf" + line + mail + b"\n" + line + mail)
    (tmp_path / "without-date.txt").write_bytes(b"\xef\xbb\xbfFrom -\n" + mail)
    kept = list(find_sources(tmp_path / "kept.txt"))
    assert [source.read() for source in kept] == [mail, mail]
    assert len(list(find_sources(tmp_path / "without-date.txt"))) == 1
