"""Relays by who sends: the nearest one counts, each with a sign-in of its own."""

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.security.members import Actor, Role
from posthouse.sending.outbox.handover import SignIn
from posthouse.sending.outbox.model import Share, State, Trouble
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.queue import Chosen, read_queue, read_sites, retry_now
from posthouse.sending.outbox.relays import list_relays, remove_relay, set_relay
from posthouse.sending.outbox.routes import set_route
from posthouse.sending.outbox.sites import Nowhere, Provider, Remote, Way, find_way
from posthouse.sending.outbox.store import lease_due
from posthouse.sending.outbox.tests.relay import RunningRelay
from posthouse.sending.outbox.tests.test_outbox import LI, send, state_of
from posthouse.sending.outbox.worker import Worker
from posthouse.servers.smtp.tests.town import ANNA, PASSWORD
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace
from tests.support.sending import HeldClock, make_actor, make_worker, work


async def hand_over(
    house: Database, workspace: Workspace, sender: str, relay: str, **how: str
) -> None:
    async with house.workspace(workspace.id) as tx:
        await set_relay(tx, Actor.system(workspace.id), sender, relay, **how)


async def way_of(house: Database, held: HeldClock, domain: str = "kunde.example") -> Way:
    """By which the only message that waits would go."""
    held.pass_by(minutes=5)
    async with house.system() as tx:
        lease = await lease_due(
            tx,
            worker=new_id(),
            now=held(),
            lease_until=held(),
            rooms=dict.fromkeys(Share, 10),
            busy=[],
        )
    (leased,) = lease.leased
    return await find_way(house, domain, None, leased.relay_id)


async def site_of(house: Database, held: HeldClock, domain: str = "kunde.example") -> str:
    way = await way_of(house, held, domain)
    assert isinstance(way, Remote), way
    return way.site.rpartition(" ")[0] if way.site.count(" ") == 2 else way.site


async def test_the_nearest_relay_counts(
    sending: Database, workspace: Workspace, other: Workspace, held: HeldClock
):
    await send(sending, workspace, LI)
    assert await site_of(sending, held) == "mx.kunde.example"
    async with sending.system() as tx:
        await set_route(tx, "*", "127.0.0.1:1001")
    assert await site_of(sending, held) == "relay 127.0.0.1:1001"
    await hand_over(sending, workspace, "*", "127.0.0.1:1002")
    await hand_over(sending, other, "*", "127.0.0.1:1009")
    assert await site_of(sending, held) == "relay 127.0.0.1:1002"
    await hand_over(sending, workspace, "acme.example", "127.0.0.1:1003")
    assert await site_of(sending, held) == "relay 127.0.0.1:1003"
    # The operator knows a way of its own to this one domain.
    async with sending.system() as tx:
        await set_route(tx, "kunde.example", "127.0.0.1:1004")
    assert await site_of(sending, held) == "relay 127.0.0.1:1004"
    await hand_over(sending, workspace, workspace.address, "127.0.0.1:1005")
    assert await site_of(sending, held) == "relay 127.0.0.1:1005"
    await hand_over(sending, workspace, workspace.address, "127.0.0.1:1006")
    assert await site_of(sending, held) == "relay 127.0.0.1:1006"
    async with sending.workspace(workspace.id) as tx:
        actor = Actor.system(workspace.id)
        assert [each.sender for each in await list_relays(tx, actor)] == [
            "*",
            "acme.example",
            "anna@acme.example",
        ]
        await remove_relay(tx, actor, workspace.address)
        with pytest.raises(NotFound):
            await remove_relay(tx, actor, workspace.address)
    assert await site_of(sending, held) == "relay 127.0.0.1:1004"


async def test_each_sender_signs_in_as_itself(
    sending: Database,
    workspace: Workspace,
    held: HeldClock,
    relay: RunningRelay,
):
    listener, town, trusting = relay
    where = f"127.0.0.1:{listener.port}"
    await hand_over(sending, workspace, "*", where, user=ANNA, password="wrong")
    pool = ConnectionPool(verifying=trusting)
    worker = make_worker(sending, pool, Worker)
    queued = await send(sending, workspace, LI)
    await work(worker)
    async with sending.system() as tx:
        (row,) = await read_queue(tx)
        (site,) = await read_sites(tx, workspace.id)
    assert row.reply.startswith("535")
    assert row.trouble is site.trouble is Trouble.SIGN_IN
    await hand_over(sending, workspace, workspace.address, where, user=ANNA, password=PASSWORD)
    held.pass_by(minutes=1)
    async with sending.system() as tx:
        await retry_now(tx, Chosen())
    held.pass_by(seconds=1)
    assert await work(worker) == 1
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert recipient.state is State.DELIVERED
    assert town.kept[-1].session.member == ANNA
    pool.close()


