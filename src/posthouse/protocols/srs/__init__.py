"""The Sender Rewriting Scheme: return paths of mail that a house sends on for others.

After `SRS0` and `SRS1` of M. S. Wong, "The Sender Rewriting Scheme" (2003), and libsrs2. SPF asks
whether the server that sends may use the domain of the return path (RFC 7208 2.4): who sends on has
to use his own, and a report must find its way back all the same.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from posthouse.protocols.smtp.address import Address

# SRS0=hash=day=domain=local; SRS1=hash=first forwarder=rest of his SRS0, its separator in front.
_SRS0 = re.compile(r"SRS0[-+=]([^=]+)=([^=]{2})=([^=]+)=(.+)", re.IGNORECASE | re.DOTALL)
_SRS1 = re.compile(r"SRS1[-+=]([^=]+)=([^=]+)=([-+=].+)", re.IGNORECASE | re.DOTALL)
_ANY = re.compile(r"SRS[01][-+=]", re.IGNORECASE)
_DAY_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_DAYS = 1024
_SECONDS = 86_400
# 40 bits: who guesses hears "no" a million million times.
_HASH_OCTETS = 5


class NotOurs(ValueError):
    """A rewritten address that was not made with any of the keys."""


class TooOld(NotOurs):
    """It was ours, and its time is over."""


def is_rewritten(local: str) -> bool:
    """Whether a local part has the form, whoever made it."""
    return _ANY.match(local) is not None


def rewrite(sender: Address, domain: str, key: bytes, now: datetime) -> Address:
    """The return path at `domain` for mail of `sender`.

    What others rewrote leads to the first of them, however many there were, so that it does not
    grow from hop to hop.
    """
    if again := _SRS1.fullmatch(sender.local):
        return _second(again[2], again[3], domain, key)
    if _SRS0.fullmatch(sender.local):
        return _second(sender.ascii_domain, sender.local[4:], domain, key)
    day = _day_of(now)
    said = _hash(key, day, sender.ascii_domain, sender.local)
    local = f"SRS0={said}={day}={sender.ascii_domain}={sender.local}"
    return Address(local=local, domain=domain)


def restore(local: str, keys: Sequence[bytes], now: datetime, days: int) -> Address:
    """Whom a report to a rewritten address is for. Raises NotOurs and TooOld."""
    if again := _SRS1.fullmatch(local):
        said, host, rest = again.groups()
        _check(said, keys, host, rest)
        return Address(local=f"SRS0{rest}", domain=host.lower())
    first = _SRS0.fullmatch(local)
    if first is None:
        raise NotOurs("not a rewritten address")
    said, day, domain, sender = first.groups()
    _check(said, keys, day, domain, sender)
    if _age(day, now) > days:
        raise TooOld("the return path is too old")
    return Address(local=sender, domain=domain.lower())


def _second(host: str, rest: str, domain: str, key: bytes) -> Address:
    return Address(local=f"SRS1={_hash(key, host, rest)}={host}={rest}", domain=domain)


def _check(said: str, keys: Sequence[bytes], *parts: str) -> None:
    found = said.upper().encode()
    # All of them are tried: how long it takes says nothing.
    fits = [hmac.compare_digest(found, _hash(key, *parts).encode()) for key in keys]
    if not any(fits):
        raise NotOurs("not made here")


def _hash(key: bytes, *parts: str) -> str:
    """Over small letters: servers on the way may change the case (RFC 5321 2.4 forbids it)."""
    said = "\0".join(parts).lower().encode("utf-8", "surrogatepass")
    digest = hmac.new(key, said, sha256).digest()
    return base64.b32encode(digest[:_HASH_OCTETS]).decode()


def _day_of(now: datetime) -> str:
    number = int(now.astimezone(UTC).timestamp()) // _SECONDS % _DAYS
    return _DAY_DIGITS[number >> 5] + _DAY_DIGITS[number & 31]


def _age(day: str, now: datetime) -> int:
    """Days since then. One ahead of us counts as today: clocks differ."""
    high, low = (_DAY_DIGITS.index(digit) for digit in day.upper())
    today = int(now.astimezone(UTC).timestamp()) // _SECONDS % _DAYS
    age = (today - (high << 5 | low)) % _DAYS
    return 0 if age == _DAYS - 1 else age
