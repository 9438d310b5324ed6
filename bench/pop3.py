"""One client downloads a whole mailbox by POP3, message by message, from us and from Dovecot."""

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, rounds, scaled
from bench.house import running_house, settle
from bench.letters import letters, write_maildir
from bench.lines import real
from bench.peers import ADDRESS, running_dovecot
from bench.peers import PASSWORD as DOVECOT_PASSWORD
from tests.support.running import ANNA, PASSWORD

MESSAGES = 5_000
_END = b"\r\n.\r\n"


def measure() -> Iterator[Figure]:
    """One figure: seconds from the connection to the answer to QUIT."""
    count = scaled(MESSAGES)
    ours: list[float] = []
    theirs: list[float] = []
    folder = Path(tempfile.mkdtemp(prefix="posthouse-pop3-"))
    try:
        write_maildir(folder / "source", letters(count, pool=real()))
        with running_house() as house, running_dovecot() as dovecot:
            house.must("import", folder / "source", "--mailbox", ANNA, timeout=1800)
            dovecot.fill(folder / "source")
            settle(house)
            for _ in range(rounds()):
                ours.append(_download(house.ports["pop3"], ANNA, PASSWORD, count))
                theirs.append(_download(dovecot.pop3, ADDRESS, DOVECOT_PASSWORD, count))
    finally:
        shutil.rmtree(folder)
    yield Figure(
        name="POP3 download",
        unit="s",
        ours=ours,
        peers=theirs,
        peer="Dovecot",
        limit=1.5,
        ran=f"{count} messages of about 10 KB, each asked for when the last has come,"
        f" {len(ours)} runs",
    )


def _download(port: int, user: str, password: str, count: int) -> float:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _heard(line, b"\r\n")
        for command in (f"USER {user}", f"PASS {password}"):
            _said(line, command, b"\r\n")
        listed = _said(line, "UIDL", _END).count(b"\r\n") - 2
        if listed != count:
            raise RuntimeError(f"{listed} of {count} messages are there")
        for number in range(1, count + 1):
            _said(line, f"RETR {number}", _END)
        _said(line, "QUIT", b"\r\n")
    return time.monotonic() - began


def _said(line: socket.socket, command: str, end: bytes) -> bytes:
    line.sendall(f"{command}\r\n".encode())
    return _heard(line, end)


def _heard(line: socket.socket, end: bytes) -> bytes:
    """Up to `end`. Raises RuntimeError for a refusal."""
    heard = b""
    while not heard.endswith(end):
        piece = line.recv(1 << 18)
        heard += piece
        if not piece or heard.startswith(b"-ERR"):
            raise RuntimeError(f"POP3 said {heard[:200]!r}")
    return heard
