"""What is to be compiled is compiled where all tests run, and is what the sources say."""

import importlib
import sysconfig

import pytest

from scripts import compile as compiling


def test_every_module_of_the_list_is_compiled():
    assert compiling.is_current(), "make setup"
    plain = [name for name in _names() if not _file_of(name).endswith(compiling.SUFFIX)]
    assert not plain, f"not compiled: {plain}; see .make/compiling.log"


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch):
    assert compiling.obstacle() is None
    monkeypatch.setattr(sysconfig, "get_path", lambda name: "/nowhere")
    assert "python3-dev" in str(compiling.obstacle())
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: "no-such-compiler -O2")
    assert "gcc" in str(compiling.obstacle())


def _names() -> list[str]:
    paths = (each.relative_to(compiling.SOURCES).with_suffix("") for each in compiling.modules())
    return [".".join(each.parts) for each in paths]


def _file_of(name: str) -> str:
    return importlib.import_module(name).__file__ or ""
