"""Passwords: argon2id in a bounded pool with a short memory, and SCRAM keys beside it."""

import asyncio
import hmac
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

import argon2
from argon2.profiles import RFC_9106_LOW_MEMORY

from posthouse.foundation.errors import Busy, Invalid
from posthouse.protocols.sasl.saslprep import Unprepared, saslprep
from posthouse.protocols.sasl.scram import DEFAULT_ITERATIONS, ScramKeys, derive_keys

T = TypeVar("T")

SHORTEST = 8
LONGEST = 1024

# RFC 9106 4, second recommended option: 64 MiB and about 90 ms of a core for each password.
_hasher = argon2.PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# Two at a time bound the memory; those who would wait longer than about five seconds are sent away.
_MOST_WAITING = 50


class _Lane:
    """Threads of their own for some of those who sign in; nobody waits for another lane."""

    def __init__(self, name: str, workers: int, most_waiting: int = _MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._most_waiting = most_waiting
        self._waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Raises Busy when too many wait already."""
        if self._waiting >= self._most_waiting:
            raise Busy("Too many people are signing in right now.", retry_after=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


# Guesses by the thousand come from networks where the member never was. Who has signed in from
# there before does not queue behind them.
_STRANGERS = 2
_strangers = _Lane("argon2", _STRANGERS)
_acquainted = _Lane("argon2-known", 1)

# What an unknown address is checked against, so that it takes as long. Nobody has its password.
_DECOY = (
    "$argon2id$v=19$m=65536,t=3,p=4$XMWw2+AH3oVyYm+FlHDkiw"
    "$iHzyE3/tsJ4r1lxWFJ9z2nc2P8DgWfhYIf2L4XG+6jY"
)


def share_lanes(processes: int) -> None:
    """Before anybody signs in: so many processes take no more of the machine than one would.

    Of the acquainted each process keeps its one thread: it cannot have less.
    """
    global _strangers
    workers, waiting = max(1, _STRANGERS // processes), max(1, _MOST_WAITING // processes)
    _strangers = _Lane("argon2", workers, waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What is kept of a password; it cannot be computed from them."""

    argon2id: str = field(repr=False)
    scram: ScramKeys = field(repr=False)


async def hash_password(
    password: str, *, salt: bytes | None = None, iterations: int = 0
) -> Credentials:
    """Credentials for a new password. Raises Invalid when it is too short or unusable, Busy.

    `salt` and `iterations` of SCRAM are new unless they are given.
    """
    try:
        prepared = saslprep(password)
    except Unprepared:
        raise Invalid("The password holds control characters.", field="password") from None
    if not SHORTEST <= len(prepared) <= LONGEST:
        raise Invalid(f"A password has {SHORTEST} to {LONGEST} characters.", field="password")
    return await _acquainted.run(
        lambda: Credentials(
            argon2id=_hasher.hash(prepared),
            scram=derive_keys(prepared, salt=salt, iterations=iterations),
        )
    )


async def scram_keys(letters: str, salt: bytes, iterations: int) -> ScramKeys:
    """Of an app password: milliseconds, beside the event loop. Raises Busy."""
    return await _acquainted.run(lambda: derive_keys(letters, salt=salt, iterations=iterations))


async def verify_password(
    argon2id: str | None, address: str, password: str, *, acquainted: bool = False
) -> bool:
    """Whether `password` is right; without a hash it takes as long and is wrong. Raises Busy.

    `acquainted`: this member has signed in from this network before.
    """
    try:
        prepared = saslprep(password[: LONGEST + 1])
    except Unprepared:
        prepared = ""
    known = argon2id or _DECOY
    lane = _acquainted if acquainted else _strangers
    right = await lane.run(lambda: _verify(known, prepared)) and argon2id is not None
    _verdicts.remember(_digest(known, address, password), right=right)
    return right


def verdict_on(argon2id: str | None, address: str, password: str) -> bool | None:
    """What was found about the very same password a moment ago, None when nothing is known.

    The hash is part of what is remembered: a changed password is unknown in every process at once.
    """
    return _verdicts.recall(_digest(argon2id or _DECOY, address, password))


def made_up_keys(salt_key: bytes, address: str) -> ScramKeys:
    """SCRAM keys of an address that does not exist: always the same salt, and no proof fits."""
    return ScramKeys(
        salt=hmac.digest(salt_key, address.encode(), "sha256")[:16],
        iterations=DEFAULT_ITERATIONS,
        stored_key=os.urandom(32),
        server_key=os.urandom(32),
    )


class _Verdicts:
    """Right for a minute, wrong for ten, the newest ten thousand. Keyed digests, no passwords."""

    RIGHT_SECONDS = 60.0
    WRONG_SECONDS = 600.0
    MOST = 10_000

    def __init__(self) -> None:
        self._found: dict[bytes, tuple[float, bool]] = {}

    def remember(self, digest: bytes, *, right: bool) -> None:
        seconds = self.RIGHT_SECONDS if right else self.WRONG_SECONDS
        self._found.pop(digest, None)
        self._found[digest] = (time.monotonic() + seconds, right)
        if len(self._found) > self.MOST:
            del self._found[next(iter(self._found))]

    def recall(self, digest: bytes) -> bool | None:
        until, right = self._found.get(digest, (0.0, False))
        return right if time.monotonic() < until else None


_verdicts = _Verdicts()
_process_key = os.urandom(32)


def _digest(argon2id: str, address: str, password: str) -> bytes:
    found = blake2b(key=_process_key, digest_size=32)
    for part in (argon2id, address, password):
        data = part.encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(8, "big") + data)
    return found.digest()


def _verify(argon2id: str, prepared: str) -> bool:
    try:
        return _hasher.verify(argon2id, prepared)
    except argon2.exceptions.VerifyMismatchError:
        return False
