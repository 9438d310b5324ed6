"""Mail of a linked account whose service sends by itself: once, to all, one copy on both sides."""

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.mail.accounts import actions as accounts
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.graph import connect_graph
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.keyed.visit import KeyedVisit
from posthouse.mail.accounts.model import LinkedAccount, Server, Servers
from posthouse.mail.accounts.oauth.model import Tokens
from posthouse.mail.accounts.oauth.store import put_tokens
from posthouse.mail.accounts.oauth.tokens import tokens_of
from posthouse.mail.accounts.store import read_secret
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.reading import open_folder
from posthouse.protocols.dns import CachingResolver
from posthouse.sending.composer.actions import send_message
from posthouse.sending.composer.views import NewMessage, Person, SentMessage
from posthouse.sending.outbox.actions import states_of_copies
from posthouse.sending.outbox.model import RecipientState, State
from posthouse.sending.outbox.worker import Worker
from tests.support.graph_server import GraphServer, graph_server
from tests.support.house import Workspace
from tests.support.sending import HeldClock, make_actor, work

ADDRESS = "anna@contoso.example"
LI, EVA = "li@kunde.example", "eva@elsewhere.example"


@pytest.fixture
async def server(sending: Database) -> AsyncIterator[GraphServer]:
    sending.provide(
        Outside(
            resolver=sending.service(CachingResolver),
            tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            private_hosts=True,
        )
    )
    async with graph_server() as running:
        yield running


@pytest.fixture
async def account(
    sending: Database, workspace: Workspace, held: HeldClock, server: GraphServer
) -> LinkedAccount:
    api = Server(host="127.0.0.1", port=server.port, security="plain")
    async with sending.workspace(workspace.id) as tx:
        made = await accounts.link_account(
            tx,
            make_actor(workspace),
            address=ADDRESS,
            servers=Servers(incoming=api, outgoing=api, login=ADDRESS),
            secret=None,
            kind="graph",
        )
        tokens = Tokens(access=server.token, refresh="again")
        await put_tokens(tx, made.id, "microsoft-graph", tokens, clock.now() + timedelta(days=30))
    return made


async def write(
    house: Database, workspace: Workspace, held: HeldClock, *, text: str = "Hello"
) -> SentMessage:
    message = NewMessage(
        sender=Person(ADDRESS), to=[Person(LI)], bcc=[Person(EVA)], subject="Offer", text=text
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


async def visit(house: Database, account: LinkedAccount) -> int:
    tokens = await tokens_of(house)
    async with house.workspace(account.workspace_id) as tx:
        secret = await read_secret(tx, account.id)
        sign_in = await tokens.sign_in(tx, account, secret)
    driver = await connect_graph(sign_in, house.service(Outside))
    try:
        going = KeyedVisit(house, driver, account, Hands(), largest=1 << 20)
        await going.run()
        return going.stored
    finally:
        await driver.close()


async def sent_here(house: Database, account: LinkedAccount) -> int:
    async with house.workspace(account.workspace_id) as tx:
        folder = await find_folder(tx, account.mailbox_id, "Sent")
        return len((await open_folder(tx, folder, None)).uids)


async def test_it_leaves_once_and_lies_once_in_sent_on_both_sides(
    sending: Database,
    workspace: Workspace,
    held: HeldClock,
    worker: Worker,
    server: GraphServer,
    account: LinkedAccount,
):
    await visit(sending, account)
    sent = await write(sending, workspace, held)
    await work(worker)
    assert {each.state for each in await told(sending, workspace, sent)} == {State.DELIVERED}
    (raw,) = server.sent
    header = raw.partition(b"\r\n\r\n")[0]
    assert f"Bcc: {EVA}".encode() in header
    assert header.count(LI.encode()) == 1
    box = server.box
    for _ in range(2):
        assert await visit(sending, account) == 0, "what Exchange has made of it is not fetched"
        assert await sent_here(sending, account) == 1
        assert len(list(box.in_folder(box.find("sentitems")))) == 1
        assert not list(box.in_folder(box.find("drafts")))


async def test_an_answer_that_nobody_heard_sends_nothing_twice(
    sending: Database,
    workspace: Workspace,
    held: HeldClock,
    worker: Worker,
    server: GraphServer,
    account: LinkedAccount,
):
    server.unheard = "/send"
    sent = await write(sending, workspace, held)
    await work(worker)
    states = await told(sending, workspace, sent)
    assert {(each.state, each.unclear) for each in states} == {(State.QUEUED, True)}
    held.pass_by(hours=1)
    await work(worker)
    assert {each.state for each in await told(sending, workspace, sent)} == {State.DELIVERED}
    assert len(server.sent) == 1


async def test_what_stands_in_its_way(
    sending: Database,
    workspace: Workspace,
    held: HeldClock,
    worker: Worker,
    server: GraphServer,
    account: LinkedAccount,
):
    server.throttled, server.pause = 1, 120
    first = await write(sending, workspace, held)
    await work(worker)
    (one, _) = await told(sending, workspace, first)
    assert (one.state, one.unclear) == (State.QUEUED, False)
    large = await write(sending, workspace, held, text="x" * (4 << 20))
    held.pass_by(hours=1)
    await work(worker)
    assert {each.state for each in await told(sending, workspace, first)} == {State.DELIVERED}
    failed = await told(sending, workspace, large)
    assert {each.state for each in failed} == {State.FAILED}
    assert "3 MB" in failed[0].reply
    server.token = "another"
    late = await write(sending, workspace, held)
    await work(worker)
    assert {each.state for each in await told(sending, workspace, late)} == {State.QUEUED}
    assert len(server.sent) == 1
