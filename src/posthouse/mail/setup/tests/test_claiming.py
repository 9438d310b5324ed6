"""The empty house is taken once, by who has its code."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Denied, Invalid
from posthouse.foundation.settings import Settings
from posthouse.mail.mailboxes.folders import find_mailbox
from posthouse.mail.setup.claiming import claim, is_taken, setup_code, setup_link
from posthouse.security.members import (
    Actor,
    Role,
    read_settings,
    runs_house,
    sign_in_with_password,
)
from posthouse.security.vault import Vault
from tests.support.house import Workspace

PASSWORD = "four horses at the gate"


async def take(house: Database, code: str, **other: Any) -> Actor:
    said = {"workspace": "Acme", "domain": "acme.example", "address": "anna@acme.example"}
    return await claim(house, code, password=PASSWORD, **{**said, **other})


async def test_who_has_the_code_takes_the_empty_house(house: Database):
    assert not await is_taken(house)
    actor = await take(
        house, setup_code(house), name="Anna", language="zh-CN", time_zone="Asia/Shanghai"
    )
    assert (actor.role, actor.address, actor.name) == (Role.ADMIN, "anna@acme.example", "Anna")
    assert await is_taken(house)
    async with house.workspace(actor.workspace_id) as tx:
        assert (await read_settings(tx, actor)).time_zone == "Asia/Shanghai"
        assert await runs_house(tx)
    signed_in = await sign_in_with_password(
        house, "anna@acme.example", PASSWORD, source="192.0.2.1", protocol="http"
    )
    assert signed_in.member_id == actor.member_id
    async with house.system() as tx:
        assert (await find_mailbox(tx, "anna@acme.example"))[0] == actor.workspace_id
    with pytest.raises(Conflict):
        await take(house, setup_code(house), domain="other.example", address="x@other.example")


async def test_the_code_is_taken_as_people_type_it(house: Database):
    assert await take(house, f" {setup_code(house).lower().replace('-', ' ')} ")


async def test_a_stranger_takes_nothing(house: Database):
    for code in ("", "AAAA-AAAA-AAAA-AAAA", setup_code(house)[:-1], "ÄÖ" * 8):
        with pytest.raises(Denied) as refused:
            await take(house, code)
        assert refused.value.field == "code"
    assert not await is_taken(house)


async def test_what_cannot_be_leaves_the_house_empty(house: Database):
    for wrong in (
        {"domain": "no domain"},
        {"address": "nobody"},
        {"language": "tlh"},
        {"time_zone": "Mars"},
    ):
        with pytest.raises(Invalid):
            await take(house, setup_code(house), **wrong)
    assert not await is_taken(house)


async def test_of_two_at_once_one_takes_it(house: Database):
    code = setup_code(house)
    both = await asyncio.gather(
        take(house, code),
        take(house, code, domain="other.example", address="eve@other.example"),
        return_exceptions=True,
    )
    assert {type(each) for each in both} == {Actor, Conflict}


async def test_a_house_that_was_made_by_command_is_taken(house: Database, workspace: Workspace):
    assert await is_taken(house)
    with pytest.raises(Conflict):
        await take(house, setup_code(house))


async def test_every_process_knows_the_same_code_and_no_other_house(house: Database):
    code = setup_code(house)
    house.provide(Vault(b"k" * 32))
    other = setup_code(house)
    assert code != other
    house.provide(Vault(b"k" * 32))
    assert setup_code(house) == other


async def test_the_link_leads_to_where_the_page_is(house: Database):
    code, settings = setup_code(house), house.service(Settings)
    assert setup_link(house) == f"http://127.0.0.1:8025/setup#{code}"
    for listener, base in (
        ("0.0.0.0:80", "http://localhost:80"),
        ("[::1]:8025", "http://[::1]:8025"),
        ("off", "http://localhost:8025"),
    ):
        listeners = {**settings.listeners, "http": listener}
        house.provide(replace(settings, listeners=listeners))
        assert setup_link(house) == f"{base}/setup#{code}"
    house.provide(replace(settings, public_url="https://mail.acme.example/"))
    assert setup_link(house) == f"https://mail.acme.example/setup#{code}"
