"""Other people's clients: poplib, curl, fetchmail, getmail; the habits of Outlook and Foxmail."""

import asyncio
import poplib
import subprocess
from pathlib import Path

import pytest

from posthouse.servers.pop3.tests.conftest import PASSWORD
from posthouse.servers.pop3.tests.test_signing_in import trusting
from posthouse.servers.pop3.tests.test_transaction import uids
from posthouse.servers.smtp.tests.town import server_context
from tests.support.house import deliver, letter

pytestmark = pytest.mark.interop

ANNA = "anna@acme.example"


def letters(first: int, count: int) -> list[bytes]:
    return [
        letter(message_id=f"{n}@x", body=f".{n}\r\n.\r\n报价\r\n")
        for n in range(first, first + count)
    ]


async def run(*command: str | Path, fails: tuple[int, ...] = ()) -> str:
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, timeout=60, check=False
    )
    assert done.returncode in (0, *fails), done.stdout + done.stderr
    return done.stdout.decode()


async def test_poplib(serve, tmp_path):
    server = await serve(tls=server_context(tmp_path), plaintext_auth="off")
    raws = letters(0, 3)
    await deliver(server.house, server.workspace, *raws)

    def use() -> None:
        client = poplib.POP3("127.0.0.1", server.port)
        assert "STLS" in client.capa()
        client.stls(trusting(tmp_path))
        assert client.capa()["SASL"] == ["SCRAM-SHA-256", "PLAIN"]
        client.user(ANNA)
        client.pass_(PASSWORD)
        assert client.stat() == (3, sum(map(len, raws)))
        assert [b"\r\n".join(client.retr(n)[1]) + b"\r\n" for n in (1, 2, 3)] == raws
        assert client.top(2, 1)[1][-1] == b".1"
        assert len(client.uidl()[1]) == 3
        client.dele(2)
        client.quit()

    await asyncio.to_thread(use)
    assert await uids(server, "INBOX") == [1, 3]


async def test_curl(serve, tmp_path):
    """STLS with our certificate checked, SCRAM or PLAIN by its own choice."""
    server = await serve(tls=server_context(tmp_path), plaintext_auth="off")
    raws = letters(0, 2)
    await deliver(server.house, server.workspace, *raws)
    curl = [
        *("curl", "--silent", "--show-error", "--ssl-reqd", "--user", f"{ANNA}:{PASSWORD}"),
        *("--cacert", str(tmp_path / "certificate.pem")),
    ]
    address = f"pop3://127.0.0.1:{server.port}/"
    assert await run(*curl, address) == f"1 {len(raws[0])}\r\n2 {len(raws[1])}\r\n"
    assert (await run(*curl, f"{address}2")).encode() == raws[1]
    assert "1 " in await run(*curl, "--request", "UIDL", address)
    await run(*curl, "--request", "DELE", "--head", f"{address}1")
    assert await uids(server, "INBOX") == [2]


async def test_fetchmail(server, tmp_path):
    """Leaves mail here and takes only what is new; then takes all away."""
    await deliver(server.house, server.workspace, *letters(0, 3))
    taken = tmp_path / "taken"
    taken.mkdir()

    async def fetch(*words: str, fails: tuple[int, ...] = ()) -> int:
        config = tmp_path / "fetchmailrc"
        config.write_text(
            f'poll 127.0.0.1 service {server.port} protocol pop3 uidl user "{ANNA}"'
            f' password "{PASSWORD}" sslproto "" {" ".join(words)}'
            f" mda \"mktemp -p {taken} | xargs -I@ sh -c 'cat > @'\"\n"
        )
        config.chmod(0o600)
        before = len(list(taken.iterdir()))
        await run(
            *("fetchmail", "-f", config, "--idfile", tmp_path / "ids"),
            *("--pidfile", tmp_path / "pid", "--nosyslog", "--nodetach"),
            fails=fails,
        )
        return len(list(taken.iterdir())) - before

    assert await fetch("keep") == 3
    assert await fetch("keep", fails=(1,)) == 0  # 1: there was no new mail
    await deliver(server.house, server.workspace, *letters(3, 2))
    assert await fetch("keep") == 2
    assert len(await uids(server, "INBOX")) == 5
    await fetch("flush", "nokeep", fails=(1,))
    assert len(await uids(server, "INBOX")) == 0
    assert len(await uids(server, "Trash")) == 5


async def test_getmail(server, tmp_path):
    raws = letters(0, 3)
    await deliver(server.house, server.workspace, *raws)
    taken = tmp_path / "taken"
    taken.mkdir()
    config = tmp_path / "getmailrc"
    config.write_text(
        "[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\n"
        f"port = {server.port}\nusername = {ANNA}\npassword = {PASSWORD}\n"
        "[destination]\ntype = MDA_external\npath = /bin/sh\nallow_root_commands = true\n"
        f"arguments = ('-c', 'cat > $(mktemp -p {taken})')\n"
        "[options]\nread_all = false\ndelivered_to = false\nreceived = false\n"
    )
    getmail = ("getmail", "--getmaildir", tmp_path, "--rcfile", config, "--quiet")
    for _ in range(2):
        await run(*getmail)
        # It folds header fields anew and puts a Return-Path on top.
        bodies = sorted(path.read_bytes().partition(b"\n\n")[2] for path in taken.iterdir())
        assert bodies == [raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2] for raw in raws]
    await run(*getmail, "--delete")
    assert await uids(server, "INBOX") == []


async def test_a_copy_is_left_for_some_days(server):
    """As Outlook and Foxmail do it: a list of unique-ids with the day on which each was taken."""
    known: dict[bytes, int] = {}

    def check_mail(day: int, *, days: int = 3) -> int:
        client = poplib.POP3("127.0.0.1", server.port)
        client.user(ANNA)
        client.pass_(PASSWORD)
        fresh = 0
        listed = [line.split() for line in client.uidl()[1]]
        for number, unique_id in listed:
            if unique_id not in known:
                client.retr(int(number))
                known[unique_id] = day
                fresh += 1
            elif known[unique_id] + days <= day:
                client.dele(int(number))
        client.quit()
        return fresh

    taken = []
    for day in range(6):
        await deliver(server.house, server.workspace, *letters(10 * day, 2))
        taken.append(await asyncio.to_thread(check_mail, day))
    assert taken == [2] * 6
    assert len(await uids(server, "INBOX")) == 6  # of the last three days
