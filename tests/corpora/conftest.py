"""Where the corpora are: the folder that CORPORA names. Without it these tests fail."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def corpora() -> Path:
    folder = os.environ.get("CORPORA")
    if not folder:
        pytest.fail("CORPORA must name the folder of the corpora: make test-corpora CORPORA=DIR")
    path = Path(folder)
    if not (path / "INDEX.md").exists():
        pytest.fail(f"{path} does not hold the corpora.")
    return path
