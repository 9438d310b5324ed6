"""The operator's commands for mail on its way out, on a running house and on one that is not."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.house import letter
from tests.support.ports import free_ports
from tests.support.running import ANNA, PASSWORD, RunningPosthouse, wait_for

REFUSED, WRONG_USAGE = 1, 2


def told(house: RunningPosthouse, *arguments: str) -> list[dict[str, Any]]:
    """What a command says to machines."""
    return [json.loads(line) for line in house.must(*arguments, "--json").splitlines()]


@pytest.fixture
def port() -> int:
    """Where nobody listens, until a relay does."""
    [found] = free_ports(1)
    return found


@pytest.fixture
def no_routes(shared_house: RunningPosthouse) -> Iterator[RunningPosthouse]:
    """The house without routes and with an empty queue, before a test and after it."""
    yield shared_house
    for route in told(shared_house, "route", "list"):
        shared_house.must("route", "remove", "--domain", route["domain"])
    waiting = [row["recipient_id"] for row in told(shared_house, "queue", "list")]
    if waiting:
        shared_house.must("queue", "drop", *waiting)


def send(house: RunningPosthouse, *recipients: str, name: str = "1") -> bytes:
    """Hand a letter in, as a member's mail program does."""
    raw = letter(message_id=f"{name}@acme.example", sender=ANNA, to=", ".join(recipients))
    with house.smtp("submission") as client:
        client.login(ANNA, PASSWORD)
        assert client.sendmail(ANNA, list(recipients), raw) == {}
    return raw


def waits(house: RunningPosthouse, *addresses: str) -> list[dict[str, Any]]:
    """The queue, once exactly these recipients wait in it for their next attempt."""
    rows: list[dict[str, Any]] = []

    def settled() -> bool:
        rows[:] = told(house, "queue", "list")
        here = sorted(row["address"] for row in rows)
        return here == sorted(addresses) and not any(row["in_progress"] for row in rows)

    wait_for(settled, 30, f"the queue is not as expected: {rows}")
    return rows


# ---------------------------------------------------------------- relays


def test_relays_of_senders_come_are_replaced_and_go(no_routes: RunningPosthouse, tmp_path: Path):
    house, password = no_routes, tmp_path / "password"
    password.write_text("open sesame\n")
    assert "No sender has a relay" in house.must("relay", "list")
    house.must("relay", "set", "*", "--relay", "10.0.0.5:25")
    house.must(
        "relay",
        "set",
        "acme.example",
        "--relay",
        "smtp.example.net:465",
        "--user",
        "a",
        "--password-file",
        password,
    )
    house.must(
        "relay",
        "set",
        ANNA,
        "--relay",
        "ses:eu-central-1",
        "--user",
        "AKIDEXAMPLE",
        "--password-file",
        password,
    )
    assert told(house, "relay", "list") == [
        {"sender": "*", "relay": "10.0.0.5:25", "tls": "opportunistic"},
        {"sender": "acme.example", "relay": "smtp.example.net:465", "tls": "implicit", "user": "a"},
        {"sender": ANNA, "relay": "ses:eu-central-1", "tls": "implicit", "user": "AKIDEXAMPLE"},
    ]
    assert "open sesame" not in house.must("relay", "list")
    for sender in ("*", "acme.example", ANNA):
        house.must("relay", "remove", sender)
    assert house.run("relay", "remove", ANNA).returncode == REFUSED
    assert house.run("relay", "set", ANNA, "--relay", "nowhere").returncode == REFUSED


# ---------------------------------------------------------------- routes


def test_routes_come_are_replaced_and_go(no_routes: RunningPosthouse):
    house = no_routes
    assert "no routes" in house.must("route", "list")
    assert house.must("route", "list", "--json") == ""

    house.must("route", "add", "--domain", "*", "--relay", "smtp.example.net:465")
    said = house.must("route", "add", "--domain", "Bücher.example", "--relay", "10.0.0.5:25")
    assert "10.0.0.5:25" in said
    [answer] = told(
        house,
        "route",
        "add",
        "--domain",
        "bücher.example",
        "--relay",
        "[::1]:2525",
        "--tls",
        "verified",
    )
    assert answer == {"domain": "xn--bcher-kva.example", "relay": "[::1]:2525", "tls": "verified"}

    assert told(house, "route", "list") == [
        answer,
        {"domain": "*", "relay": "smtp.example.net:465", "tls": "implicit"},
    ]
    house.must("route", "remove", "--domain", "BÜCHER.example")
    assert [row["domain"] for row in told(house, "route", "list")] == ["*"]


