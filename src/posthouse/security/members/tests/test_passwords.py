"""What a password costs whoever guesses: of the module as it is, tests make it cheap elsewhere."""

import sys
from importlib.util import find_spec, module_from_spec

import pytest

from posthouse.security.members import passwords

# RFC 9106 4, the second recommended option: 64 MiB, three passes, four lanes.
DEAR = "$argon2id$v=19$m=65536,t=3,p=4$"
PASSWORD = "four horses at the gate"


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch):
    """The module, imported once more."""
    spec = find_spec(passwords.__name__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


async def test_a_guess_is_dear_whether_there_is_such_a_member_or_not(untouched, monkeypatch):
    verified: list[str] = []
    verify = untouched._verify

    def noted(known: str, typed: str) -> bool:
        verified.append(known)
        return bool(verify(known, typed))

    monkeypatch.setattr(untouched, "_verify", noted)
    made = await untouched.hash_password(PASSWORD)

    assert await untouched.verify_password(made.argon2id, "anna@a.example", PASSWORD)
    assert not await untouched.verify_password(made.argon2id, "anna@a.example", "five horses")
    assert not await untouched.verify_password(None, "nobody@a.example", PASSWORD)
    assert len(verified) == 3
    assert all(each.startswith(DEAR) for each in verified)
