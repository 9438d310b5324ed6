"""An account that a member links by consent, and a process that keeps it in step."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import httpx
import pytest
from litestar import Router

from posthouse.foundation.db import Database
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.mail.accounts.api import router
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.oauth import actions as consents
from posthouse.mail.accounts.role import Keeper
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.reading import open_folder
from posthouse.protocols.dns import CachingResolver
from tests.support.authorization import AuthorizationServer, authorization_server
from tests.support.dns_zones import ZoneResolver
from tests.support.doors import at_the_doors
from tests.support.house import Workspace
from tests.support.sending import make_actor


@dataclass
class Consented:
    """A member in her browser, and the sign-in of her provider. `client` knocks as the page does,
    `outsider` as the provider at the whole address.
    """

    house: Database
    workspace: Workspace
    client: httpx.AsyncClient
    outsider: httpx.AsyncClient
    sign_in: AuthorizationServer
    outside: Outside

    async def link(self, asked: Mapping[str, str]) -> str:
        """The account."""
        answer = await self.client.post("/linked-accounts/consents", json=asked)
        assert answer.status_code == 200, answer.text
        back = httpx.URL(self.sign_in.consent(answer.json()["url"]))
        told = await self.client.get("/linked-accounts/consents/return", params=back.params)
        params = dict(httpx.URL(told.headers["location"]).params)
        assert set(params) == {"linked"}, params
        return params["linked"]

    @contextlib.asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """A process of the role, while it is inside."""
        stop = asyncio.Event()
        task = asyncio.create_task(Keeper(self.house, self.outside).run(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 10)

    async def until_here(self, account_id: str, count: int) -> None:
        """So many are in the Inbox here."""
        async with asyncio.timeout(20):
            while await self._count(account_id) != count:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)

    async def _count(self, account_id: str) -> int:
        async with self.house.workspace(self.workspace.id) as tx:
            mailbox = await tx.connection.fetchval(
                "SELECT mailbox_id FROM linked_accounts WHERE id = $1::uuid", account_id
            )
            inbox = await find_folder(tx, mailbox, "INBOX")
            return len((await open_folder(tx, inbox, None)).uids)


@contextlib.asynccontextmanager
async def consented(
    house: Database,
    workspace: Workspace,
    service: str,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    **outside: str,
) -> AsyncIterator[Consented]:
    """The house, registered at that service, whose API is at `server`."""
    house.provide(replace(house.service(Settings), public_url="http://house/"))
    way_out = Outside(
        resolver=cast(CachingResolver, ZoneResolver({})),
        tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        private_hosts=True,
        **outside,
    )
    house.provide(way_out)
    me = replace(make_actor(workspace), session_id=new_id())
    under = Router(path="/api/v1", route_handlers=[router])
    async with (
        authorization_server(service) as sign_in,
        at_the_doors(house, lambda: me, router) as client,
        at_the_doors(house, lambda: me, under) as outsider,
    ):
        house.provide(sign_in.clients())
        monkeypatch.setattr(consents, "Server", lambda **_: server)
        yield Consented(house, workspace, client, outsider, sign_in, way_out)


async def until(ready: Callable[[], bool]) -> None:
    """Raises TimeoutError when it never is."""
    async with asyncio.timeout(20):
        while not ready():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
