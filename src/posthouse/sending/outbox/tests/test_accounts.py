"""Mail of a linked account: by a real Postfix, whose passwords a real Dovecot knows, in the name of
the account and of nobody else."""

import ssl
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied
from posthouse.foundation.events import drain
from posthouse.mail.accounts import actions as accounts
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.model import LinkedAccount, Secret, Server, Servers
from posthouse.mail.accounts.oauth.model import Tokens
from posthouse.mail.accounts.oauth.store import put_tokens
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import folder_by_use, list_folders
from posthouse.mail.mailboxes.model import Filing
from posthouse.protocols.dns import CachingResolver
from posthouse.sending.composer.actions import send_message
from posthouse.sending.composer.views import NewMessage, Person, SentMessage
from posthouse.sending.outbox.actions import enqueue, states_of_copies
from posthouse.sending.outbox.events import Delivered
from posthouse.sending.outbox.listeners import LISTENERS, keep_copies
from posthouse.sending.outbox.model import RecipientState, State
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.worker import Worker
from tests.support.authorization import authorization_server
from tests.support.dovecot import PASSWORD, OldServer, old_server
from tests.support.house import Workspace, letter
from tests.support.ports import free_port
from tests.support.postfix import running_postfix
from tests.support.scripted_mx import ScriptedMx, serving_in_thread
from tests.support.sending import HeldClock, make_actor, make_worker, work

pytestmark = pytest.mark.interop
ADDRESS = "anna@provider.example"
TOKENS = free_port()
FULL = "552 5.2.2 Mailbox full"
LI, EVA = "li@kunde.example", "eva@elsewhere.example"
# It takes mail of whoever has signed in, under that name alone, over TLS alone.
_SETTINGS = """\
smtpd_tls_chain_files = {shown}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {sasl}
smtpd_sender_login_maps = inline:{{ {{ {address} = anna }} }}
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_relay_restrictions = permit_sasl_authenticated, reject
relayhost = [127.0.0.1]:{mx}
"""


@dataclass(frozen=True)
class Provider:
    """Its server that sends, where that sends to, and who trusts it."""

    port: int
    next: ScriptedMx
    trusting: ssl.SSLContext

    def servers(self, login: str = "anna") -> Servers:
        return Servers(
            incoming=Server(host="localhost", port=1, security="plain"),
            outgoing=Server(host="localhost", port=self.port, security="starttls"),
            login=login,
        )


@pytest.fixture(scope="module")
def dovecot() -> Iterator[OldServer]:
    with old_server(introspection=TOKENS) as running:
        yield running


@pytest.fixture(scope="module")
def provider(dovecot: OldServer) -> Iterator[Provider]:
    mx = free_port()
    said = _SETTINGS.format(shown=dovecot.shown, sasl=dovecot.sasl, address=ADDRESS, mx=mx)
    trusting = ssl.create_default_context(cafile=str(dovecot.authority))
    with serving_in_thread(mx) as following, running_postfix(said) as postfix:
        yield Provider(postfix.port, following, trusting)


@pytest.fixture
async def worker(sending: Database, provider: Provider) -> AsyncIterator[Worker]:
    resolver = sending.service(CachingResolver)
    sending.provide(Outside(resolver=resolver, tls=provider.trusting, private_hosts=True))
    pool = ConnectionPool(verifying=provider.trusting)
    yield make_worker(sending, pool, Worker)
    pool.close()


async def link(
    house: Database, workspace: Workspace, servers: Servers, password: str = PASSWORD
) -> LinkedAccount:
    async with house.workspace(workspace.id) as tx:
        return await accounts.link_account(
            tx,
            make_actor(workspace),
            address=ADDRESS,
            servers=servers,
            secret=Secret(password=password),
        )


async def write(house: Database, workspace: Workspace, held: HeldClock, *to: str) -> SentMessage:
    message = NewMessage(
        sender=Person(ADDRESS), to=[Person(each) for each in to], subject="Offer", text="Hello"
    )
    async with house.workspace(workspace.id) as tx:
        sent = await send_message(tx, make_actor(workspace), message)
    held.pass_by(minutes=1)
    return sent


