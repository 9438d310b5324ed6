"""A domain whose DNS says which certificate its host shows: real TLS, right and wrong."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvloop

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.foundation.validating import ValidatingUpstream, open_validating
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.dns.model import RecordType, Status
from posthouse.sending.outbox.model import State
from posthouse.sending.outbox.policies import Policies
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.tests.test_outbox import LI, send, state_of, written
from posthouse.sending.outbox.tls_rules import TlsRules
from posthouse.sending.outbox.worker import Worker
from tests.support.authority import Issued, issue, make_authority
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace
from tests.support.ports import free_port
from tests.support.scripted_mx import ScriptedMx, serving
from tests.support.sending import make_worker, work

MX = "mx.kunde.example"
ROOT = make_authority()
SERVER, EVIL = issue(ROOT, MX), issue(make_authority("Evil"), MX)


def own_key(of: Issued) -> str:
    return f"3 1 1 {hashlib.sha256(of.spki).hexdigest()}"


def anchor(of: Issued) -> str:
    return f"2 0 1 {hashlib.sha256(of.der).hexdigest()}"


@dataclass
class Town:
    """The domain's host and DNS, and a worker of ours that believes it."""

    mx: ScriptedMx
    dns: DnsServer
    worker: Worker
    house: Database
    workspace: Workspace
    folder: Path
    _sent: int = 0

    def publish(self, *records: str) -> None:
        port = self.house.service(Settings).mx_port
        self.dns.put(f"_{port}._tcp.{MX}", {"TLSA": list(records), "TTL": [0]})

    def show(self, issued: Issued | None) -> None:
        self.mx.tls = issued.server_context(self.folder) if issued else None

    async def deliver(self) -> tuple[State, str]:
        self._sent += 1
        raw = written(self.workspace, message_id=f"{self._sent}@acme.example")
        queued = await send(self.house, self.workspace, LI, raw=raw)
        await work(self.worker)
        self.worker._courier._pool.close()
        (recipient,) = (await state_of(self.house, self.workspace, queued)).recipients
        return recipient.state, recipient.reply


@pytest.fixture
async def town(
    sending: Database, workspace: Workspace, dns: DnsServer, tmp_path: Path
) -> AsyncIterator[Town]:
    dns.validates = True
    validating = open_validating(replace(sending.service(Settings), resolver=dns.address))
    assert validating is not None
    pool, mx = ConnectionPool(), ScriptedMx()
    rules = TlsRules(Policies(sending, sending.service(CachingResolver)), validating)
    worker = make_worker(sending, pool, Worker, rules)
    async with serving(mx, sending.service(Settings).mx_port):
        yield Town(mx, dns, worker, sending, workspace, tmp_path)
    pool.close()
    await validating.close()


@pytest.mark.parametrize("record", [own_key(SERVER), anchor(ROOT)], ids=["key", "anchor"])
async def test_what_dns_says_is_taken_and_nothing_else(town: Town, record: str):
    town.publish(own_key(ROOT), record)
    town.show(SERVER)
    assert (await town.deliver())[0] is State.DELIVERED
    town.show(EVIL)
    state, reply = await town.deliver()
    assert state is State.QUEUED
    assert reply.startswith("454 4.7.5")
    assert len(town.mx.taken) == 1


async def test_without_starttls_nothing_is_sent(town: Town):
    town.publish(own_key(SERVER))
    town.show(None)
    state, reply = await town.deliver()
    assert (state, town.mx.taken) == (State.QUEUED, [])
    assert "4.7.4" in reply


async def test_records_that_nobody_can_use_still_ask_for_tls(town: Town):
    town.publish("0 0 1 " + "ab" * 32, "3 1 9 abcd")
    town.show(None)
    assert (await town.deliver())[0] is State.QUEUED
    town.show(EVIL)
    assert (await town.deliver())[0] is State.DELIVERED


async def test_records_of_which_nothing_is_proved_are_none(town: Town):
    port = town.house.service(Settings).mx_port
    town.publish(own_key(SERVER))
    town.show(EVIL)
    for name in (f"_{port}._tcp.{MX}", MX, "kunde.example"):
        town.dns.insecure = {name}
        assert town.worker._courier._rules is not None
        validating = town.worker._courier._rules._validating
        assert validating is not None
        validating._kept.clear()
        assert (await town.deliver())[0] is State.DELIVERED, name


async def test_a_proof_that_fails_leads_nowhere(town: Town):
    port = town.house.service(Settings).mx_port
    town.dns.put(f"_{port}._tcp.{MX}", {"FAIL": ["SERVFAIL"]})
    town.show(SERVER)
    assert (await town.deliver())[0] is State.QUEUED
    assert town.mx.connections == 0


async def test_dane_comes_before_mta_sts(town: Town, monkeypatch: pytest.MonkeyPatch):
    """A policy that does not name the host would keep us away; its own records let us in."""
    from posthouse.protocols.tls_policy import parse_policy

    policy = parse_policy(b"version: STSv1\nmode: enforce\nmx: other.example\nmax_age: 9\n")

    async def policy_of(domain: str) -> object:
        return policy

    assert town.worker._courier._rules is not None
    monkeypatch.setattr(town.worker._courier._rules._policies, "policy_of", policy_of)
    town.show(SERVER)
    assert (await town.deliver())[0] is State.QUEUED
    town.publish(own_key(SERVER))
    rules = town.worker._courier._rules
    assert rules._validating is not None
    rules._validating._kept.clear()
    assert (await town.deliver())[0] is State.DELIVERED


def test_whose_word_is_believed():
    def opened(**values: str) -> bool:
        return open_validating(replace(Settings(data=Path("x")), **values)) is not None  # type: ignore[arg-type]

    assert opened(resolver="127.0.0.1:53")
    assert opened(resolver="[::1]:53")
    assert not opened(resolver="192.0.2.1:53")
    assert not opened(resolver="127.0.0.1:53", dane="off")
    assert opened(resolver="192.0.2.1:53", dane="on")
    assert not opened(dane="on")


async def test_a_large_answer_comes_over_tcp(dns: DnsServer):
    dns.put("big.example", {"TLSA": [f"3 1 2 {n:0128x}" for n in range(60)]})
    host, _, port = dns.address.partition(":")
    upstream = ValidatingUpstream(host, int(port))
    answer = await upstream.ask("big.example", RecordType.TLSA)
    assert (answer.status, len(answer.records), answer.authentic) == (Status.FOUND, 60, False)


def test_the_chain_is_seen_on_uvloop(tmp_path: Path):
    """The event loop of the running server has TLS of its own making."""
    import asyncio

    from posthouse.protocols.dns import Tlsa
    from posthouse.sending.outbox.connection import CannotOpen, Target, TlsPolicy, open_connection

    async def visit(root: Issued) -> str:
        mx, port = ScriptedMx(tls=SERVER.server_context(tmp_path)), free_port()
        async with serving(mx, port):
            target = Target(
                host=MX,
                address="127.0.0.1",
                hello="us.example",
                port=port,
                tls=TlsPolicy.DANE,
                tlsa=(Tlsa(2, 0, 1, hashlib.sha256(root.der).digest()),),
                names=(MX,),
            )
            connection = await open_connection(target)
            connection.close()
            return connection.tls_version

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(visit(ROOT)) == "TLSv1.3"
        with pytest.raises(CannotOpen):
            runner.run(visit(make_authority()))
