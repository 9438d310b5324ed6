"""The disk is full: mail is put off, nothing is lost, and all goes on when there is space again."""

import base64
import contextlib
import ctypes
import os
import random
import shutil
import subprocess
import sys
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


# Set where this file runs again inside a user namespace, in which it may mount.
INSIDE = "POSTHOUSE_TEST_IN_NAMESPACE"
_DETACH = 2  # umount(2): MNT_DETACH


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own, as small as PostgreSQL can be."""
    folder = Path(f"/tmp/posthouse-disk-{os.getpid()}")
    folder.mkdir()
    try:
        # Not by mount(8), which leaves it to root even where others may.
        _system_call("mount", b"none", bytes(folder), b"tmpfs", 0, b"size=%d,mode=0711" % SIZE)
    except OSError as error:
        folder.rmdir()
        pytest.fail(f"This test needs a small file system of its own, and may not: {error}")
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):
            _system_call("umount2", bytes(folder), _DETACH)
        folder.rmdir()


def _system_call(name: str, *arguments: bytes | int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


@pytest.mark.slow
def test_a_full_disk_loses_nothing(request: pytest.FixtureRequest, tmp_path: Path):
    if os.geteuid() == 0 or INSIDE in os.environ:
        _fill_and_empty(request.getfixturevalue("small_disk"), tmp_path)
    else:
        _run_in_namespace()


def _run_in_namespace() -> None:
    """This file once more, as the same user, where mounting is allowed and seen by nobody else."""
    again = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(
        ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount", *again],
        env={**os.environ, INSIDE: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "unshare" not in done.stderr, (
        "This test needs a small file system of its own: run it as root, or allow unprivileged "
        f"user namespaces (sysctl kernel.unprivileged_userns_clone=1). {said}"
    )
    assert done.returncode == 0, said


def _fill_and_empty(small_disk: Path, tmp_path: Path) -> None:
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
