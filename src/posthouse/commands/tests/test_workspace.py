"""Who is asked for a password, and who is told how to give it."""

import io

import pytest

from posthouse.commands import house
from posthouse.foundation.errors import Invalid


def test_where_nobody_sits_nobody_is_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a phrase\n"))
    with pytest.raises(Invalid, match="--password-stdin"):
        house.ask_password(False, new=True)