def test_a_relay_that_wants_a_password(no_routes: RunningPosthouse, tmp_path: Path):
    file = tmp_path / "password"
    file.write_text("sesame street\n")
    route = ["route", "add", "--domain", "*", "--user", "acme", "--password-file", str(file)]
    [answer] = told(no_routes, *route, "--relay", "smtp.example.net:587")
    assert answer == {
        "domain": "*",
        "relay": "smtp.example.net:587",
        "tls": "verified",
        "user": "acme",
    }
    assert told(no_routes, "route", "list") == [answer]
    assert "sesame" not in no_routes.must("route", "list")
    refused = no_routes.run(*route, "--relay", "smtp.example.net:25", "--tls", "opportunistic")
    assert refused.returncode == REFUSED
    missing = no_routes.run(*route[:-1], str(tmp_path / "none"), "--relay", "10.0.0.5:465")
    assert missing.returncode == REFUSED


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["add", "--domain", "a.example"], WRONG_USAGE),
        (["add", "--relay", "10.0.0.5:25"], WRONG_USAGE),
        (["add", "--domain", "a.example", "--relay", "10.0.0.5"], REFUSED),
        (["add", "--domain", "a.example", "--relay", "10.0.0.5:0"], REFUSED),
        (["add", "--domain", "a.example", "--relay", "10.0.0.5:99999"], REFUSED),
        (["add", "--domain", "not a domain", "--relay", "10.0.0.5:25"], REFUSED),
        (["add", "--domain", "a.example", "--relay", "10.0.0.5:25", "--tls", "maybe"], REFUSED),
        (["remove", "--domain", "never.example"], REFUSED),
        (["remove"], WRONG_USAGE),
    ],
)
def test_a_wrong_route_is_refused_in_plain_words(
    no_routes: RunningPosthouse, arguments: list[str], code: int
):
    done = no_routes.run("route", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert told(no_routes, "route", "list") == []


# ---------------------------------------------------------------- the queue


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a relay that has given up its rights may write."""
    with tempfile.TemporaryDirectory(prefix="relay-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


@contextlib.contextmanager
def relay(port: int, folder: Path) -> Iterator[None]:
    """Debian's smtp-sink, a file for each mail it takes."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    assert program, "smtp-sink is missing: make setup-tests installs postfix"
    rights = ["-u", "nobody"] if os.geteuid() == 0 else []
    listens = [f"inet:127.0.0.1:{port}", "100"]
    with subprocess.Popen([program, *rights, "-d", f"{folder}/%H%M%S.", *listens]) as sink:
        try:
            wait_for(lambda: _answers(port), 10, "the relay does not listen")
            yield
        finally:
            sink.terminate()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_what_waits_is_listed_tried_again_and_dropped(
    no_routes: RunningPosthouse, port: int, folder: Path
):
    house = no_routes
    assert "Nothing waits" in house.must("queue", "list")
    assert told(house, "queue", "retry") == [{"recipients": 0}]

    house.must("route", "add", "--domain", "far.example", "--relay", f"127.0.0.1:{port}")
    house.must("route", "add", "--domain", "lost.example", "--relay", f"127.0.0.1:{port}")
    sent = send(house, "li@far.example", "wang@lost.example")
    rows = waits(house, "li@far.example", "wang@lost.example")
    assert all(row["attempts"] == 1 and row["reply"] for row in rows)
    [far] = told(house, "queue", "list", "--domain", "far.example")
    assert far["address"] == "li@far.example"
    assert len(told(house, "queue", "list", "--limit", "1")) == 1
    assert far["recipient_id"] in house.must("queue", "list")

    [lost] = told(house, "queue", "list", "--domain", "lost.example")
    assert told(house, "queue", "drop", lost["recipient_id"]) == [{"recipients": 1}]
    assert told(house, "queue", "drop", lost["recipient_id"]) == [{"recipients": 0}]
    waits(house, "li@far.example")

    with relay(port, folder):
        assert told(house, "queue", "retry", "--domain", "elsewhere.example") == [{"recipients": 0}]
        assert told(house, "queue", "retry", "--domain", "far.example") == [{"recipients": 1}]
        waits(house)
    [taken] = [said for file in folder.iterdir() if (said := file.read_bytes())]
    assert b"<li@far.example>" in taken
    assert sent.rpartition(b"\r\n\r\n")[2].strip() in taken.replace(b"\n", b"\r\n")


def test_an_id_that_is_none(no_routes: RunningPosthouse):
    done = no_routes.run("queue", "drop", "not-an-id")
    assert done.returncode == WRONG_USAGE
    assert "Traceback" not in done.stderr


def test_both_work_while_nothing_runs(no_routes: RunningPosthouse, port: int):
    house = no_routes
    house.must("route", "add", "--domain", "far.example", "--relay", f"127.0.0.1:{port}")
    send(house, "li@far.example", name="2")
    [row] = waits(house, "li@far.example")
    house.stop()
    try:
        [still] = told(house, "queue", "list")
        assert still["recipient_id"] == row["recipient_id"]
        assert told(house, "queue", "drop", row["recipient_id"]) == [{"recipients": 1}]
        assert told(house, "queue", "list") == []
        assert [route["domain"] for route in told(house, "route", "list")] == ["far.example"]
    finally:
        house.start()
