"""Sessions, API keys and members' own settings."""

import pytest

from posthouse.foundation.db import Database, open_database
from posthouse.foundation.errors import Denied, Invalid, NotFound, Unauthenticated
from posthouse.security import members
from posthouse.security.members import Actor, Scope
from tests.support.house import Workspace


@pytest.fixture
def anna(workspace: Workspace) -> Actor:
    return Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        role=members.Role.ADMIN,
        name="Anna",
        address=workspace.address,
    )


async def test_a_session_is_ended_in_every_process(house, database, anna):
    other_process = await open_database(database.owner_dsn)
    phone, laptop = [await open_session(house, anna, agent) for agent in ("Phone", "Laptop")]
    on_phone = await members.actor_of_session(other_process, phone)
    on_laptop = await members.actor_of_session(other_process, laptop)
    assert (on_phone.member_id, on_phone.address) == (anna.member_id, anna.address)

    async with house.workspace(anna.workspace_id) as tx:
        sessions = await members.list_sessions(tx, anna)
        assert {session.agent for session in sessions} == {"Phone", "Laptop"}
        assert on_phone.session_id
        await members.revoke_session(tx, on_laptop, on_phone.session_id)

    with pytest.raises(Unauthenticated):
        await members.actor_of_session(other_process, phone)
    assert await members.actor_of_session(other_process, laptop) == on_laptop
    await other_process.close()


async def test_a_session_lives_on_in_use_and_ends_without(house, anna, later):
    token = await open_session(house, anna)
    for _ in range(3):
        later(days=10)
        await members.actor_of_session(house, token)
    later(days=15)
    with pytest.raises(Unauthenticated):
        await members.actor_of_session(house, token)


async def test_a_session_is_touched_once_a_minute(house, anna, later):
    token = await open_session(house, anna)
    seen = set()
    for seconds in (1, 29, 25, 10, 30, 10):  # 105 in all
        later(seconds=seconds)
        await members.actor_of_session(house, token)
        async with house.workspace(anna.workspace_id) as tx:
            (session,) = await members.list_sessions(tx, anna)
        seen.add(session.last_seen_at)
    assert len(seen) == 2


async def test_a_new_password_ends_the_other_sessions(house, anna):
    kept, other = await open_session(house, anna), await open_session(house, anna)
    session_id = (await members.actor_of_session(house, kept)).session_id
    await members.set_password(
        house, anna.workspace_id, anna.member_id, "a new long password", kept=session_id
    )
    await members.actor_of_session(house, kept)
    with pytest.raises(Unauthenticated):
        await members.actor_of_session(house, other)


async def test_nobody_ends_anothers_session(house, anna):
    token = await open_session(house, anna)
    session_id = (await members.actor_of_session(house, token)).session_id
    assert session_id
    bert = await members.add_member(house, anna.workspace_id, "bert@acme.example", "long enough")
    async with house.workspace(anna.workspace_id) as tx:
        with pytest.raises(NotFound):
            await members.revoke_session(tx, bert, session_id)
    await members.actor_of_session(house, token)


async def test_tokens_are_not_kept(house, anna):
    token = await open_session(house, anna)
    async with house.workspace(anna.workspace_id) as tx:
        key = await members.add_api_key(tx, anna.member_id, members.checked_scopes([]))
        rows = await tx.connection.fetch(
            "SELECT s::text AS row FROM sessions s UNION ALL SELECT k::text FROM api_keys k"
        )
    assert len(rows) == 2
    for row in rows:
        assert token not in row["row"]
        assert key not in row["row"]


async def test_a_key_has_its_scopes_and_dies_at_once(house, anna):
    async with house.workspace(anna.workspace_id) as tx:
        scopes = members.checked_scopes(["mail:read"])
        key = await members.add_api_key(tx, anna.member_id, scopes)
    actor = await members.actor_of_key(house, key)
    assert actor.scopes == {Scope.MAIL_READ}
    assert not actor.is_admin
    with pytest.raises(Denied):
        actor.require(Scope.MAIL_SEND)

    async with house.workspace(anna.workspace_id) as tx:
        (held,) = await members.list_api_keys(tx, anna)
        assert held.last_used_at is not None
        await members.revoke_api_key(tx, anna, held.id)
    with pytest.raises(Unauthenticated):
        await members.actor_of_key(house, key)


@pytest.mark.parametrize("token", ["", "x", "posthouse_x", "\udce4", "a" * 100_000])
async def test_nonsense_is_nobody(house, token):
    with pytest.raises(Unauthenticated):
        await members.actor_of_session(house, token)
    with pytest.raises(Unauthenticated):
        await members.actor_of_key(house, token)


async def test_unknown_scopes_are_refused():
    with pytest.raises(Invalid):
        members.checked_scopes(["mail:read", "everything"])
    assert Scope.ADMIN not in members.checked_scopes([])


async def test_settings_change_one_by_one(house, anna):
    async with house.workspace(anna.workspace_id) as tx:
        await members.change_settings(
            tx, anna, name="Anna 安娜", language="zh-CN", time_zone="Asia/Shanghai"
        )
        await members.change_settings(tx, anna, preferences={"density": "compact", "dark": True})
        await members.change_settings(tx, anna, preferences={"dark": None})
        await members.change_settings(tx, anna, signature="<p>安娜 · Acme</p>")
        settings = await members.read_settings(tx, anna)
        stored = await tx.connection.fetchval("SELECT signature FROM members")
    assert (settings.name, settings.language) == ("Anna 安娜", "zh-CN")
    assert settings.preferences == {"density": "compact"}
    assert settings.signature == "<p>安娜 · Acme</p>"
    assert "安娜".encode() not in stored


@pytest.mark.parametrize(
    "change",
    [
        {"language": "xx"},
        {"time_zone": "Mars/Olympus"},
        {"name": " "},
        {"name": "line\nbreak"},
        {"preferences": {"x": "y" * 20_000}},
    ],
)
async def test_settings_that_cannot_be_are_refused(house, anna, change):
    async with house.workspace(anna.workspace_id) as tx:
        with pytest.raises(Invalid) as refusal:
            await members.change_settings(tx, anna, **change)
    assert refusal.value.field in change


async def open_session(house: Database, actor: Actor, agent: str = "Firefox, Linux") -> str:
    async with house.workspace(actor.workspace_id) as tx:
        return await members.open_session(tx, actor, agent=agent, source="192.0.2.7")
