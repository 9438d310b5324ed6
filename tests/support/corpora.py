"""Real mail and suites from a folder outside the repository: --corpora DIR."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--corpora", type=Path, help="folder with real mail and suites")


@pytest.fixture(scope="session")
def corpora(pytestconfig: pytest.Config) -> Path:
    """The folder named on the command line; a test that asks for it fails without one."""
    folder: Path | None = pytestconfig.getoption("--corpora")
    if folder is None or not folder.is_dir():
        pytest.fail("name the folder with real mail: make test-corpora CORPORA=DIR")
    return folder.resolve()
