"""The demonstration keeps away from real companies."""

from pathlib import Path

import pytest

from posthouse.commands.demo import command
from posthouse.foundation.errors import Conflict
from posthouse.foundation.settings import Settings


async def test_reset_never_throws_a_real_company_away(tmp_path: Path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "keys").mkdir()
    for reset in (True, False):
        with pytest.raises(Conflict):
            await command._demo(Settings(data=tmp_path), reset)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["keys", "postgres"]


async def test_a_database_elsewhere_is_not_filled(tmp_path: Path):
    with pytest.raises(Conflict):
        await command._demo(Settings(data=tmp_path, database_url="postgresql://real"), False)
