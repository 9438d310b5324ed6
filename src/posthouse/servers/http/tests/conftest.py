"""A real listener on a real database, and members who sign in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID

import httpx
import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.settings import Settings
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.security.members import Actor, add_member, create_workspace
from posthouse.servers.http.serve import serve
from tests.support.house import Workspace
from tests.support.ports import free_port

PASSWORD = "correct horse battery"
WRITES = {"X-Posthouse-CSRF": "1"}


@dataclass(frozen=True, slots=True)
class Town:
    """One workspace with Anna and Bob, and the address of the server."""

    house: Database
    url: str
    anna: Workspace
    bob: Workspace

    async def signed_in(self, member: Workspace) -> httpx.AsyncClient:
        """A browser with this member's session; the caller closes it."""
        client = httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=WRITES, timeout=20)
        answer = await client.post(
            "/session", json={"address": member.address, "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        return client


@pytest.fixture
async def town(house: Database) -> AsyncIterator[Town]:
    """The server on a free port."""
    anna, bob = await _people(house)
    async with served(house) as url:
        yield Town(house, url, anna, bob)


@contextlib.asynccontextmanager
async def served(house: Database) -> AsyncIterator[str]:
    """The address of a server of this house."""
    port = free_port()
    settings = house.service(Settings)
    house.provide(replace(settings, listeners={**settings.listeners, "http": f"127.0.0.1:{port}"}))
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(house, stop, ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        assert ready.is_set(), serving.exception()
        yield f"http://127.0.0.1:{port}"
    finally:
        waiting.cancel()
        stop.set()
        await asyncio.wait_for(serving, 10)


@pytest.fixture
async def anna(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """Anna's browser."""
    client = await town.signed_in(town.anna)
    yield client
    await client.aclose()


async def _people(house: Database) -> tuple[Workspace, Workspace]:
    mailboxes: dict[str, UUID] = {}

    async def with_mailbox(tx: Tx, actor: Actor) -> None:
        mailboxes[actor.address] = await make_mailbox(
            tx,
            kind="personal",
            address=actor.address,
            name=actor.name,
            owner_member_id=actor.member_id,
        )

    anna = await create_workspace(
        house, "Acme", "acme.example", "anna@acme.example", PASSWORD, then=with_mailbox
    )
    bob = await add_member(
        house, anna.workspace_id, "bob@acme.example", PASSWORD, then=with_mailbox
    )
    made = [
        Workspace(
            each.workspace_id, "acme.example", each.member_id, each.address, mailboxes[each.address]
        )
        for each in (anna, bob)
    ]
    return made[0], made[1]
