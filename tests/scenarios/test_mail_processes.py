"""Several mail processes behind the same ports: each takes its part, together they are one."""

import contextlib
import imaplib
import json
import poplib
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dns_server import DnsServer
from tests.support.house import letter
from tests.support.pebble import running_pebble
from tests.support.running import ANNA, RunningPosthouse, all_messages, kill, new_house, wait_for

_PER_SOURCE = 100  # servers/smtp/listener.py


@pytest.fixture(scope="module")
def house() -> Iterator[RunningPosthouse]:
    """A house with two mail processes."""
    with new_house(mail_processes="2") as opened:
        opened.start()
        yield opened


def test_connections_that_come_at_once_are_shared(house: RunningPosthouse):
    for listener in ("smtp", "imap"):
        with _connections(house, listener, 8):
            assert sorted(_served(house, listener).values()) == [4, 4]


def test_the_other_goes_on_while_one_is_started_again(house: RunningPosthouse):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(house.smtp()) for _ in range(8)]
        first, second = house.pids_of("mail")
        kill(first)
        refused, greeted = 0, 0
        end = time.monotonic() + 20
        while len(house.processes()) < 6 or first in house.pids_of("mail") or not greeted:
            assert time.monotonic() < end, "it does not come back"
            with contextlib.suppress(ConnectionResetError):  # the killed one had taken it
                try:
                    with house.connect("smtp") as newcomer:
                        greeted += newcomer.recv(100).startswith(b"220")
                except ConnectionRefusedError:
                    refused += 1
        assert refused == 0
        survivors = 0
        for number, client in enumerate(clients):
            with contextlib.suppress(smtplib.SMTPServerDisconnected):
                client.sendmail(
                    "li@kunde.example", [ANNA], letter(message_id=f"{number}@k.example")
                )
                survivors += 1
        assert survivors == 4
        assert second in house.pids_of("mail")
        for client in clients:
            client.close()
    reader = house.imap()
    assert len(list(all_messages(reader))) == 4
    reader.logout()


def test_nobody_is_refused_while_the_only_process_is_started_again():
    with new_house(mail_processes="1") as single:
        single.start()
        kill(single.pid_of("mail"))
        for _ in range(3):  # before and after the supervisor has noticed
            with single.smtp() as client:
                assert client.noop()[0] == 250


def test_the_limit_of_a_source_is_that_of_all_processes(house: RunningPosthouse):
    with _connections(house, "smtp", _PER_SOURCE):
        assert sum(_served(house, "smtp").values()) == _PER_SOURCE
        with house.connect("smtp") as one_more:
            assert one_more.recv(100).startswith(b"421")
    with _connections(house, "smtp", _PER_SOURCE):
        pids = house.pids_of("mail")
        kill(pids[1])
        wait_for(lambda: _greeted(house), 10, "what it held is not forgotten")


def test_a_new_certificate_is_shown_at_every_port_of_every_process(
    house: RunningPosthouse, tmp_path: Path
):
    port, name = house.ports["challenges"], "mail.acme.example"
    zones = {name: {"A": ["127.0.0.1"]}}
    with DnsServer(zones) as dns, running_pebble(tmp_path, dns.address, port) as pebble:
        root = tmp_path / "root.pem"
        root.write_text(pebble.trust)
        wish = ("--name", name, "--authority", pebble.directory, "--trust", root)
        house.must("certificate", "get", "--agree-to-terms", *wish)
        trusting = ssl.create_default_context(cadata=pebble.root())
        trusting.check_hostname = False  # who signed it is enough
        wait_for(lambda: _trusted(house, "imaps", trusting), 60, "no certificate came")
    for listener in ("submissions", "pop3s", "imaps", "https"):
        wait_for(lambda at=listener: _trusted(house, at, trusting), 10, f"{listener} shows another")
    for _ in range(4):
        with house.smtp() as smtp, house.smtp("submission") as submission:
            assert smtp.starttls(context=trusting)[0] == submission.starttls(context=trusting)[0]
        imap = imaplib.IMAP4("127.0.0.1", house.ports["imap"])
        imap.starttls(trusting)
        imap.logout()
        pop3 = poplib.POP3("127.0.0.1", house.ports["pop3"])
        pop3.stls(trusting)
        pop3.quit()
        assert _sieve_is_trusted(house, trusting)
    told = json.loads(house.must("certificate", "show", "--json"))
    assert (told["source"], told["names"], told["wish"]["problem"]) == ("issued", [name], None)
    house.must("certificate", "stop")
    assert "nobody has asked" in house.must("certificate", "show")
    assert house.run("certificate", "renew").returncode == 1
    assert house.run("certificate", "get").returncode == 1


def _trusted(house: RunningPosthouse, listener: str, trusting: ssl.SSLContext) -> bool:
    """Whether eight connections, which two processes share, are all shown it."""
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            plain = stack.enter_context(house.connect(listener))
            try:
                stack.enter_context(trusting.wrap_socket(plain))
            except ssl.SSLCertVerificationError:
                return False
    return True


def _sieve_is_trusted(house: RunningPosthouse, trusting: ssl.SSLContext) -> bool:
    with house.connect("managesieve") as plain:
        _read_until_ok(plain)
        plain.sendall(b"STARTTLS\r\n")
        _read_until_ok(plain)
        trusting.wrap_socket(plain).close()
    return True


def _read_until_ok(client: socket.socket) -> None:
    said = b""
    while b"OK" not in said:
        said += client.recv(4096)


def test_sessions_of_two_processes_see_each_others_changes(house: RunningPosthouse):
    wait_for(lambda: _both_accept(house), 20, "the other does not come back")
    one, other = house.imap(), house.imap()
    assert sorted(_served(house, "imap").values()) == [1, 1]
    other.select("INBOX")
    before = len(list(all_messages(one)))
    other.send(b"i1 IDLE\r\n")
    assert other.readline().startswith(b"+")
    one.append("INBOX", None, None, letter(message_id="new@kunde.example"))
    assert other.readline().startswith(b"* %d EXISTS" % (before + 1))
    other.send(b"DONE\r\n")
    for client in (one, other):
        client.shutdown()


def _greeted(house: RunningPosthouse) -> bool:
    with house.connect("smtp") as client:
        return client.recv(100).startswith(b"220")


def _both_accept(house: RunningPosthouse) -> bool:
    with _connections(house, "imap", 2):
        return sorted(_served(house, "imap").values()) == [1, 1]


@contextlib.contextmanager
def _connections(house: RunningPosthouse, listener: str, count: int) -> Iterator[None]:
    """So many at once, all greeted; gone everywhere when it ends."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(house.connect(listener)) for _ in range(count)]
        for client in clients:
            assert client.recv(1000).startswith((b"220", b"* OK")), "not greeted"
        yield
    wait_for(lambda: not sum(_served(house, listener).values()), 10, "connections are left")


def _served(house: RunningPosthouse, listener: str) -> dict[int, int]:
    """How many connections of a listener each mail process has."""
    port, established = f":{house.ports[listener]:04X}", "01"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {row[9] for row in rows if row[1].endswith(port) and row[3] == established}
    served = {}
    for pid in house.pids_of("mail"):
        served[pid] = 0
        with contextlib.suppress(OSError):
            for file in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    served[pid] += str(file.readlink())[8:-1] in inodes
    return served
