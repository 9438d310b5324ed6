"""kill -9 at QUIT: what was marked is gone from the Inbox whole, or not at all."""

import asyncio
import contextlib
import poplib
import random
import time
from pathlib import Path

import asyncpg
import pytest

from tests.support.running import ANNA, RunningPosthouse, all_messages, kill, new_house, wait_for

_MESSAGES = 300
_ROUNDS = 3
# A QUIT that deletes a hundred takes about as long.
_LONGEST_PAUSE = 0.06


@pytest.mark.slow
def test_a_kill_at_quit_loses_nothing_and_leaves_nothing_half(tmp_path: Path):
    chance = random.Random(1939)
    with new_house(logs=tmp_path) as house:
        house.start()
        sent = _fill(house, tmp_path / "mails")
        for _ in range(_ROUNDS):
            inbox = _folder(house, "INBOX")
            marked, answered = _quit_and_kill(house, chance)
            wait_for(lambda: _is_back(house), 30, "nobody takes POP3 connections")
            asyncio.run(_let_a_minute_pass(house))
            left = _folder(house, "INBOX")
            assert left in (inbox, inbox - marked), "half of it"
            assert not answered or left == inbox - marked
            assert left | _folder(house, "Trash") == sent, "lost"
            with contextlib.closing(house.pop3()) as client:
                assert client.stat()[0] == len(left)
                client.quit()


def _fill(house: RunningPosthouse, folder: Path) -> set[bytes]:
    folder.mkdir()
    mails = {f"Subject: {n}\r\n\r\n{n}\r\n".encode() for n in range(_MESSAGES)}
    for number, mail in enumerate(sorted(mails)):
        (folder / f"{number}.eml").write_bytes(mail)
    house.must("import", folder, "--mailbox", ANNA)
    return mails


def _quit_and_kill(house: RunningPosthouse, chance: random.Random) -> tuple[set[bytes], bool]:
    """What was marked as deleted, and whether the client was told that it is gone."""
    client = house.pop3()
    marked = set()
    for number in range(1, client.stat()[0] + 1, 3):
        marked.add(b"\r\n".join(client.retr(number)[1]) + b"\r\n")
        client.dele(number)
    client.sock.sendall(b"QUIT\r\n")
    time.sleep(chance.uniform(0, _LONGEST_PAUSE))
    for pid in house.pids_of("mail"):
        kill(pid)
    try:
        return marked, client.file.readline().startswith(b"+OK")
    except OSError:
        return marked, False
    finally:
        client.close()


def _is_back(house: RunningPosthouse) -> bool:
    with contextlib.suppress(OSError, poplib.error_proto):
        poplib.POP3("127.0.0.1", house.ports["pop3"], timeout=5).close()
        return True
    return False


async def _let_a_minute_pass(house: RunningPosthouse) -> None:
    """Leases of the killed end by themselves."""
    connection = await asyncpg.connect(house.must("db", "url").strip())
    await connection.execute("UPDATE maildrop_leases SET until = now()")
    await connection.close()


def _folder(house: RunningPosthouse, name: str) -> set[bytes]:
    client = house.imap()
    found = {raw for _, raw in all_messages(client, name)}
    client.logout()
    return found
