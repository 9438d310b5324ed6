"""Which addresses of a host linked accounts may connect to: never those of our own network.

The address that was checked is the one to connect to: a name that changes in between gains nothing.
"""

import asyncio
import ssl
from ipaddress import IPv4Address, IPv6Address, ip_address

from posthouse.foundation.db import Database
from posthouse.foundation.guarded import is_outside
from posthouse.foundation.settings import Settings
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import Forbidden, Unreachable
from posthouse.protocols.dns import CachingResolver, IPAddress, host_addresses


def way_out(resolver: CachingResolver, *, private_hosts: bool, google_topic: str = "") -> Outside:
    """With the certificates this machine trusts."""
    return Outside(
        resolver=resolver,
        tls=ssl.create_default_context(),
        private_hosts=private_hosts,
        google_topic=google_topic,
    )


async def outside_of(database: Database) -> Outside:
    """The way out of this process, made when it is first needed: reading the authorities that are
    trusted takes some 20 ms.
    """
    try:
        return database.service(Outside)
    except KeyError:
        outside = await asyncio.to_thread(
            way_out,
            database.service(CachingResolver),
            private_hosts=database.service(Settings).link_private_hosts == "on",
            google_topic=google_topic_of(database.service(Settings)),
        )
        database.provide(outside)
        return outside


def google_topic_of(settings: Settings) -> str:
    """Only where somebody listens to it."""
    pushed = settings.google_push_account and settings.public_url
    pulled = settings.google_subscription and settings.google_service_key
    return (settings.google_topic or "") if pushed or pulled else ""


async def addresses_to_reach(outside: Outside, host: str) -> list[IPAddress]:
    """In the order to try them. Raises Unreachable for a name without any, Forbidden when all of
    them are in networks that are not for members.
    """
    found = await _addresses(outside.resolver, host)
    if outside.private_hosts:
        return found
    if allowed := [each for each in found if is_outside(each)]:
        return allowed
    raise Forbidden(f"{host} lies in a network that linked accounts may not reach.")


async def _addresses(resolver: CachingResolver, host: str) -> list[IPAddress]:
    try:
        return [ip_address(host.strip("[]"))]
    except ValueError:
        pass
    if host.rstrip(".").lower() == "localhost":  # RFC 6761 6.3: no resolver is asked
        return [IPv4Address("127.0.0.1"), IPv6Address("::1")]
    answer = await host_addresses(resolver, host)
    if answer.temporary:
        raise Unreachable(f"The address of {host} cannot be found out at the moment.")
    if not answer.records:
        raise Unreachable(f"There is no host {host}.")
    return list(answer.records)
