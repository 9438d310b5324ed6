"""The operator's routes: which domains go to a relay instead of their MX."""

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.settings import host_and_port
from posthouse.security.members import normal_domain
from posthouse.sending.outbox import store
from posthouse.sending.outbox.store import Route

EVERYTHING = "*"
TLS_CHOICES = ("opportunistic", "encrypted", "verified", "implicit")
_SUBMISSIONS_PORT = 465  # RFC 8314 7.3: TLS from the first byte


async def set_route(tx: Tx, domain: str, relay: str, tls: str | None = None) -> Route:
    """Send mail for `domain` ('*': all without a route) to `relay`, HOST:PORT.

    `tls` is implicit at port 465 and opportunistic elsewhere, unless said. Raises Invalid.
    """
    host, port = host_and_port(relay)
    choice = tls or ("implicit" if port == _SUBMISSIONS_PORT else "opportunistic")
    if choice not in TLS_CHOICES:
        raise Invalid(f"TLS is one of {', '.join(TLS_CHOICES)}.", field="tls")
    if port == 0:
        raise Invalid("A relay has a port.", field="relay")
    route = Route(domain=_name(domain), host=host, port=port, tls=choice)
    await store.put_route(tx, route)
    return route


async def list_routes(tx: Tx) -> list[Route]:
    """By domain, the one for all others last."""
    return await store.list_routes(tx)


async def remove_route(tx: Tx, domain: str) -> None:
    """Back to MX. Raises NotFound."""
    if not await store.delete_route(tx, _name(domain)):
        raise NotFound(f"There is no route for {domain}.")


def _name(domain: str) -> str:
    return EVERYTHING if domain.strip() == EVERYTHING else normal_domain(domain)
