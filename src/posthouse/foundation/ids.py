"""Ids made in Python before anything is written, so that all tables of a batch agree at once."""

import os
import threading
import time
from uuid import UUID

# A UUID to everyone, ten times cheaper to make and to send than the standard library's.
from asyncpg.pgproto.pgproto import UUID as _DriverUUID

_lock = threading.Lock()
_last_tick = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 5.7): milliseconds, then a counter of 1/4096 ms, then 62 random bits.

    Ids of one process are strictly increasing, so rows inserted together stay together in the
    index.
    """
    global _last_tick
    tick = time.time_ns() * 4096 // 1_000_000
    with _lock:
        if tick <= _last_tick:
            tick = _last_tick + 1
        _last_tick = tick
    milliseconds, fraction = divmod(tick, 4096)
    high = (milliseconds << 16) | (0x7 << 12) | fraction
    random_bits = bytearray(os.urandom(8))
    random_bits[0] = random_bits[0] & 0x3F | 0x80
    return _DriverUUID(high.to_bytes(8, "big") + random_bits)


def id_of(octets: bytes) -> UUID:
    """The UUID of these 16 bytes."""
    return _DriverUUID(octets)


def id_before(one: UUID, seconds: int) -> UUID:
    """The least UUIDv7 that `new_id` may have made so long before `one`: where a search by time
    starts.
    """
    milliseconds = max((one.int >> 80) - seconds * 1000, 0)
    return UUID(int=milliseconds << 80)


def id_from_hash(digest: bytes) -> UUID:
    """A UUIDv8 (RFC 9562 5.8) from the first 16 bytes of a keyed hash.

    For rows that racing writers may both make: they agree on the id without asking.
    """
    value = bytearray(digest[:16])
    value[6] = value[6] & 0x0F | 0x80
    value[8] = value[8] & 0x3F | 0x80
    return _DriverUUID(bytes(value))
