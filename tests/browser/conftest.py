"""One demonstration house for all scenarios of a run, a Chromium for each file."""

import contextlib
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.dovecot import OldServer, old_server
from tests.support.page import Demonstration, OpenWindow, Window, chromium, window
from tests.support.postgres import data_folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[OldServer]:
    """A provider's server, for accounts to be linked; the demonstration trusts it."""
    with old_server() as running:
        yield running


@pytest.fixture(scope="session")
def demo(elsewhere: OldServer) -> Iterator[Demonstration]:
    """The demonstration, as `make run` starts it, with all its mail indexed. Its resolver knows no
    name.
    """
    folder = data_folder()
    house = Demonstration(folder)
    house.environment["POSTHOUSE_LINK_PRIVATE_HOSTS"] = "on"
    house.environment["SSL_CERT_FILE"] = str(elsewhere.authority)
    try:
        house.start()
        house.wait_for_listeners()
        yield house
    finally:
        house.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. It ends with the file: while it runs, no other event loop may in this thread."""
    with sync_playwright() as playwright:
        started = chromium(playwright)
        yield started
        started.close()


@pytest.fixture
def open_window(
    browser: Browser, demo: Demonstration, request: pytest.FixtureRequest
) -> Iterator[OpenWindow]:
    """Opens browsers of people for one test; each is checked and closed after it."""
    with contextlib.ExitStack() as windows:

        def opened(**like: object) -> Window:
            return windows.enter_context(window(browser, demo, **like))  # type: ignore[arg-type]

        yield opened
