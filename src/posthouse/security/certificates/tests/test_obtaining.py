"""A certificate from a real authority (Pebble), which looks at a real port for what it asks."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import acme.client
import pytest
from cryptography import x509

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import NotFound
from posthouse.foundation.settings import Settings
from posthouse.foundation.tls import server_context
from posthouse.security.certificates import actions, conversation, store
from posthouse.security.certificates.actions import Standing
from posthouse.security.certificates.model import Problem
from posthouse.security.certificates.showing import shown_certificate
from posthouse.servers.http.serve import serve_challenges
from tests.support.dns_server import DnsServer
from tests.support.pebble import Pebble, running_pebble

HOST = "mail.acme.example"
HOME: dict[str, Any] = {HOST: {"A": ["127.0.0.1"]}, "imap.acme.example": {"A": ["127.0.0.1"]}}


@dataclass(frozen=True, slots=True)
class World:
    pebble: Pebble
    dns: DnsServer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("pebble")
    with DnsServer(HOME) as dns, running_pebble(folder, dns.address) as pebble:
        yield World(pebble, dns)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library asks once a second how an order stands; this authority is quicker."""
    monkeypatch.setattr(acme.client, "time", SimpleNamespace(sleep=lambda _: time.sleep(0.02)))


@pytest.fixture
async def machine(house: Database, world: World) -> AsyncIterator[Database]:
    """A house whose port for challenges is the one at which Pebble looks."""
    settings = house.service(Settings)
    port = f"127.0.0.1:{world.pebble.challenge_port}"
    listeners = {**settings.listeners, "challenges": port}
    house.provide(replace(settings, hostname=HOST, listeners=listeners))
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve_challenges(house, stop, ready.set))
    await ready.wait()
    yield house
    stop.set()
    await serving


async def obtain(house: Database, world: World, *names: str) -> Standing:
    await actions.ask_for(house, world.pebble.directory, names, world.pebble.trust)
    await actions.obtain_if_due(house)
    return await actions.read_standing(house)


@contextlib.contextmanager
def at(moment: datetime) -> Iterator[None]:
    clock.hold(lambda: moment)
    try:
        yield
    finally:
        clock.hold(None)


async def test_a_certificate_is_obtained_and_is_due_after_two_thirds(
    machine: Database, world: World
):
    standing = await obtain(machine, world)
    assert standing.wish is not None
    assert (standing.wish.problem, standing.source) == (None, "issued"), standing.wish.detail
    shown = standing.shown
    assert (shown.names, shown.self_signed, standing.covers_hostname) == ((HOST,), False, True)
    life = shown.not_after - shown.not_before
    assert standing.wish.due_at == shown.not_before + life * 2 / 3
    assert await actions.obtain_if_due(machine) is None
    async with machine.system() as tx:
        left = await tx.connection.fetchval("SELECT count(*) FROM certificate_challenges")
    assert left == 0


async def test_keys_are_nowhere_in_clear(machine: Database, world: World):
    await obtain(machine, world)
    async with machine.system() as tx:
        for table in ("certificate_accounts", "certificates"):
            kept = await tx.connection.fetchval(f"SELECT key FROM {table}")
            assert b"PRIVATE KEY" not in kept
        newest = await store.newest_certificate(tx)
        assert newest is not None
        assert b"PRIVATE KEY" in store.opened(tx, newest).key
    folder = machine.service(Settings).data
    assert not [each for each in folder.rglob("*") if each.is_file() and HOST in each.name]


async def test_a_renewal_keeps_the_key_and_the_account(machine: Database, world: World):
    first = await obtain(machine, world, HOST, "imap.acme.example")
    assert first.wish is not None
    assert set(first.shown.names) == {HOST, "imap.acme.example"}
    before = await kept(machine)
    with at(first.wish.due_at):
        assert await actions.obtain_if_due(machine) is True
    after = await kept(machine)
    assert before.keys() == after.keys()
    assert (before["account"], before["key"]) == (after["account"], after["key"])
    assert before["chain"] != after["chain"]


async def kept(house: Database) -> dict[str, Any]:
    """What is in the tables; there is one certificate only."""
    async with house.system() as tx:
        rows = await tx.connection.fetch("SELECT id FROM certificates")
        assert len(rows) == 1
        newest = await store.newest_certificate(tx)
        assert newest is not None
        pair = store.opened(tx, newest)
        account = await tx.connection.fetchval("SELECT url FROM certificate_accounts")
    return {"account": account, "key": pair.key, "chain": pair.chain}


async def test_listeners_show_the_new_one_without_a_restart(machine: Database, world: World):
    """Also on a context that was made before, and to who connects while another one stays."""
    async with shown_certificate(machine) as context:
        server = await asyncio.start_server(_wait_for_end, "127.0.0.1", 0, ssl=context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            assert await issuer_at(port) == HOST  # made by ourselves
            _, early = await asyncio.open_connection("127.0.0.1", port, ssl=anybody())
            standing = await obtain(machine, world)
            assert standing.source == "issued"
            await until_shown("Pebble", port)
            trusting = ssl.create_default_context(cadata=world.pebble.root())
            _, late = await asyncio.open_connection(
                "127.0.0.1", port, ssl=trusting, server_hostname=HOST
            )
            for each in (early, late):
                each.close()
    async with shown_certificate(machine) as context:
        server = await asyncio.start_server(_wait_for_end, "127.0.0.1", 0, ssl=context)
        async with server:  # after a restart
            assert "Pebble" in await issuer_at(server.sockets[0].getsockname()[1])


async def _wait_for_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def until_shown(issuer: str, port: int) -> None:
    async with asyncio.timeout(10):
        while issuer not in await issuer_at(port):  # each look is a handshake
            pass


async def issuer_at(port: int) -> str:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=anybody())
    der = writer.get_extra_info("ssl_object").getpeercert(True)
    writer.close()
    return x509.load_der_x509_certificate(der).issuer.rfc4514_string().removeprefix("CN=")


def anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def test_what_fails_is_told_and_tried_again_later(house: Database, world: World):
    house.provide(replace(house.service(Settings), hostname=HOST))
    start = datetime.now(UTC)
    with at(start):
        standing = await obtain(house, world)  # nobody listens for challenges
    assert standing.wish is not None
    assert (standing.wish.problem, standing.wish.failures) == (Problem.CONNECTION, 1)
    assert (standing.source, standing.covers_hostname) == ("self-made", True)
    assert HOST in (standing.wish.detail or "") or "connection" in (standing.wish.detail or "")
    assert standing.wish.due_at == start + timedelta(minutes=15)
    with at(start + timedelta(minutes=14)):
        assert await actions.obtain_if_due(house) is None
    with at(start + timedelta(minutes=15)):
        assert await actions.obtain_if_due(house) is False
    again = (await actions.read_standing(house)).wish
    assert again is not None
    assert (again.failures, again.due_at - start) == (2, timedelta(minutes=45))


async def test_a_name_that_leads_nowhere_is_told_as_such(machine: Database, world: World):
    standing = await obtain(machine, world, "nowhere.acme.example")
    assert standing.wish is not None
    assert standing.wish.problem in (Problem.DNS, Problem.CONNECTION), standing.wish.detail


async def test_somebody_elses_answer_is_told_as_such(machine: Database, world: World):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n")
        writer.close()

    world.dns.put("other.acme.example", {"A": ["127.0.0.3"]})
    async with await asyncio.start_server(answer, "127.0.0.3", world.pebble.challenge_port):
        standing = await obtain(machine, world, "other.acme.example")
    assert standing.wish is not None
    assert standing.wish.problem is Problem.ANSWER, standing.wish.detail


async def test_an_authority_that_is_not_there_is_told_as_such(machine: Database, world: World):
    await actions.ask_for(machine, "https://localhost:1/dir")
    assert await actions.obtain_if_due(machine) is False
    standing = await actions.read_standing(machine)
    assert standing.wish is not None
    assert standing.wish.problem is Problem.AUTHORITY
    # Its own certificate is looked at, too.
    await actions.ask_for(machine, world.pebble.directory)
    assert await actions.obtain_if_due(machine) is False


async def test_an_account_that_the_authority_forgot_is_made_again(machine: Database, world: World):
    await obtain(machine, world)
    async with machine.system() as tx:
        await tx.connection.execute("UPDATE certificate_accounts SET url = url || '0'")
    await actions.renew_now(machine)
    assert await actions.obtain_if_due(machine) is True


async def test_of_two_processes_one_talks_to_the_authority(machine: Database, world: World):
    await actions.ask_for(machine, world.pebble.directory, (), world.pebble.trust)
    both = await asyncio.gather(
        actions.obtain_if_due(machine), actions.obtain_if_due(machine), return_exceptions=True
    )
    assert sorted(map(str, both)) == ["None", "True"]


async def test_the_authority_may_suggest_an_earlier_renewal(
    machine: Database, world: World, monkeypatch: pytest.MonkeyPatch
):
    assert await actions.ask_when_to_renew(machine) == 0
    standing = await obtain(machine, world)
    assert standing.wish is not None
    assert await actions.ask_when_to_renew(machine) == 0  # Pebble 2.4 suggests nothing
    assert (await actions.read_standing(machine)).wish == standing.wish
    for suggested, due in (
        (standing.wish.due_at + timedelta(days=1), standing.wish.due_at),
        (standing.wish.due_at - timedelta(days=1), standing.wish.due_at - timedelta(days=1)),
    ):
        monkeypatch.setattr(conversation, "suggested_renewal", lambda *_, when=suggested: when)
        await actions.ask_when_to_renew(machine)
        wish = (await actions.read_standing(machine)).wish
        assert wish is not None
        assert wish.due_at == due


async def test_what_was_not_asked_for_is_neither_renewed_nor_stopped(machine: Database):
    for act in (actions.renew_now, actions.stop_asking):
        with pytest.raises(NotFound):
            await act(machine)
    assert await actions.obtain_if_due(machine) is None


async def test_what_is_stopped_stays_in_use(machine: Database, world: World):
    await obtain(machine, world)
    await actions.stop_asking(machine)
    standing = await actions.read_standing(machine)
    assert (standing.wish, standing.source) == (None, "issued")


async def test_the_operators_own_comes_first(machine: Database, world: World):
    await obtain(machine, world)
    settings = machine.service(Settings)
    server_context(settings)
    own = settings.data / "tls" / "self-made.pem"
    machine.provide(replace(settings, tls_certificate=own))
    assert (await actions.read_standing(machine)).source == "given"
    async with shown_certificate(machine) as context:
        server = await asyncio.start_server(_wait_for_end, "127.0.0.1", 0, ssl=context)
        async with server:
            assert await issuer_at(server.sockets[0].getsockname()[1]) == HOST
