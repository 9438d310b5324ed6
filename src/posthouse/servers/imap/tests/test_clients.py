"""Clients of other people: imaplib, IMAPClient, mbsync pulling and pushing both ways."""

import asyncio
import imaplib
import re
import subprocess
from pathlib import Path

import pytest
from imapclient import IMAPClient

from posthouse.mail.mailboxes.model import Flags
from posthouse.servers.imap.tests.conftest import PASSWORD
from tests.support.house import deliver, letter

pytestmark = pytest.mark.interop


async def test_imaplib(server):
    raws = [letter(message_id=f"{n}@x", body=f"{n}\r\n") for n in range(5)]
    await deliver(server.house, server.workspace, *raws)

    def use():
        with imaplib.IMAP4("127.0.0.1", server.port) as client:
            client.login("anna@acme.example", PASSWORD)
            assert client.select() == ("OK", [b"5"])
            _, fetched = client.uid("FETCH", "1:*", "(UID BODY.PEEK[])")
            assert [pair[1] for pair in fetched if isinstance(pair, tuple)] == raws
            assert client.append("Sent", "\\Seen", None, raws[0])[0] == "OK"
            assert client.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
            assert client.expunge() == ("OK", [b"1"])
            assert client.search(None, "ALL") == ("OK", [b"1 2 3 4"])
            status = client.status("Sent", "(MESSAGES)")
            assert status == ("OK", [b'"Sent" (MESSAGES 1)'])

    await asyncio.to_thread(use)


async def test_imapclient(server):
    await deliver(server.house, server.workspace, *(letter(message_id=f"{n}@x") for n in range(3)))

    def use():
        with IMAPClient("127.0.0.1", port=server.port, ssl=False) as client:
            client.login("anna@acme.example", PASSWORD)
            assert client.has_capability("UIDPLUS")
            assert client.find_special_folder(b"\\Sent") == "Sent"
            client.create_folder("客户/订单")
            assert "客户/订单" in [name for _, _, name in client.list_folders()]
            assert client.select_folder("INBOX")[b"EXISTS"] == 3
            envelope = client.fetch([1], ["ENVELOPE", "BODYSTRUCTURE"])[1][b"ENVELOPE"]
            assert envelope.subject == b"Quotation"
            client.move([2], "客户/订单")
            assert client.search(["SUBJECT", "quotation"]) == [1, 3]
            assert client.sort("REVERSE ARRIVAL", "SUBJECT quotation") == [1, 3]
            assert client.thread("ORDEREDSUBJECT", "ALL", "UTF-8") == ((1, 3),)
            client.add_flags([1], [b"\\Flagged", b"$Important"])
            assert set(client.get_flags([1])[1]) == {b"\\Flagged", b"\\Recent", b"$Important"}
            assert client.folder_status("客户/订单", ["MESSAGES"]) == {b"MESSAGES": 1}
            client.idle()
            assert client.idle_check(timeout=0.2) == []
            client.idle_done()

    await asyncio.to_thread(use)


class Mbsync:
    """A Maildir kept in step with INBOX by mbsync."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.inbox = folder / "mail" / "INBOX"
        (folder / "mail").mkdir()
        self.config = folder / "mbsyncrc"
        self.config.write_text(
            "IMAPStore far\n"
            "Host 127.0.0.1\n"
            f"Port {port}\n"
            "User anna@acme.example\n"
            f'Pass "{PASSWORD}"\n'
            "SSLType None\n"
            "AuthMechs LOGIN\n"
            "\n"
            "MaildirStore near\n"
            f"Path {folder}/mail/\n"
            f"Inbox {self.inbox}\n"
            "SubFolders Verbatim\n"
            "\n"
            "Channel all\n"
            "Far :far:\n"
            "Near :near:\n"
            "Patterns INBOX Sent\n"
            "Create Both\n"
            "Expunge Both\n"
            "SyncState *\n"
        )

    async def run(self) -> None:
        done = await asyncio.to_thread(
            subprocess.run,
            ["mbsync", "-c", str(self.config), "-a"],
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()

    def messages(self, folder: str = "INBOX") -> list[Path]:
        root = self.folder / "mail" / folder
        return sorted([*(root / "cur").iterdir(), *(root / "new").iterdir()])


def _without_tuid(octets: bytes) -> bytes:
    """As it came: mbsync adds a field of its own to find the message again."""
    return re.sub(rb"X-TUID: .*\n", b"", octets)


async def test_mbsync_pulls_and_pushes(server, tmp_path):
    raws = [letter(message_id=f"{n}@x", body=f"number {n}\r\n") for n in range(40)]
    await deliver(server.house, server.workspace, *raws)
    mbsync = Mbsync(tmp_path, server.port)
    await mbsync.run()
    here = {_without_tuid(path.read_bytes()) for path in mbsync.messages()}
    assert here == {raw.replace(b"\r\n", b"\n") for raw in raws}

    one, two, *_ = mbsync.messages()
    one.rename(mbsync.inbox / "cur" / f"{one.name.partition(':')[0]}:2,FS")
    two.rename(mbsync.inbox / "cur" / f"{two.name.partition(':')[0]}:2,T")
    letter_home = letter(message_id="home@x").replace(b"\r\n", b"\n")
    (mbsync.inbox / "new" / "1.home").write_bytes(letter_home)
    await mbsync.run()
    client = await server.selected(script="C: a SEARCH FLAGGED SEEN")
    flagged = (await client.until("a"))[0].split()[2:]
    assert len(flagged) == 1
    await client.follow("""
        C: b STATUS INBOX (MESSAGES)
        S: * STATUS "INBOX" (MESSAGES 40)
        S: b OK Status told
        C: c SEARCH HEADER Message-ID home@x
        S: * SEARCH 40
        S: c OK Searched
    """)

    await client.follow("C: d STORE 7 +FLAGS.SILENT (\\Answered)\nS: d OK Stored")
    await deliver(server.house, server.workspace, raws[0], flags=Flags.SEEN)
    await mbsync.run()
    assert sum(path.name.endswith(":2,R") for path in mbsync.messages()) == 1
    assert len(mbsync.messages()) == 41
