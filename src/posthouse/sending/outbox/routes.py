"""The operator's routes: which domains go to a relay instead of their MX."""

from dataclasses import dataclass, field
from uuid import NAMESPACE_DNS, UUID, uuid5

import msgspec

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.settings import host_and_port
from posthouse.security.members import normal_domain
from posthouse.security.vault import Vault
from posthouse.sending.outbox import store
from posthouse.sending.outbox.store import Route

EVERYTHING = "*"
TLS_CHOICES = ("opportunistic", "encrypted", "verified", "implicit")
_SUBMISSIONS_PORT = 465  # RFC 8314 7.3: TLS from the first byte
# A password goes to nobody but the relay: its certificate must be valid for its name.
_FOR_PASSWORDS = ("verified", "implicit")
_LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What a relay wants to know of us."""

    user: str
    password: str = field(repr=False)


async def set_route(
    tx: Tx, domain: str, relay: str, tls: str | None = None, sign_in: SignIn | None = None
) -> Route:
    """Send mail for `domain` ('*': all without a route) to `relay`, HOST:PORT.

    `tls` is implicit at port 465, verified with a `sign_in` and opportunistic elsewhere, unless
    said. Raises Invalid.
    """
    host, port = host_and_port(relay)
    choice = tls or _usual_tls(port, sign_in)
    if choice not in TLS_CHOICES:
        raise Invalid(f"TLS is one of {', '.join(TLS_CHOICES)}.", field="tls")
    if port == 0:
        raise Invalid("A relay has a port.", field="relay")
    name = _name(domain)
    route = Route(
        domain=name,
        host=host,
        port=port,
        tls=choice,
        sign_in=_sealed(tx, name, sign_in, choice) if sign_in else None,
    )
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


def _usual_tls(port: int, sign_in: SignIn | None) -> str:
    if port == _SUBMISSIONS_PORT:
        return "implicit"
    return "verified" if sign_in else "opportunistic"


def _sealed(tx: Tx, domain: str, sign_in: SignIn, tls: str) -> bytes:
    if tls not in _FOR_PASSWORDS:
        raise Invalid("A password is sent with TLS “verified” or “implicit” only.", field="tls")
    for value in (sign_in.user, sign_in.password):
        if not 0 < len(value) <= _LONGEST or not value.isprintable():
            raise Invalid("A user and a password are one line each.", field="user")
    vault = tx.database.service(Vault)
    said = msgspec.json.encode(sign_in)
    return vault.seal_for_house("outbox_routes", "sign_in", _row_id(domain), said)


def _row_id(domain: str) -> UUID:
    """What is encrypted is bound to its row."""
    return uuid5(NAMESPACE_DNS, domain)


def _name(domain: str) -> str:
    return EVERYTHING if domain.strip() == EVERYTHING else normal_domain(domain)
