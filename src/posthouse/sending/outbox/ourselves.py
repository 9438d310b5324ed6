"""Which addresses are this server's own: mail sent there would come back and go out again."""

import functools
import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address

from posthouse.foundation.settings import Settings
from posthouse.protocols.dns import CachingResolver, IPAddress, host_addresses

_SMTP_PORT = 25
# Kept for documentation (RFC 5737 3, RFC 3849 2): no machine has them.
_NOBODYS: dict[int, IPAddress] = {4: IPv4Address("192.0.2.1"), 6: IPv6Address("2001:db8::1")}


async def public_addresses(settings: Settings, resolver: CachingResolver) -> frozenset[IPAddress]:
    """Where our own name leads: behind NAT the machine itself does not know that address."""
    answer = await host_addresses(resolver, settings.hostname)
    return frozenset(address for address in answer.records if not address.is_loopback)


def is_ours(settings: Settings, address: IPAddress, public: Collection[IPAddress]) -> bool:
    """Whether a connection to `address` at the port for MX would end at this machine.

    Loopback at another port is how servers are tried out on one machine; at port 25 it is a
    mistake of whoever owns the domain, or an attack on what listens here.
    """
    if address.is_unspecified or address.is_multicast or address in public:
        return True
    if not address.is_loopback:
        return _is_of_this_machine(address)
    own = settings.listener("smtp")
    return settings.mx_port == _SMTP_PORT or (own is not None and own[1] == settings.mx_port)


def _is_of_this_machine(address: IPAddress) -> bool:
    return _may_bind(address) and not _binds_anything(address.version)


@functools.lru_cache
def _binds_anything(version: int) -> bool:
    """Some machines may bind addresses that they do not have (net.ipv4.ip_nonlocal_bind)."""
    return _may_bind(_NOBODYS[version])


def _may_bind(address: IPAddress) -> bool:
    """A machine may bind its own addresses only; a UDP socket that is bound sends nothing."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
