"""Fixtures for every test, beside the code in src/ and in tests/."""

import pytest

from scripts import compile as compiling

pytest_plugins = [
    "tests.support.cheap",
    "tests.support.corpora",
    "tests.support.postgres",
    "tests.support.house",
    "tests.support.running",
]


def pytest_sessionstart() -> None:
    """Nobody tests what the sources said before."""
    if compiling.is_stale():
        raise pytest.UsageError("Compiled modules are older than their sources: make setup")
