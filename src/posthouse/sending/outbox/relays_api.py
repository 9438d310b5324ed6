"""HTTP doors of senders' relays, for administrators. Passwords go in and never come out."""

from typing import TypeAlias

import msgspec
from litestar import Router, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from posthouse.foundation.db import Database
from posthouse.security.members import Actor
from posthouse.sending.outbox import relays
from posthouse.sending.outbox.relays import Relay

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


class RelayView(msgspec.Struct, frozen=True, kw_only=True):
    """`sender` is a mailbox's address, a domain, or `*` for all mail of the workspace; `relay` is
    HOST:PORT, or ses:REGION. `tls`: opportunistic, encrypted, verified or implicit.
    """

    sender: str
    relay: str
    tls: str
    user: str | None


class RelayList(msgspec.Struct, frozen=True, kw_only=True):
    """The workspace's own first, then those of domains and of mailboxes."""

    items: list[RelayView]


class RelayWish(msgspec.Struct, frozen=True, kw_only=True):
    """Without `tls` the usual one of the port. Without `password` the one that is kept stays."""

    relay: str
    tls: str | None = None
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"RelayWish(relay={self.relay!r}, user={self.user!r})"


@get("/relays", summary="Relays that mail leaves by")
async def list_relays(actor: Who, database: Db) -> RelayList:
    """The nearest counts: of the mailbox, of its domain, of the workspace."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await relays.list_relays(tx, actor)
    return RelayList(items=[_view(each) for each in found])


@put("/relays/{sender:str}", summary="Hand a sender's mail to a relay")
async def set_relay(
    actor: Who, database: Db, sender: FromPath[str], data: JSONBody[RelayWish]
) -> RelayView:
    """A relay must stand in the Internet; the operator leads mail elsewhere at the command line."""
    async with database.workspace(actor.workspace_id) as tx:
        made = await relays.set_relay(
            tx,
            actor,
            sender,
            data.relay,
            tls=data.tls,
            user=data.user,
            password=data.password,
        )
    return _view(made)


@delete("/relays/{sender:str}", summary="Deliver a sender's mail as before")
async def remove_relay(actor: Who, database: Db, sender: FromPath[str]) -> None:
    """What waits goes the other way from now on."""
    async with database.workspace(actor.workspace_id) as tx:
        await relays.remove_relay(tx, actor, sender)


def _view(relay: Relay) -> RelayView:
    return RelayView(
        sender=relay.sender,
        relay=relay.address,
        tls=relay.handover.tls,
        user=relay.sign_in.user if relay.sign_in else None,
    )


router = Router(path="/", tags=["relays"], route_handlers=[list_relays, set_relay, remove_relay])
