"""HTTP doors of hosted addresses, for administrators. The edge provides `actor` and `database`."""

from typing import TypeAlias

from litestar import Router, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from posthouse.foundation.db import Database
from posthouse.mail.addressing import actions
from posthouse.mail.addressing.model import HostedAddress
from posthouse.mail.addressing.views import AddressList, AddressTarget, AddressView
from posthouse.security.members import Actor

Who: TypeAlias = NamedDependency[Actor]
Db: TypeAlias = NamedDependency[Database]


@get("/addresses", summary="Addresses that the workspace receives mail for")
async def list_addresses(
    actor: Who, database: Db, domain: FromQuery[str | None] = None
) -> AddressList:
    """Mailboxes' own addresses, aliases, groups and catch-alls."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await actions.list_addresses(tx, actor, domain)
    return AddressList(items=[_view(each) for each in found])


@put("/addresses/{address:str}", summary="Make or change an alias, a group or a catch-all")
async def set_address(
    actor: Who, database: Db, address: FromPath[str], data: JSONBody[AddressTarget]
) -> AddressView:
    """One mailbox makes an alias, several a group; `@domain` takes what nobody has. To addresses
    elsewhere mail goes on under a return path of the address's domain.

    409 when a mailbox was made with the address.
    """
    async with database.workspace(actor.workspace_id) as tx:
        return _view(await actions.set_address(tx, actor, address, data.mailboxes, data.forward_to))


@delete("/addresses/{address:str}", summary="Receive nothing more for an address")
async def remove_address(actor: Who, database: Db, address: FromPath[str]) -> None:
    """409 for the address a mailbox was made with."""
    async with database.workspace(actor.workspace_id) as tx:
        await actions.remove_address(tx, actor, address)


def _view(hosted: HostedAddress) -> AddressView:
    return AddressView(
        address=hosted.address,
        kind=hosted.kind,
        mailboxes=list(hosted.mailboxes),
        forward_to=list(hosted.forward_to),
    )


router = Router(
    path="/", tags=["addresses"], route_handlers=[list_addresses, set_address, remove_address]
)
