"""Mail handed to Amazon SES over HTTPS: its contract, its refusals, its silence."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.protocols.dns import CachingResolver
from posthouse.security.members import Actor
from posthouse.sending.outbox.handover import SignIn
from posthouse.sending.outbox.model import State, Trouble
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.providers import Providers
from posthouse.sending.outbox.queue import QueueRow, read_queue
from posthouse.sending.outbox.relays import set_relay
from posthouse.sending.outbox.routes import set_route
from posthouse.sending.outbox.tests.test_outbox import LI, send, state_of, written
from posthouse.sending.outbox.worker import Worker
from posthouse.servers.smtp.tests.town import make_certificate
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace
from tests.support.ports import free_port
from tests.support.sending import HeldClock, make_worker, work
from tests.support.ses import ACCESS, SECRET, Ses

REGION = "eu-central-1"
HOST = f"email.{REGION}.amazonaws.com"


@dataclass
class Scene:
    """SES, and a worker of ours that hands mail to it."""

    ses: Ses
    worker: Worker
    house: Database
    workspace: Workspace

    async def deliver(self, raw: bytes | None = None, to: str = LI) -> tuple[State, str]:
        queued = await send(self.house, self.workspace, to, raw=raw)
        await work(self.worker)
        (recipient,) = (await state_of(self.house, self.workspace, queued)).recipients
        return recipient.state, recipient.reply

    async def waits(self) -> QueueRow:
        async with self.house.system() as tx:
            (row,) = await read_queue(tx)
        return row


@pytest.fixture
async def scene(
    sending: Database, workspace: Workspace, dns: DnsServer, tmp_path: Path, held: HeldClock
) -> AsyncIterator[Scene]:
    certificate, key = make_certificate(tmp_path, HOST)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    dns.put(HOST, {"A": ["127.0.0.1"]})
    ses, pool, port = Ses(REGION, HOST, held()), ConnectionPool(), free_port()
    providers = Providers(
        sending.service(CachingResolver),
        verifying=ssl.create_default_context(cafile=str(certificate)),
        port=port,
        may_reach=lambda address, port: True,
    )
    async with sending.workspace(workspace.id) as tx:
        how = {"user": ACCESS, "password": SECRET}
        await set_relay(tx, Actor.system(workspace.id), "*", f"ses:{REGION}", **how)
    worker = make_worker(sending, pool, Worker, None, providers)
    server = await asyncio.start_server(ses.serve, "127.0.0.1", port, ssl=context)
    yield Scene(ses, worker, sending, workspace)
    await providers.close()
    server.close()
    pool.close()


async def test_the_message_goes_as_it_was_signed(scene: Scene):
    raw = written(scene.workspace, message_id="one@acme.example")
    state, reply = await scene.deliver(raw)
    assert (state, scene.ses.refused) == (State.DELIVERED, [])
    assert "010701890d7-000000" in reply
    (said,) = scene.ses.taken
    assert said["Destination"] == {"ToAddresses": [LI]}
    path = said["FeedbackForwardingEmailAddress"]
    assert isinstance(path, str)
    assert path.startswith("bounce+")
    content = said["Content"]
    assert isinstance(content, dict)
    sent = base64.b64decode(content["Raw"]["Data"])
    assert b"Message-ID: <one@acme.example>" in sent
    assert sent.endswith(raw.partition(b"\r\n\r\n")[2])


async def test_a_wrong_secret_is_our_own_fault(scene: Scene):
    async with scene.house.workspace(scene.workspace.id) as tx:
        wrong = {"user": ACCESS, "password": "wrong"}
        await set_relay(tx, Actor.system(scene.workspace.id), "*", f"ses:{REGION}", **wrong)
    state, reply = await scene.deliver()
    assert state is State.QUEUED
    assert "the signature does not match" in reply
    assert (await scene.waits()).trouble is Trouble.REFUSED
    assert scene.ses.taken == []


async def test_a_clock_that_is_wrong_is_told(scene: Scene, held: HeldClock):
    held.pass_by(minutes=10)
    state, reply = await scene.deliver()
    assert (state, "too old" in reply) == (State.QUEUED, True)


@pytest.mark.parametrize(
    ("says", "state", "trouble", "rests"),
    [
        ((400, "MessageRejected", "Message contains a virus"), State.FAILED, None, None),
        (
            (400, "MessageRejected", "Email address is not verified."),
            State.QUEUED,
            Trouble.REFUSED,
            None,
        ),
        ((429, "TooManyRequestsException", "Maximum sending rate"), State.QUEUED, None, "slow"),
        ((400, "AccountSuspendedException", ""), State.QUEUED, Trouble.REFUSED, None),
        ((400, "SendingPausedException", ""), State.QUEUED, Trouble.REFUSED, None),
        ((403, "AccessDeniedException", "not allowed"), State.QUEUED, Trouble.REFUSED, None),
        ((500, "InternalFailure", ""), State.QUEUED, None, None),
        ((503, "", ""), State.QUEUED, None, None),
    ],
)
async def test_what_it_says_is_understood(
    scene: Scene,
    says: tuple[int, str, str],
    state: State,
    trouble: Trouble | None,
    rests: str | None,
):
    scene.ses.says = says
    found, reply = await scene.deliver()
    assert found is state, reply
    assert says[2] in reply
    if state is State.QUEUED:
        row = await scene.waits()
        assert (row.trouble, row.site_reason) == (trouble, rests)


async def test_silence_may_mean_that_it_was_taken(scene: Scene):
    scene.ses.silent = True
    queued = await send(scene.house, scene.workspace, LI)
    await work(scene.worker)
    (recipient,) = (await state_of(scene.house, scene.workspace, queued)).recipients
    assert (recipient.state, recipient.unclear) == (State.QUEUED, True)


async def test_what_it_cannot_take_is_not_sent(scene: Scene):
    state, reply = await scene.deliver(to="王芳@kunde.example")
    assert (state, "ASCII" in reply) == (State.FAILED, True)
    assert scene.ses.taken == []


async def test_the_house_may_hand_over_everything(scene: Scene):
    async with scene.house.workspace(scene.workspace.id) as tx:
        await tx.connection.execute("DELETE FROM outbox_relays")
    async with scene.house.system() as tx:
        sign_in = SignIn(user=ACCESS, password=SECRET)
        await set_route(tx, "*", f"ses:{REGION}", sign_in=sign_in)
    assert (await scene.deliver())[0] is State.DELIVERED
    assert len(scene.ses.taken) == 1
