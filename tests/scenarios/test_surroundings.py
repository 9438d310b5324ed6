"""What surrounds the house goes wrong: name servers, the clock, whoever connects without end."""

import asyncio
import contextlib
import imaplib
import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from tests.support.dns_server import DnsServer
from tests.support.house import letter
from tests.support.jumping import JumpingClock
from tests.support.ports import free_ports
from tests.support.running import (
    ANNA,
    BEN,
    PASSWORD,
    RunningPosthouse,
    all_messages,
    new_house,
    peak_memory,
    wait_for,
)
from tests.support.scripted_mx import ScriptedMx, serving_in_thread

LI = "li@kunde.example"
FLOOD = 10_000
_STRANGER = "127.0.0.9"
_WAVE = 250


@dataclass(frozen=True)
class Surroundings:
    """A running house, its name server and clock, and the port where mail for Li is taken."""

    house: RunningPosthouse
    dns: DnsServer
    clock: JumpingClock
    mx_port: int
    database: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """One house for all of these: each leaves it as it was."""
    [mx_port] = free_ports(1)
    zones: dict[str, dict[str, list[Any]]] = {
        "kunde.example": {"MX": [(10, "mx.kunde.example")], "TXT": ["v=spf1 ip4:127.0.0.1 -all"]},
        "mx.kunde.example": {"A": ["127.0.0.1"]},
    }
    clock = JumpingClock(tmp_path_factory.mktemp("clock"))
    with (
        DnsServer(zones) as dns,
        new_house(
            resolver=dns.address,
            mx_port=str(mx_port),
            mail_processes="2",
            unlimited_sources="127.0.0.1",
        ) as house,
    ):
        house.environment.update(clock.environment)
        house.start()
        yield Surroundings(house, dns, clock, mx_port, house.must("db", "url").strip())


def come_in(house: RunningPosthouse, name: str) -> None:
    """From outside, to Ben."""
    raw = letter(message_id=f"{name}@kunde.example", sender=LI, to=BEN, subject=name)
    with house.smtp() as client:
        client.sendmail(LI, [BEN], raw)


def write(house: RunningPosthouse, to: str, name: str) -> None:
    """Anna, by her mail program."""
    raw = letter(message_id=f"{name}@acme.example", sender=ANNA, to=to, subject=name)
    with house.smtp("submission") as client:
        client.login(ANNA, PASSWORD)
        client.sendmail(ANNA, [to], raw)


def has(house: RunningPosthouse, name: str) -> list[bytes]:
    """What Ben has by this subject."""
    client = house.imap(BEN)
    found = [raw for _, raw in all_messages(client) if f"Subject: {name}\r\n".encode() in raw]
    client.logout()
    return found


def put_off(world: Surroundings) -> int:
    """How many recipients were tried, and wait for their next attempt."""

    async def ask() -> int:
        connection = await asyncpg.connect(world.database)
        try:
            wait = "SELECT count(*) FROM outbox_queue WHERE attempts > 0 AND leased_by IS NULL"
            return int(await connection.fetchval(wait))
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_without_name_servers_nothing_is_lost_and_mail_comes_in(world: Surroundings):
    house = world.house
    world.dns.stop()
    try:
        come_in(house, "unchecked")
        write(house, BEN, "inside")
        write(house, LI, "outside")
        wait_for(lambda: has(house, "inside"), 60, "mail does not arrive inside the house")
        [unchecked] = has(house, "unchecked")
        assert b"spf=temperror" in unchecked
        wait_for(lambda: put_off(world) == 1, 40, "it was not tried")
        assert "DNS" in house.must("queue", "list")
    finally:
        world.dns.start()
    wait_for(lambda: _is_checked(house), 30, "SPF is not asked for any more")
    with serving_in_thread(world.mx_port) as mx:
        wait_for(lambda: _retried(house, mx), 30, "it is not delivered")


def _is_checked(house: RunningPosthouse) -> bool:
    """That a name server does not answer is known for five seconds."""
    time.sleep(0.3)
    name = f"checked {time.monotonic()}"
    come_in(house, name)
    [checked] = has(house, name)
    return b"spf=pass" in checked


def _retried(house: RunningPosthouse, mx: ScriptedMx) -> bool:
    house.must("queue", "retry")
    return mx.taken == [LI]


def test_a_clock_that_jumps_holds_nothing_up(world: Surroundings):
    house = world.house
    session = house.imap(BEN)
    write(house, LI, "late")
    wait_for(lambda: put_off(world) == 1, 60, "it was not tried")
    for days in (2, 10, 0):
        world.clock.set(days=days)
        _work_goes_on(house, session, f"at {days}")
        wait_for(lambda: put_off(world) == 1, 60, "given up, or lost")
    with serving_in_thread(world.mx_port) as mx:
        world.clock.set(days=-2)
        _work_goes_on(house, session, "at -2")
        wait_for(lambda: mx.taken == [LI], 60, "it waits for a time that was never true")
    house.wait_for_listeners()
    assert house.must("search", "--mailbox", BEN, "inside", "--json").count("\n") >= 3
    world.clock.set()
    session.logout()
    assert "Traceback" not in house.log()


def _work_goes_on(house: RunningPosthouse, session: imaplib.IMAP4, name: str) -> None:
    assert session.noop()[0] == "OK"
    come_in(house, name)
    write(house, BEN, f"inside {name}")
    wait_for(lambda: has(house, f"inside {name}"), 60, "mail stays in the outbox")
    assert len(has(house, name)) == 1


def test_ten_thousand_connections_of_one_stranger(world: Surroundings):
    house = world.house
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, FLOOD + 2000), hard))
    before = sum(peak_memory(pid) for pid in house.pids_of("mail"))
    processes = house.pids_of("mail")
    with contextlib.ExitStack() as held:
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        longest = 0.0
        for wave in range(FLOOD // _WAVE):
            listener = ("smtp", "imap", "pop3", "submission")[wave % 4]
            for _ in range(_WAVE):
                held.enter_context(_connect(house.ports[listener]))
            began = time.monotonic()
            with house.smtp() as client:
                assert client.noop()[0] == 250
            if wave % 10 == 0:
                house.imap(BEN).logout()
            longest = max(longest, time.monotonic() - began)
        come_in(house, "through the crowd")
    assert longest < 5, f"others waited for {longest:.1f} s"
    assert len(has(house, "through the crowd")) == 1
    assert house.pids_of("mail") == processes
    grown = sum(peak_memory(pid) for pid in processes) - before
    assert grown < 100 << 20, f"memory grew by {grown >> 20} MiB"


def _connect(port: int) -> socket.socket:
    """Held until the end, whether it is answered or not."""
    client = socket.socket()
    client.settimeout(10)
    client.bind((_STRANGER, 0))
    client.connect(("127.0.0.1", port))
    return client


def test_the_stranger_gets_in_again_afterwards(world: Surroundings):
    def greeted() -> bool:
        with contextlib.suppress(OSError), _connect(world.house.ports["imap"]) as client:
            return client.recv(100).startswith(b"* OK")
        return False

    wait_for(greeted, 20, "who is gone is still counted")
