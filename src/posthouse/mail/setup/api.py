"""HTTP doors of setting up, for who runs the house. The edge has the one for the empty house."""

from typing import TypeAlias

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.setup import surroundings
from posthouse.mail.setup.views import Knocks, KnockView, MachineView
from posthouse.security.members import Actor, require_house_admin

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/setup/machine", summary="How the machine stands: name, listeners")
async def read_machine(actor: Who, database: Db) -> MachineView:
    """As its settings say at this moment."""
    await require_house_admin(database, actor)
    machine = surroundings.look_around(database.service(Settings))
    return msgspec.convert(machine, MachineView, from_attributes=True)


@get("/setup/ports", summary="Which ports answer at our public addresses")
async def knock_at_ports(actor: Who, database: Db) -> Knocks:
    """Asked now, from the machine itself: it takes some seconds where nothing answers."""
    await require_house_admin(database, actor)
    knocks = await surroundings.knock(database)
    return Knocks(items=msgspec.convert(knocks, list[KnockView], from_attributes=True))


router = Router(path="/", tags=["setup"], route_handlers=[read_machine, knock_at_ports])
