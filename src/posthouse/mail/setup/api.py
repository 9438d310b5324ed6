"""HTTP doors of setting up, for administrators. The edge has the one for the empty house."""

import asyncio
from typing import TypeAlias

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.setup import surroundings
from posthouse.mail.setup.views import Knocks, KnockView, MachineView
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/setup/machine", summary="How the machine stands: name, listeners, certificate")
async def read_machine(actor: Who, database: Db) -> MachineView:
    """As its settings say at this moment."""
    actor.require_admin()
    machine = await asyncio.to_thread(surroundings.look_around, database.service(Settings))
    return msgspec.convert(machine, MachineView, from_attributes=True)


@get("/setup/ports", summary="Which ports answer at our public addresses")
async def knock_at_ports(actor: Who, database: Db) -> Knocks:
    """Asked now, from the machine itself: it takes some seconds where nothing answers."""
    actor.require_admin()
    knocks = await surroundings.knock(database)
    return Knocks(items=msgspec.convert(knocks, list[KnockView], from_attributes=True))


router = Router(path="/", tags=["setup"], route_handlers=[read_machine, knock_at_ports])
