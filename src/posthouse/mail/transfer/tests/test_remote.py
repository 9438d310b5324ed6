"""The mailbox of a real Dovecot brought over here: bytes, flags, dates, folders; again; cut off."""

import asyncio
import contextlib
import imaplib
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy, Denied, Invalid, NotFound
from posthouse.mail.mailboxes.folders import list_folders
from posthouse.mail.transfer.crew import Crew
from posthouse.mail.transfer.exporting import ExportFormat, export_mailbox
from posthouse.mail.transfer.from_remote import import_account
from posthouse.mail.transfer.remote import RemoteAccount
from posthouse.protocols.imap import utf7
from tests.support.dovecot import PASSWORD, OldServer, old_server
from tests.support.house import Workspace, letter

pytestmark = pytest.mark.interop

_WHEN = 1_700_000_000
_CHINESE = "客户.Nord"
_LETTERS = {
    "INBOX": [
        letter(message_id="1@k.example"),
        letter(message_id="2@k.example", body="\xe4\xf6\xfc".encode().decode("latin-1") + "\r\n"),
        b"No header at all\r\n",
        letter(message_id="4@k.example", body="x" * 50_000 + "\r\n"),
    ],
    "Gesendet": [letter(message_id="5@k.example")],
    _CHINESE: [letter(message_id="6@k.example"), letter(message_id="6@k.example")],
    "Everything": [letter(message_id="1@k.example")],
}


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew() as workers:
        yield workers


def account(server: OldServer, name: str, *, port: int | None = None) -> RemoteAccount:
    url = f"imaps://{name}@localhost:{port or server.imaps}"
    return RemoteAccount.of_url(url, PASSWORD, server.authority)


def fill(server: OldServer, name: str) -> None:
    """The letters, those of the INBOX read and answered, the second of them with a keyword."""
    with imaplib.IMAP4("127.0.0.1", server.imap) as client:
        client.login(name, PASSWORD)
        for folder, letters in _LETTERS.items():
            wire = utf7.encode(folder).decode()
            client.create(wire)
            for number, raw in enumerate(letters):
                flags = r"(\Seen \Answered $Forwarded)" if (folder, number) == ("INBOX", 1) else ""
                when = imaplib.Time2Internaldate(_WHEN + number)
                condition, said = client.append(wire, flags, when, raw)
                assert condition == "OK", said


async def test_all_of_it_comes_once(
    house: Database, workspace: Workspace, server: OldServer, crew: Crew, tmp_path: Path
):
    fill(server, "all")
    there = account(server, "all")
    shares: list[float] = []

    first = await import_account(house, there, workspace.address, crew=crew, progress=shares.append)
    second = await import_account(house, there, workspace.address, crew=crew)

    assert (first.filed, first.repeated, first.failures) == (7, 0, [])
    assert [name for name, _ in first.left_out] == ["Everything"]
    assert (second.filed, second.repeated, second.failures) == (0, 7, [])
    assert shares[-1] == 1.0
    async with house.workspace(workspace.id) as tx:
        counts = {f.name: f.message_count for f in await list_folders(tx, workspace.mailbox_id)}
    assert {name: count for name, count in counts.items() if count} == {
        "INBOX": 4,
        "Sent": 1,
        "客户/Nord": 2,
    }
    await export_mailbox(house, tmp_path / "out", workspace.address, ExportFormat.MAILDIR)
    files = [each for each in (tmp_path / "out").rglob("*") if each.is_file()]
    brought = [raw for name, letters in _LETTERS.items() if name != "Everything" for raw in letters]
    assert sorted(each.read_bytes() for each in files) == sorted(brought)
    (answered,) = [each for each in files if re.search(r":2,.*R", each.name)]
    assert answered.name.endswith(":2,RS")
    assert answered.stat().st_mtime == _WHEN + 1
    async with house.workspace(workspace.id) as tx:
        keywords = await tx.connection.fetchval(
            "SELECT count(*) FROM folder_messages WHERE cardinality(keywords) = 1"
        )
    assert keywords == 1


