"""What an idle TLS IMAP session costs in memory, with a large folder selected."""

import contextlib
import imaplib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, rounds, scaled
from bench.house import running_house, settle
from bench.letters import letters
from tests.support.running import ANNA, PASSWORD, RunningPosthouse

MESSAGES = 20_000
SESSIONS = 200  # as many as one source may have
_APPENDED = 200  # the rest are copies of them, which a session cannot tell
_QUIET = 12  # seconds until a session rests, and some more


def measure() -> Iterator[Figure]:
    """One figure: resident memory of the mail processes, by session."""
    count, sessions = scaled(MESSAGES, least=_APPENDED), scaled(SESSIONS)
    found: list[float] = []
    with running_house() as house:
        _fill(house, count)
        settle(house)
        _cost(house, sessions=20)  # what a process keeps once it has served some
        for _ in range(rounds(3)):
            found.append(_cost(house, sessions))
    yield Figure(
        name="memory of an idle TLS IMAP session",
        unit="KiB",
        ours=found,
        limit=200,
        ran=f"{sessions} sessions in IDLE, {count} messages in the folder, {len(found)} runs",
    )


def _fill(house: RunningPosthouse, count: int) -> None:
    with imaplib.IMAP4("127.0.0.1", house.ports["imap"], timeout=600) as client:
        client.login(ANNA, PASSWORD)
        for letter in letters(_APPENDED):
            client.append("INBOX", "", None, letter)
        here = int(client.select("INBOX")[1][0] or 0)
        while here < count:
            part = min(here, count - here)
            client.copy(f"1:{part}", "INBOX")
            client.noop()
            here += part
        client.store(f"{count // 2}:{count}", "+FLAGS.SILENT", "\\Seen")


def _cost(house: RunningPosthouse, sessions: int) -> float:
    """KiB by session."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before = _resident(house)
    with contextlib.ExitStack() as stack:
        for _ in range(sessions):
            plain = socket.create_connection(("127.0.0.1", house.ports["imaps"]), timeout=60)
            line = stack.enter_context(context.wrap_socket(plain))
            _say(line, b"", b"* OK")
            _say(line, f'a LOGIN "{ANNA}" "{PASSWORD}"'.encode(), b"a OK")
            _say(line, b"b SELECT INBOX", b"b OK")
            _say(line, b"c IDLE", b"+ ")
        time.sleep(scaled(_QUIET, least=1))
        return (_resident(house) - before) / sessions


def _say(line: ssl.SSLSocket, command: bytes, expected: bytes) -> None:
    if command:
        line.sendall(command + b"\r\n")
    heard = b""
    while not (heard.startswith(expected) or b"\r\n" + expected in heard):
        heard += line.recv(65_536)


def _resident(house: RunningPosthouse) -> int:
    """KiB of all processes that take mail."""
    return sum(resident(pid) for pid in house.pids_of("mail"))


def resident(pid: int) -> int:
    """KiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])