async def told(
    house: Database, workspace: Workspace, sent: SentMessage
) -> tuple[RecipientState, ...]:
    async with house.workspace(workspace.id) as tx:
        return (await states_of_copies(tx, [sent.id]))[sent.id].recipients


def passed_on(provider: Provider, count: int) -> list[bytes]:
    """What the Postfix has handed over, when it is so many."""
    end = time.monotonic() + 20
    while len(provider.next.contents) < count and time.monotonic() < end:
        time.sleep(0.02)
    return provider.next.contents


async def test_it_leaves_by_the_accounts_own_server(
    sending: Database, workspace: Workspace, held: HeldClock, worker: Worker, provider: Provider
):
    account = await link(sending, workspace, provider.servers())
    sent = await write(sending, workspace, held, LI, EVA, workspace.address)
    await work(worker)
    assert {each.state for each in await told(sending, workspace, sent)} == {State.DELIVERED}
    contents = passed_on(provider, 1)
    assert sorted(provider.next.recipients) == sorted([LI, EVA, workspace.address])
    for content in contents:
        assert f"<{ADDRESS}>".encode() in content
        assert b"DKIM-Signature" not in content
        assert content.count(b"by gate.acme.example (Postfix) with ESMTPSA") == 1
    queue_ids = {content.partition(b"ESMTPSA id ")[2].split()[0] for content in contents}
    assert len(queue_ids) == 1, "one transaction, and so one copy at the provider"
    async with sending.workspace(workspace.id) as tx:
        theirs = await list_folders(tx, account.mailbox_id)
        ours = await list_folders(tx, workspace.mailbox_id)
    assert {f.name: f.message_count for f in theirs if f.message_count} == {"Sent": 1}
    assert not any(folder.message_count for folder in ours), "it went all the way round"
    delivered = Delivered(outbox_message_ids=[], mailbox_message_ids=[sent.id], recipient_ids=[])
    async with sending.workspace(workspace.id) as tx:
        await keep_copies(tx, [delivered, delivered])
        rows = await tx.connection.fetch("SELECT mailbox_message_id FROM sent_copies")
    assert [row["mailbox_message_id"] for row in rows] == [sent.id]


async def test_a_wrong_password_waits_for_the_right_one(
    sending: Database, workspace: Workspace, held: HeldClock, worker: Worker, provider: Provider
):
    account = await link(sending, workspace, provider.servers(), password="wrong")
    sent = await write(sending, workspace, held, LI)
    await work(worker)
    (waiting,) = await told(sending, workspace, sent)
    assert waiting.state is State.QUEUED
    assert "535" in waiting.reply
    assert PASSWORD not in waiting.reply
    async with sending.workspace(workspace.id) as tx:
        await accounts.change_secret(
            tx, make_actor(workspace), account.id, Secret(password=PASSWORD)
        )
    held.pass_by(hours=2)
    await work(worker)
    (done,) = await told(sending, workspace, sent)
    assert done.state is State.DELIVERED


async def test_the_server_takes_no_other_name(
    sending: Database, workspace: Workspace, held: HeldClock, worker: Worker, provider: Provider
):
    """A refusal is one for good, and nothing goes by another way."""
    await link(sending, workspace, provider.servers(login="li"))
    sent = await write(sending, workspace, held, LI)
    await work(worker)
    (refused,) = await told(sending, workspace, sent)
    assert refused.state is State.FAILED
    assert "not owned by user" in refused.reply


async def test_an_account_without_a_server_sends_nothing(
    sending: Database, workspace: Workspace, held: HeldClock, worker: Worker, provider: Provider
):
    account = await link(sending, workspace, replace(provider.servers(), outgoing=None))
    with pytest.raises(Denied):
        await write(sending, workspace, held, LI)
    async with sending.workspace(workspace.id) as tx:
        actor = make_actor(workspace)
        right = Secret(password=PASSWORD)
        await accounts.change_secret(tx, actor, account.id, right, servers=provider.servers())
    sent = await write(sending, workspace, held, LI)
    async with sending.workspace(workspace.id) as tx:
        await accounts.unlink_account(tx, actor, account.id, keep_mail=True)
    await work(worker)
    (failed,) = await told(sending, workspace, sent)
    assert failed.state is State.FAILED
    assert "no server any more" in failed.reply


