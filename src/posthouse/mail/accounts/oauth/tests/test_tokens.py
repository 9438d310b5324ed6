"""Access tokens of accounts: one refresh at a time, none lost, nothing in the clear."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.ids import new_id
from posthouse.mail.accounts import actions
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import AccountError, Refused, SignInRefused, Unreachable
from posthouse.mail.accounts.model import Secret, Server, Servers
from posthouse.mail.accounts.oauth import store
from posthouse.mail.accounts.oauth.model import Kept, Tokens
from posthouse.mail.accounts.oauth.services import Clients
from posthouse.mail.accounts.oauth.tokens import TokenKeeper
from posthouse.protocols.dns import CachingResolver
from tests.support.authorization import AuthorizationServer, authorization_server
from tests.support.dns_zones import ZoneResolver
from tests.support.house import Workspace
from tests.support.sending import make_actor

LOGIN = "anna@contoso.example"
SERVERS = Servers(
    incoming=Server(host="outlook.office365.com", port=993), outgoing=None, login=LOGIN
)


@dataclass
class Scene:
    """An account whose access token is over, and processes that want one."""

    house: Database
    workspace: Workspace
    server: AuthorizationServer
    account_id: UUID = field(default_factory=new_id)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def process(self) -> TokenKeeper:
        outside = Outside(
            resolver=cast(CachingResolver, ZoneResolver({})), tls=ssl.create_default_context()
        )
        return TokenKeeper(self.house, outside)

    async def access(self, process: TokenKeeper) -> str:
        return await process.access(self.workspace.id, self.account_id)

    async def put(self, refresh: str, *, seconds: float = 0.0) -> None:
        async with self.house.workspace(self.workspace.id) as tx:
            await store.put_tokens(
                tx,
                self.account_id,
                "microsoft",
                Tokens(access="old-access-token", refresh=refresh),
                clock.now() + timedelta(seconds=seconds),
            )

    async def kept(self) -> Kept:
        async with self.house.workspace(self.workspace.id) as tx:
            kept = await store.read_tokens(tx, self.account_id)
        assert kept is not None
        return kept

    async def claim(self) -> None:
        """As another process does, which dies then."""
        async with self.house.workspace(self.workspace.id) as tx:
            until = clock.now() + timedelta(seconds=60)
            assert await store.claim_refresh(tx, self.account_id, 1, new_id(), until)


@pytest.fixture
async def scene(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    async with authorization_server("microsoft") as server:
        house.provide(server.clients())
        scene = Scene(house, workspace, server)
        clock.hold(lambda: scene.now)
        async with house.workspace(workspace.id) as tx:
            linked = await actions.link_account(
                tx, make_actor(workspace), address=LOGIN, servers=SERVERS, secret=None
            )
        scene.account_id = linked.id
        await scene.put(server.grant_to(LOGIN)[1])
        monkeypatch.setattr("posthouse.mail.accounts.oauth.tokens._LOOK_SECONDS", 0.01)
        yield scene
    clock.hold(None)


async def test_a_token_that_lasts_is_not_asked_for_again(scene: Scene):
    process = scene.process()
    first = await scene.access(process)
    assert scene.server.live[first] == LOGIN
    assert await scene.access(process) == first
    assert await scene.access(scene.process()) == first
    assert len(scene.server.asked) == 1


@pytest.mark.parametrize(("seconds", "asked"), [(119, 1), (121, 0)])
async def test_a_token_that_ends_during_the_sign_in_is_over(
    scene: Scene, seconds: float, asked: int
):
    await scene.put((await scene.kept()).tokens.refresh, seconds=seconds)
    await scene.access(scene.process())
    assert len(scene.server.asked) == asked


async def test_many_at_once_in_two_processes_share_one_refresh(scene: Scene):
    scene.server.revokes = True  # a second use of the refresh token would lose the account
    processes = [scene.process(), scene.process()]
    tokens = await asyncio.gather(*(scene.access(each) for each in processes * 5))
    assert len(set(tokens)) == 1
    assert len(scene.server.asked) == 1
    assert (await scene.kept()).tokens.access == tokens[0]


async def test_the_refresh_token_that_came_along_is_the_one_that_counts(scene: Scene):
    scene.server.revokes = True
    seen = {(await scene.kept()).tokens.refresh}
    for _ in range(3):
        await scene.access(scene.process())
        kept = await scene.kept()
        seen.add(kept.tokens.refresh)
        await scene.put(kept.tokens.refresh)
    assert len(seen) == 4


async def test_whoever_lost_the_race_takes_the_winners_token(scene: Scene):
    """The one whose lease had ended comes through while the next one asks: the refresh token is
    used up, and that is no word about the consent.
    """
    refresh = (await scene.kept()).tokens.refresh

    async def winner_comes_first(form: dict[str, str]) -> Any:
        scene.server.before = None
        async with scene.house.workspace(scene.workspace.id) as tx:
            new = Tokens(access="winners-token", refresh="winners-refresh")
            until = clock.now() + timedelta(hours=1)
            assert await store.keep_refreshed(tx, scene.account_id, 1, new, until)
        scene.server.revoke_all()

    scene.server.before = winner_comes_first
    assert await scene.access(scene.process()) == "winners-token"
    assert scene.server.asked[0]["refresh_token"] == refresh
    assert (await scene.kept()).tokens.refresh == "winners-refresh"


async def test_a_late_answer_does_not_overwrite_newer_tokens(scene: Scene):
    async def consent_anew(form: dict[str, str]) -> Any:
        scene.server.before = None
        await scene.put("consented-anew", seconds=3600)

    scene.server.before = consent_anew
    assert await scene.access(scene.process()) == "old-access-token"  # what the consent brought
    assert (await scene.kept()).tokens.refresh == "consented-anew"


async def test_a_process_that_died_is_waited_for_as_long_as_its_lease(scene: Scene):
    await scene.claim()
    wanted = asyncio.create_task(scene.access(scene.process()))
    await asyncio.wait([wanted], timeout=0.1)
    assert not wanted.done()
    scene.later(seconds=61)
    assert scene.server.live[await wanted] == LOGIN
    assert len(scene.server.asked) == 1


async def test_whoever_waits_too_long_is_told_the_network_is_to_blame(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("posthouse.mail.accounts.oauth.tokens._WAIT_SECONDS", 0.1)
    await scene.claim()
    with pytest.raises(Unreachable):
        await scene.access(scene.process())
    assert scene.server.asked == []


async def test_a_refresh_is_carried_through_when_nobody_wants_it_any_more(scene: Scene):
    scene.server.revokes = True
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(form: dict[str, str]) -> Any:
        asked.set()
        await go_on.wait()

    scene.server.before = slowly
    process = scene.process()
    wanted = asyncio.create_task(scene.access(process))
    await asked.wait()
    wanted.cancel()
    go_on.set()
    await process.settle()
    kept = await scene.kept()
    assert scene.server.live[kept.tokens.access] == LOGIN
    assert kept.version == 2


@pytest.mark.parametrize("answer", ["hang up", (500, b"oops"), (503, b""), (200, b"<html>")])
async def test_trouble_on_the_way_is_not_a_bad_consent(scene: Scene, answer: Any):
    scene.server.before = lambda form: answer
    before = await scene.kept()
    with pytest.raises(AccountError) as error:
        await scene.access(scene.process())
    assert not isinstance(error.value, SignInRefused)
    assert await scene.kept() == before
    scene.server.before = None  # and the next one does not have to wait for a lease
    assert scene.server.live[await scene.access(scene.process())] == LOGIN


async def test_a_consent_taken_back_wants_its_member(scene: Scene):
    scene.server.revoke_all()
    process = scene.process()
    for _ in range(2):
        with pytest.raises(SignInRefused) as refusal:
            await scene.access(process)
        assert refusal.value.reason == "consent"
    assert len(scene.server.asked) == 2


async def test_a_house_that_is_not_registered_any_more(scene: Scene):
    scene.house.provide(Clients({}))
    with pytest.raises(Refused):
        await scene.access(scene.process())


async def test_a_token_the_server_refuses_is_tried_again_once_with_a_new_one(scene: Scene):
    process = scene.process()
    first = await scene.access(process)
    assert not await process.distrust(scene.workspace.id, scene.account_id)  # fresh: no use
    scene.later(minutes=5)
    assert await process.distrust(scene.workspace.id, scene.account_id)
    assert await scene.access(process) != first


async def test_a_password_ends_the_consent(scene: Scene):
    async with scene.house.workspace(scene.workspace.id) as tx:
        actor = make_actor(scene.workspace)
        await actions.change_secret(tx, actor, scene.account_id, Secret(password="horses"))
        assert await scene.process().source(tx, scene.account_id) is None
    with pytest.raises(SignInRefused):
        await scene.access(scene.process())


async def test_tokens_are_kept_encrypted(scene: Scene):
    access = await scene.access(scene.process())
    refresh = (await scene.kept()).tokens.refresh
    async with scene.house.system() as tx:
        kept = await tx.connection.fetchval("SELECT t::text FROM account_tokens t")
    for secret in (access, refresh):
        assert secret not in kept
        assert secret.encode().hex() not in kept
