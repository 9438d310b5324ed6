"""Programs of other people that keep folders in step with ours: offlineimap, Dovecot, curl."""

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from posthouse.mail.mailboxes.model import Flags
from posthouse.servers.imap.tests.conftest import PASSWORD, Server
from tests.support.house import deliver, letter
from tests.support.programs import folder_for

pytestmark = pytest.mark.interop

ANNA = "anna@acme.example"
_MAIL_UID = 8  # Debian's own "mail"
SENT = letter(message_id="sent@x", subject="From here").replace(b"\r\n", b"\n")


async def run(*command: object, folder: Path, typed: bytes = b"") -> str:
    """What it says; it has to succeed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "HOME": str(folder), "USER": "anna"},
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate(typed)
    assert process.returncode == 0, said.decode(errors="replace")
    return said.decode(errors="replace")


async def fill(server: Server, count: int) -> list[bytes]:
    """So many mails in the Inbox, the first one read; as a Maildir has them."""
    raws = [letter(message_id=f"{n}@x", body=f"number {n} 邮件\r\n") for n in range(count)]
    await deliver(server.house, server.workspace, raws[0], flags=Flags.SEEN)
    await deliver(server.house, server.workspace, *raws[1:])
    return [raw.replace(b"\r\n", b"\n") for raw in raws]


def messages(inbox: Path) -> list[Path]:
    return sorted([*(inbox / "cur").iterdir(), *(inbox / "new").iterdir()])


def contents(inbox: Path) -> list[bytes]:
    """As they came: offlineimap adds a field of its own to what it pushes."""
    return sorted(
        re.sub(rb"X-OfflineIMAP: .*\n", b"", file.read_bytes()) for file in messages(inbox)
    )


def mark(file: Path, flags: str) -> None:
    file.rename(file.parent.parent / "cur" / f"{file.name.partition(':')[0]}:2,{flags}")


async def found(server: Server, *keys: str) -> Sequence[int]:
    """How many the Inbox has of each."""
    script = "".join(f"C: s{n} SEARCH {key}\n" for n, key in enumerate(keys))
    client = await server.selected(script=script)
    return [len((await client.until(f"s{n}"))[0].split()) - 2 for n in range(len(keys))]


async def test_offlineimap_pulls_and_pushes(server: Server, tmp_path: Path):
    raws = await fill(server, 12)
    mail = tmp_path / "mail"
    config = tmp_path / "offlineimaprc"
    config.write_text(
        f"""
[general]
accounts = anna
metadata = {tmp_path}/state
[Account anna]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {mail}
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {server.port}
remoteuser = {ANNA}
remotepass = {PASSWORD}
ssl = no
starttls = no
folderfilter = lambda name: name in ("INBOX", "Sent")
"""
    )
    offlineimap = ("offlineimap", "-o", "-1", "-u", "basic", "-c", config)
    await run(*offlineimap, folder=tmp_path)
    assert contents(mail / "INBOX") == sorted(raws)
    assert sum(file.name.endswith(",S") for file in messages(mail / "INBOX")) == 1

    one, two, *_ = [file for file in messages(mail / "INBOX") if "S" not in file.name[-2:]]
    mark(one, "FS")
    two.unlink()
    (mail / "Sent" / "cur" / "1.me.here:2,S").write_bytes(SENT)
    await run(*offlineimap, folder=tmp_path)
    assert await found(server, "ALL", "FLAGGED", "SEEN") == [11, 1, 2]
    client = await server.selected("Sent", "C: a SEARCH SEEN SUBJECT here")
    assert (await client.until("a"))[0] == "* SEARCH 1"
    before = contents(mail / "INBOX")
    await run(*offlineimap, folder=tmp_path)
    assert contents(mail / "INBOX") == before, "there was nothing left to do"


@pytest.fixture
def doveadm(server: Server) -> Iterator[tuple[Path, Sequence[object]]]:
    """A Maildir of Dovecot's with an account of ours to keep in step with, and its command."""
    with folder_for("doveadm") as folder:
        config = folder / "dovecot.conf"
        config.write_text(
            f"""
base_dir = {folder}/run
log_path = /dev/stderr
mail_temp_dir = {folder}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
mail_uid = {_MAIL_UID}
mail_gid = {_MAIL_UID}
ssl = no
imapc_host = 127.0.0.1
imapc_port = {server.port}
imapc_user = {ANNA}
imapc_password = {PASSWORD}
imapc_features = rfc822.size fetch-headers search modseq
namespace inbox {{
  inbox = yes
  separator = /
}}
"""
        )
        (folder / "mail").mkdir()
        os.chown(folder, _MAIL_UID, _MAIL_UID)
        os.chown(folder / "mail", _MAIL_UID, _MAIL_UID)
        yield folder, ("doveadm", "-c", config)


async def test_dovecot_as_a_client(server: Server, doveadm: tuple[Path, Sequence[object]]):
    """dsync over imapc: how a mailbox is taken from us to a Dovecot, or the other way."""
    raws = await fill(server, 12)
    folder, command = doveadm
    await run(*command, "backup", "-R", "imapc:", folder=folder)
    assert contents(folder / "mail") == sorted(raws)
    assert sum(file.name.endswith(",S") for file in messages(folder / "mail")) == 1

    await run(*command, "flags", "add", r"\Flagged \Seen", "mailbox", "INBOX", "2", folder=folder)
    await run(*command, "expunge", "mailbox", "INBOX", "3", folder=folder)
    await run(*command, "save", "-m", "INBOX", folder=folder, typed=SENT)
    await run(*command, "sync", "-1", "imapc:", folder=folder)
    assert await found(server, "ALL", "FLAGGED", "SUBJECT here") == [12, 1, 1]


async def test_curl(server: Server, tmp_path: Path):
    raws = await fill(server, 3)
    curl = ("curl", "--silent", "--show-error", "--user", f"{ANNA}:{PASSWORD}")
    address = f"imap://127.0.0.1:{server.port}"
    assert await run(*curl, f"{address}/INBOX?SEEN", folder=tmp_path) == "* SEARCH 1\r\n"
    said = await run(*curl, f"{address}/INBOX;MAILINDEX=2", folder=tmp_path)
    assert said.encode().replace(b"\r\n", b"\n") == raws[1]
    assert "number 2" in await run(*curl, f"{address}/INBOX;UID=3;SECTION=TEXT", folder=tmp_path)
    path = tmp_path / "letter.eml"
    path.write_bytes(SENT.replace(b"\n", b"\r\n"))
    await run(*curl, "--upload-file", path, f"{address}/Sent", folder=tmp_path)
    told = await run(*curl, "--request", "STATUS Sent (MESSAGES)", address, folder=tmp_path)
    assert told == '* STATUS "Sent" (MESSAGES 1)\r\n'