async def test_a_mail_program_sends_in_its_name(
    sending: Database, workspace: Workspace, held: HeldClock, worker: Worker, provider: Provider
):
    account = await link(sending, workspace, provider.servers())
    before = len(provider.next.contents)
    raw = letter(message_id="p1@provider.example", sender=f"Anna <{ADDRESS}>", to=LI)
    async with sending.workspace(workspace.id) as tx:
        queued = await enqueue(
            tx,
            raw=raw,
            mail_from=ADDRESS,
            recipients=[LI],
            submitted_by=workspace.member_id,
            door="submission",
            own={ADDRESS: account.mailbox_id},
        )
    assert queued.mailbox_id == account.mailbox_id
    await work(worker)
    assert b"<p1@provider.example>" in passed_on(provider, before + 1)[-1]


async def test_by_consent_it_is_signed_in_to_with_a_token(
    sending: Database, workspace: Workspace, held: HeldClock, worker: Worker, provider: Provider
):
    """The token is asked for when there is mail. Without consent the mail waits for it."""
    before = len(provider.next.contents)
    async with authorization_server("google", TOKENS) as server:
        sending.provide(server.clients())
        async with sending.workspace(workspace.id) as tx:
            account = await accounts.link_account(
                tx,
                make_actor(workspace),
                address=ADDRESS,
                servers=provider.servers(),
                secret=None,
            )
            tokens = Tokens(access="over", refresh=server.grant_to("anna")[1])
            await put_tokens(tx, account.id, "google", tokens, clock.now())
        server.before = lambda form: (503, b"")
        sent = await write(sending, workspace, held, LI)
        await work(worker)
        (waiting,) = await told(sending, workspace, sent)
        assert (waiting.state, "no access token" in waiting.reply) == (State.QUEUED, True)
        server.before = None
        held.pass_by(hours=2)
        await work(worker)
        (done,) = await told(sending, workspace, sent)
        assert done.state is State.DELIVERED
        assert len(passed_on(provider, before + 1)) == before + 1
        server.revoke_all()
        held.pass_by(hours=2)
        sent = await write(sending, workspace, held, LI)
        await work(worker)
        (waiting,) = await told(sending, workspace, sent)
        assert (waiting.state, "consent" in waiting.reply) == (State.QUEUED, True)


class RefusingFirst(dict[str, str]):
    """The first recipient's mailbox is full; it is asked for twice (`ScriptedMx`)."""

    asked = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.asked += key == "rcpt"
        return FULL if key == "rcpt" and self.asked <= 2 else default


async def test_what_its_server_reports_fails_the_delivery(
    sending: Database, workspace: Workspace, held: HeldClock, worker: Worker, provider: Provider
):
    """A real Postfix has taken it, the next server does not, and its report lies in the Inbox."""
    account = await link(sending, workspace, provider.servers())
    before = len(provider.next.contents)
    provider.next.says = RefusingFirst()
    sent = await write(sending, workspace, held, LI)
    other = await write(sending, workspace, held, EVA)
    await work(worker)
    (bounce,) = [
        content
        for content in passed_on(provider, before + 2)[before:]
        if b"multipart/report" in content
    ]
    provider.next.says = {}
    async with sending.workspace(workspace.id) as tx:
        filing = Filing(
            mailbox_id=account.mailbox_id,
            folder_id=await folder_by_use(tx, account.mailbox_id, "inbox"),
            raw=bounce,
            received_at=clock.now(),
            direction="in",
            door="account",
        )
        await file_messages(tx, [filing])
    await drain(sending, LISTENERS)
    states = {
        (await told(sending, workspace, each))[0].state: (await told(sending, workspace, each))[0]
        for each in (sent, other)
    }
    assert states.keys() == {State.FAILED, State.DELIVERED}
    assert "Mailbox full" in states[State.FAILED].reply