async def test_one_folder_below_another_and_what_came_since(
    house: Database, workspace: Workspace, server: OldServer, crew: Crew
):
    fill(server, "some")
    there = account(server, "some")
    for filed, repeated in ((1, 0), (1, 1)):
        report = await import_account(
            house, there, workspace.address, "Old", only=["Gesendet"], crew=crew
        )
        assert (report.filed, report.repeated) == (filed, repeated)
        with imaplib.IMAP4("127.0.0.1", server.imap) as client:
            client.login("some", PASSWORD)
            client.append("Gesendet", "", imaplib.Time2Internaldate(time.time()), b"More\r\n")
    async with house.workspace(workspace.id) as tx:
        folders = {f.name: f.message_count for f in await list_folders(tx, workspace.mailbox_id)}
    assert (folders["Old/Sent"], folders["Sent"]) == (2, 0)
    with pytest.raises(NotFound, match="Nowhere"):
        await import_account(house, there, workspace.address, only=["Nowhere"], crew=crew)


async def test_a_lost_connection_is_made_anew(
    house: Database, workspace: Workspace, server: OldServer, crew: Crew
):
    fill(server, "lost")
    async with cutting(server.imap, octets=20_000) as (port, cuts):
        there = RemoteAccount.of_url(f"imap://lost@127.0.0.1:{port}", PASSWORD)
        # STARTTLS is offered, so it is used, and the name must be that of the certificate.
        with pytest.raises(Denied, match="no certificate that can be trusted"):
            await import_account(house, there, workspace.address, crew=crew)
        there = RemoteAccount.of_url(f"imap://lost@localhost:{port}", PASSWORD, server.authority)
        report = await import_account(house, there, workspace.address, crew=crew)
    assert (report.filed, report.failures, len(cuts)) == (7, [], 1)


async def test_who_is_not_let_in_is_told_so(
    house: Database, workspace: Workspace, server: OldServer, crew: Crew
):
    url = f"imaps://anna@localhost:{server.imaps}"
    wrong = RemoteAccount.of_url(url, "wrong", server.authority)
    with pytest.raises(Denied, match="does not let anna in"):
        await import_account(house, wrong, workspace.address, crew=crew)
    with pytest.raises(Denied, match="--trust"):
        await import_account(
            house, RemoteAccount.of_url(url, PASSWORD), workspace.address, crew=crew
        )
    closed = RemoteAccount.of_url("imaps://anna@localhost:1", PASSWORD)
    with pytest.raises(Busy, match="cannot be reached"):
        await import_account(house, closed, workspace.address, crew=crew)


def test_addresses_of_accounts():
    plain = RemoteAccount.of_url("imaps://anna@acme.example@mail.example.com", "x")
    assert (plain.name, plain.host, plain.port) == ("anna@acme.example", "mail.example.com", 993)
    quoted = RemoteAccount.of_url("imap://anna%40acme.example@mail.example.com:1143", "x")
    assert (quoted.name, quoted.port, quoted.implicit_tls) == ("anna@acme.example", 1143, False)
    for wrong in (
        "http://anna@x.example",
        "imaps://x.example",
        "imaps://anna@",
        "imaps://anna:secret@x.example",
        "imaps://anna@x.example:port",
    ):
        with pytest.raises(Invalid):
            RemoteAccount.of_url(wrong, "x")


@contextlib.asynccontextmanager
async def cutting(port: int, *, octets: int) -> AsyncIterator[tuple[int, list[int]]]:
    """A way to `port` that breaks once, in its second connection; and a note of it."""
    connections = 0
    cuts: list[int] = []

    async def carry(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None
    ) -> None:
        while data := await reader.read(4096):
            if left is not None and (left := left - len(data)) < 0:
                cuts.append(left)
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        there, back = await asyncio.open_connection("127.0.0.1", port)
        left = octets if connections == 2 else None
        with contextlib.suppress(OSError):
            await asyncio.gather(carry(reader, back, None), carry(there, writer, left))

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], cuts
