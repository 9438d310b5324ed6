"""How many wrong passwords, from where, for how long. Pure: the counts live in sign_in_failures.

Three counters: an address from one network (strict), an address from everywhere and a network for
every address (wide). The wide ones do not bind members who signed in from that network before, so
that neither an attack from elsewhere nor a colleague's forgotten phone keeps anyone out.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from posthouse.foundation.sources import is_loopback, network_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`failures` within a day lock for `first` seconds, each further one twice as long."""

    failures: int
    first: int
    longest: int


ADDRESS_FROM_NETWORK = Limit(failures=8, first=60, longest=3600)
ADDRESS = Limit(failures=50, first=60, longest=900)
NETWORK = Limit(failures=40, first=60, longest=3600)
LONGEST = timedelta(seconds=max(each.longest for each in (ADDRESS_FROM_NETWORK, ADDRESS, NETWORK)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """The keys under which one attempt is counted."""

    network: bytes
    pair: bytes
    wide: tuple[tuple[bytes, Limit], ...]

    @property
    def wide_keys(self) -> list[bytes]:
        return [key for key, _ in self.wide]


def counters(address: str, source: str) -> Counters:
    """The counters of an attempt on `address` from `source`, an IP address as text."""
    network = network_of(source)
    wide: tuple[tuple[bytes, Limit], ...] = ((_key("address", address), ADDRESS),)
    # Behind loopback stands a proxy or the operator: many people, one address.
    if not is_loopback(source):
        wide += ((_key("network", network), NETWORK),)
    return Counters(network=_key(network), pair=_key("pair", address, network), wide=wide)


def _key(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=16).digest()
