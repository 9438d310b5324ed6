"""What is dear on purpose costs little in the process of the tests; whole houses pay all of it.

A fifth of a second of argon2 and RSA for each of a thousand little companies would be minutes.
"""

import itertools
import threading
from collections.abc import Iterator

import argon2
import pytest

from posthouse.protocols.mailauth.keys import KeyKind, generate_key
from posthouse.security.members import passwords
from posthouse.security.members.actions import workspaces

# The same algorithm at its least: of one's own and of nobody's password, which must take as long.
_LEAST = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# Neighbouring domains have different keys.
_KEYS = 8


@pytest.fixture(scope="session", autouse=True)
def cheap_secrets() -> Iterator[None]:
    """Passwords and DKIM keys for all tests of this run."""
    made: list[bytes] = []
    turns = itertools.cycle(range(_KEYS))
    one_at_a_time = threading.Lock()

    def one_of_a_few(kind: KeyKind) -> bytes:
        if kind is not KeyKind.RSA:
            return generate_key(kind)
        with one_at_a_time:  # keys are made in threads
            turn = next(turns)
            if turn == len(made):
                made.append(generate_key(kind))
            return made[turn]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", _LEAST)
        patch.setattr(passwords, "_DECOY", _LEAST.hash("nobody's password"))
        patch.setattr(workspaces, "generate_key", one_of_a_few)
        yield
