"""The operator's routes: which domains go to a relay instead of their MX."""

from uuid import NAMESPACE_DNS, UUID, uuid5

import msgspec

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import NotFound
from posthouse.security.members import normal_domain
from posthouse.security.vault import Vault
from posthouse.sending.outbox import store
from posthouse.sending.outbox.handover import SignIn, read_handover
from posthouse.sending.outbox.store import Route

EVERYTHING = "*"


async def set_route(
    tx: Tx, domain: str, relay: str, tls: str | None = None, sign_in: SignIn | None = None
) -> Route:
    """Send mail for `domain` ('*': all without a route) to `relay`: HOST:PORT, or ses:REGION.

    `tls` is implicit at port 465, verified with a `sign_in` and opportunistic elsewhere, unless
    said. Raises Invalid.
    """
    handover = read_handover(relay, tls, sign_in)
    name = _name(domain)
    sealed = _sealed(tx, name, sign_in) if sign_in else None
    route = Route(domain=name, **handover.columns(), sign_in=sealed)
    await store.put_route(tx, route)
    return route


async def list_routes(tx: Tx) -> list[Route]:
    """By domain, the one for all others last."""
    return await store.list_routes(tx)


async def remove_route(tx: Tx, domain: str) -> None:
    """Back to MX. Raises NotFound."""
    if not await store.delete_route(tx, _name(domain)):
        raise NotFound(f"There is no route for {domain}.")


def sign_in_of(tx: Tx, domain: str, sealed: bytes | None) -> SignIn | None:
    """What is kept with the route for `domain`."""
    if sealed is None:
        return None
    vault = tx.database.service(Vault)
    value = vault.open_for_house("outbox_routes", "sign_in", _row_id(domain), sealed)
    return msgspec.json.decode(value, type=SignIn)


def _sealed(tx: Tx, domain: str, sign_in: SignIn) -> bytes:
    vault = tx.database.service(Vault)
    said = msgspec.json.encode(sign_in)
    return vault.seal_for_house("outbox_routes", "sign_in", _row_id(domain), said)


def _row_id(domain: str) -> UUID:
    """What is encrypted is bound to its row."""
    return uuid5(NAMESPACE_DNS, domain)


def _name(domain: str) -> str:
    return EVERYTHING if domain.strip() == EVERYTHING else normal_domain(domain)
