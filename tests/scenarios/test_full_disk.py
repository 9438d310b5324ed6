"""The disk is full: mail is put off, nothing is lost, and all goes on when there is space again."""

import base64
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import (
    ANNA,
    RunningPosthouse,
    all_messages,
    new_house,
    trace_of,
    wait_for,
)

MiB = 1 << 20
SIZE = 300 * MiB
LEFT = 12 * MiB


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, as small as PostgreSQL can be."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = Path(f"/tmp/posthouse-disk-{os.getpid()}")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0711", "none", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        folder.rmdir()
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


@pytest.mark.slow
def test_a_full_disk_loses_nothing(small_disk: Path, tmp_path: Path):
    ballast = small_disk / "ballast"
    with new_house(folder=small_disk / "data", logs=tmp_path) as house:
        # Or the write-ahead log would be let grow far over the disk's size.
        (house.data / "postgres" / "local.conf").write_text("max_wal_size = 64MB\n")
        house.start()
        accepted = _send_some(house, 5)
        _fill(small_disk, ballast)
        replies, more = _send_until_refused(house, 400)
        accepted |= more
        assert all(400 <= code < 500 for code, _ in replies), replies
        assert 452 in {code for code, _ in replies}, replies
        _say_what_it_can(house)

        ballast.unlink()
        wait_for(lambda: _takes_mail(house, accepted), 30, "mail is not taken again")
        _all_are_there(house, accepted)
        house.wait_for_listeners()
        assert "Traceback" not in house.log()


def _fill(disk: Path, ballast: Path) -> None:
    """Leave LEFT bytes."""
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - LEFT)


def _send_some(house: RunningPosthouse, count: int) -> dict[str, bytes]:
    sent = {}
    for _ in range(count):
        raw = _letter()
        with house.smtp() as client:
            client.sendmail("x@y.example", ANNA, raw)
        sent[_name(raw)] = raw
    return sent


def _send_until_refused(
    house: RunningPosthouse, attempts: int
) -> tuple[list[tuple[int, bytes]], dict[str, bytes]]:
    """What was said to those refused (ten of them are enough), and what was accepted."""
    refused: list[tuple[int, bytes]] = []
    accepted: dict[str, bytes] = {}
    for _ in range(attempts):
        raw = _letter()
        with house.smtp() as client:
            client.ehlo("y.example")
            for verb, argument in (("MAIL", "FROM:<x@y.example>"), ("RCPT", f"TO:<{ANNA}>")):
                reply = client.docmd(verb, argument)
                if reply[0] != 250:
                    break
            else:
                reply = client.data(raw)
        if reply[0] == 250:
            accepted[_name(raw)] = raw
        else:
            refused.append(reply)
        if len(refused) == 10:
            return refused, accepted
    raise AssertionError("the disk never became full")


def _say_what_it_can(house: RunningPosthouse) -> None:
    """A command on a full disk ends in plain words, whichever."""
    done = house.run("doctor")
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stdout + done.stderr


def _takes_mail(house: RunningPosthouse, accepted: dict[str, bytes]) -> bool:
    raw = _letter(size=1)
    with house.smtp() as client:
        client.ehlo("y.example")
        client.mail("x@y.example")
        if client.rcpt(ANNA)[0] != 250 or client.data(raw)[0] != 250:
            return False
    accepted[_name(raw)] = raw
    return True


def _all_are_there(house: RunningPosthouse, accepted: dict[str, bytes]) -> None:
    client = house.imap()
    found: dict[str, bytes] = {}
    for _, filed in all_messages(client):
        name = _name(filed)
        assert name not in found, "filed twice"
        found[name] = filed
    client.logout()
    assert accepted.keys() <= found.keys()
    for name, raw in accepted.items():
        trace_of(found[name], raw)


def _letter(size: int = 150_000) -> bytes:
    """About `size` bytes that do not get smaller by compression."""
    name = f"{random.getrandbits(64):x}"
    scan = base64.encodebytes(random.randbytes(size * 3 // 4)).replace(b"\n", b"\r\n")
    header = (
        "From: Li Wei <li.wei@kunde.example>\r\nSubject: A scan\r\n"
        f"Message-ID: <{name}@y.example>\r\nContent-Type: image/tiff\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return header.encode() + scan


def _name(raw: bytes) -> str:
    return raw.partition(b"Message-ID: <")[2].partition(b"@")[0].decode()
