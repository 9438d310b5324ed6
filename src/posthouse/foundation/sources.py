"""Where a connection comes from, as limits count it."""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The peer of a connection over a socket file.
LOCAL_SOCKET = ""


def network_of(source: str) -> str:
    """An IPv4 address alone, IPv6 by its /64: what one customer of a provider holds.

    What is no address (a socket of this machine) stands for itself.
    """
    address = address_of(source)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address) if address else source


def is_loopback(source: str) -> bool:
    """Whether `source` is this machine."""
    address = address_of(source)
    return address is not None and address.is_loopback


def networks(text: str) -> tuple[Network, ...]:
    """Networks or addresses, separated by spaces or commas; "none" and "" are none.

    Raises ValueError.
    """
    words = text.replace(",", " ").split()
    return tuple(ipaddress.ip_network(each, strict=False) for each in words if each != "none")


def is_among(source: str, known: Iterable[Network]) -> bool:
    """Whether the address is in one of these networks; what is no address is in none."""
    address = address_of(source)
    return address is not None and any(
        address.version == network.version and address in network for network in known
    )


def address_of(source: str) -> Address | None:
    """The address without a zone, an IPv4 address that was mapped into IPv6 as itself."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