async def test_a_certificate_that_nobody_vouches_for_is_told(
    sending: Database,
    workspace: Workspace,
    relay: RunningRelay,
):
    listener, town, _ = relay
    await hand_over(
        sending, workspace, "*", f"127.0.0.1:{listener.port}", user=ANNA, password=PASSWORD
    )
    await send(sending, workspace, LI)
    pool = ConnectionPool()
    await work(make_worker(sending, pool, Worker))
    pool.close()
    async with sending.system() as tx:
        (row,) = await read_queue(tx)
    assert (row.trouble, town.kept) == (Trouble.TLS, [])


async def test_a_relay_that_is_not_there_is_told(
    sending: Database, workspace: Workspace, worker: Worker
):
    await hand_over(sending, workspace, "*", "127.0.0.1:1")
    await send(sending, workspace, LI)
    await work(worker)
    async with sending.system() as tx:
        (row,) = await read_queue(tx)
    assert row.trouble is Trouble.AWAY


async def test_administrators_lead_nobody_into_our_own_network(
    sending: Database, workspace: Workspace, held: HeldClock, dns: DnsServer
):
    admin = make_actor(workspace)
    admin = Actor(
        workspace_id=admin.workspace_id,
        member_id=admin.member_id,
        role=Role.ADMIN,
        name=admin.name,
        address=admin.address,
    )
    async with sending.workspace(workspace.id) as tx:
        with pytest.raises(Invalid):
            await set_relay(tx, admin, "*", "relay.example.net:5432")
        await set_relay(tx, admin, "*", "127.0.0.1:25")
        with pytest.raises(Denied):
            await set_relay(tx, make_actor(workspace), "*", "relay.example.net:25")
    await send(sending, workspace, LI)
    way = await way_of(sending, held)
    assert isinstance(way, Nowhere)
    assert way.reply.enhanced == "4.4.4"


async def test_what_is_set_is_checked(sending: Database, workspace: Workspace, other: Workspace):
    async with sending.workspace(workspace.id) as tx:
        actor = Actor.system(workspace.id)
        for sender in (other.address, other.domain, "nobody@acme.example", "acme.invalid"):
            with pytest.raises(NotFound):
                await set_relay(tx, actor, sender, "relay.example.net:25")
        for relay in ("relay.example.net", "relay.example.net:0", "ses:here", "ses:eu-central-1"):
            with pytest.raises(Invalid):
                await set_relay(tx, actor, "*", relay)
        with pytest.raises(Invalid):
            await set_relay(
                tx, actor, "*", "r.example:587", user="a", password="b", tls="encrypted"
            )
        with pytest.raises(Invalid, match="password"):
            await set_relay(tx, actor, "*", "r.example:587", user="a")


async def test_a_password_that_is_kept_stays(sending: Database, workspace: Workspace):
    async with sending.workspace(workspace.id) as tx:
        actor = Actor.system(workspace.id)
        await set_relay(tx, actor, "*", "r.example:465", user="acme", password=PASSWORD)
        again = await set_relay(tx, actor, "*", "r.example:465", user="acme", tls="verified")
        assert again.sign_in == SignIn(user="acme", password=PASSWORD)
        with pytest.raises(Invalid):  # never to another host
            await set_relay(tx, actor, "*", "thief.example:465", user="acme")
        with pytest.raises(Invalid):
            await set_relay(tx, actor, "*", "r.example:465", user="other")
        (row,) = await tx.connection.fetch("SELECT * FROM outbox_relays")
        assert PASSWORD.encode() not in row["sign_in"]
        assert PASSWORD not in repr(again)


async def test_a_provider_is_a_relay(sending: Database, workspace: Workspace, held: HeldClock):
    how = {"user": "AKIDEXAMPLE", "password": "secret"}
    await hand_over(sending, workspace, "*", "ses:cn-north-1", **how)
    await send(sending, workspace, LI)
    way = await way_of(sending, held)
    assert isinstance(way, Provider)
    assert way.host == "email.cn-north-1.amazonaws.com.cn"
    async with sending.workspace(workspace.id) as tx:
        (listed,) = await list_relays(tx, Actor.system(workspace.id))
    assert listed.address == "ses:cn-north-1"
