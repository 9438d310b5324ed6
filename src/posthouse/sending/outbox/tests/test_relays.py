"""A relay that wants a password: a real submission server, right and wrong passwords, right and
wrong certificates."""

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.security.vault import Tampered
from posthouse.sending.outbox.handover import SignIn
from posthouse.sending.outbox.model import State
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.queue import Chosen, read_queue, retry_now
from posthouse.sending.outbox.routes import list_routes, set_route, sign_in_of
from posthouse.sending.outbox.tests.relay import RunningRelay
from posthouse.sending.outbox.tests.test_outbox import LI, counts, send, state_of
from posthouse.sending.outbox.worker import Worker
from posthouse.servers.smtp.tests.town import ANNA, PASSWORD
from tests.support.house import Workspace
from tests.support.sending import HeldClock, make_worker, work

RIGHT = SignIn(user=ANNA, password=PASSWORD)


async def test_the_password_goes_to_the_relay_and_nowhere_else(
    sending: Database,
    workspace: Workspace,
    held: HeldClock,
    relay: RunningRelay,
):
    listener, town, trusting = relay
    where = f"127.0.0.1:{listener.port}"
    wrong = SignIn(user=ANNA, password="wrong")
    async with sending.system() as tx:
        assert (await set_route(tx, "*", where, sign_in=wrong)).tls == "verified"
    queued = await send(sending, workspace, LI)

    # Whose certificate nobody vouches for is told nothing.
    stranger = ConnectionPool()
    await work(make_worker(sending, stranger, Worker))
    stranger.close()
    assert town.kept == []
    pool = ConnectionPool(verifying=trusting)
    worker = make_worker(sending, pool, Worker)

    # A wrong password is our own fault: the mail waits, and the queue says why.
    await again(sending, held, worker)
    async with sending.system() as tx:
        (row,) = await read_queue(tx)
    assert row.reply.startswith("535")
    assert PASSWORD not in row.reply
    assert await counts(sending, workspace) == {"Sent": 1}

    async with sending.system() as tx:
        await set_route(tx, "*", where, sign_in=RIGHT)
    await again(sending, held, worker)
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert recipient.state is State.DELIVERED
    assert town.kept[-1].session.member == ANNA
    pool.close()


async def again(house: Database, held: HeldClock, worker: Worker) -> None:
    held.pass_by(seconds=1)
    async with house.system() as tx:
        await retry_now(tx, Chosen())
    held.pass_by(seconds=1)
    assert await work(worker) == 1


async def test_what_is_kept_is_encrypted_and_bound_to_its_row(sending: Database):
    async with sending.system() as tx:
        await set_route(tx, "a.example", "relay.example:465", sign_in=RIGHT)
        await set_route(tx, "b.example", "relay.example:25")
        first, second = await list_routes(tx)
        assert (first.tls, second.tls) == ("implicit", "opportunistic")
        assert first.sign_in
        assert PASSWORD.encode() not in first.sign_in
        assert ANNA.encode() not in first.sign_in
        assert sign_in_of(tx, "a.example", first.sign_in) == RIGHT
        assert sign_in_of(tx, "b.example", second.sign_in) is None
        with pytest.raises(Tampered):
            sign_in_of(tx, "b.example", first.sign_in)
        await set_route(tx, "a.example", "relay.example:465")
        assert (await list_routes(tx))[0].sign_in is None
    assert PASSWORD not in repr(RIGHT)


@pytest.mark.parametrize("tls", ["opportunistic", "encrypted"])
async def test_no_password_without_a_certificate(sending: Database, tls: str):
    async with sending.system() as tx:
        with pytest.raises(Invalid):
            await set_route(tx, "*", "relay.example:587", tls, RIGHT)
        with pytest.raises(Invalid):
            await set_route(tx, "*", "relay.example:587", sign_in=SignIn(user="", password="x"))
