"""The page in a real Chromium: browsers of people, what it may not do, what they see."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Playwright,
    Request,
    expect,
)

from posthouse.commands.demo.people import PASSWORD as PASSWORD
from tests.support.running import RunningPosthouse, posthouse

LONGEST_WAIT = 20_000  # milliseconds; other tests use the machine, too
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
# A browser says on the console when it did not get a file; the tests say which ones they refuse.
_UNREACHED = re.compile(r"Failed to load resource|net::ERR_")

WIDE, MIDDLE, PHONE = (1440, 900), (1024, 768), (390, 844)
expect.set_options(timeout=LONGEST_WAIT)


class Demonstration(RunningPosthouse):
    """`posthouse demo`, as `make run` starts it."""

    def launch(self, *options: str) -> None:
        """Start it without waiting for it."""
        self.output.write_bytes(b"")
        with self.output.open("wb") as output, self.errors.open("ab") as errors:
            self._server = subprocess.Popen(
                posthouse("demo", "--data", str(self.data), *options),
                env=self.environment,
                stdout=output,
                stderr=errors,
            )


def chromium(playwright: Playwright) -> Browser:
    """The Chromium of this machine, or Playwright's own.

    The one without a window: Blink and V8 are the same, and a page costs less than half as much.
    """
    path = os.environ.get("POSTHOUSE_TEST_CHROMIUM", "/usr/lib/chromium/chromium-headless-shell")
    return playwright.chromium.launch(
        executable_path=path if Path(path).exists() else None, args=list(_QUIET)
    )


# A sign-in costs what guessing a password costs; most tests are about something else.
_SESSIONS: dict[tuple[str, str], Any] = {}


@dataclass(slots=True)
class Window:
    """One person's browser. All that the page did wrong in it is kept until `check`."""

    page: Page
    origin: str
    outside: list[str] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        """The browser context: its cookies are its own."""
        return self.page.context

    def go(self, path: str) -> None:
        """Type an address of the house."""
        self.page.goto(self.origin + path)

    def sign_in(self, address: str, password: str) -> None:
        """Through the door, until the house is open. The language of the page does not matter."""
        self.go("/signin")
        self.try_sign_in(address, password)
        expect(self.page.locator("#work")).to_be_visible()
        self.page.wait_for_url("**/mail/**")

    def enter(self, address: str) -> None:
        """As somebody who has signed in before: with the cookie of her last session."""
        known = _SESSIONS.get((self.origin, address))
        if known is None:
            self.sign_in(address, PASSWORD)
            _SESSIONS[self.origin, address] = self.context.storage_state()["cookies"]
            return
        self.context.add_cookies(known)
        self.go(f"/mail/{address}/inbox")
        expect(self.page.locator("#work")).to_be_visible()

    def try_sign_in(self, address: str, password: str) -> None:
        """Fill in the door and press its button."""
        self.page.locator("input[name=address]").fill(address)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("button[type=submit]").click()

    @property
    def threads(self) -> Locator:
        """The list of threads."""
        return self.page.locator("[role=listbox][data-keys]")

    def row(self, words: str) -> Locator:
        """The rows of the list that hold `words`."""
        return self.threads.get_by_role("option").filter(has_text=words)

    @property
    def reader(self) -> Locator:
        """Where a thread is read."""
        return self.page.locator(":has(> #reader)")

    @property
    def customer(self) -> Locator:
        """The panel beside the reader."""
        return self.page.get_by_role("complementary").filter(has=self.page.locator("dl, form"))

    def mail(self, sender: str) -> Locator:
        """The messages of `sender` in the open thread."""
        return self.reader.locator("section[aria-label]").filter(has_text=sender)

    def words_of_mail(self, place: Locator) -> str:
        """What a mail's frame says."""
        return place.locator("iframe").first.content_frame.locator("body").inner_text()

    @property
    def notice(self) -> Locator:
        """The bars that say what was just done."""
        return self.page.locator("[role=status][aria-live=polite]")

    def act(self, keys: str) -> None:
        """Keys that are one act (`gi`). The page forgets the first one after a second: the next one
        does not wait for us.
        """
        self.page.keyboard.type(keys)

    def look(self, theme: str) -> None:
        """`light` or `dark`, as this device is told to look."""
        self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")

    def resize(self, size: tuple[int, int]) -> None:
        """Another screen, or another size of the window; the page knows of it."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.wait_for_function(f"innerWidth === {size[0]} && innerHeight === {size[1]}")

    def picture(self, name: str) -> None:
        """Keep what is on the screen as a file of this run."""
        folder = Path(os.environ.get("POSTHOUSE_TEST_PICTURES", "test-results/page"))
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png", animations="disabled")

    def check(self) -> None:
        """Fails when a script broke, a dialog opened or anything was asked of somebody else."""
        assert not self.outside, f"asked outside: {self.outside}"
        assert not self.wrongs, f"the page did wrong: {self.wrongs}"


OpenWindow = Callable[..., Window]


@contextmanager
def window(
    browser: Browser,
    house: RunningPosthouse,
    *,
    locale: str = "en-GB",
    zone: str = "Asia/Shanghai",
    size: tuple[int, int] = WIDE,
    theme: str = "light",
) -> Iterator[Window]:
    """A browser of somebody who was never here; checked when it is closed."""
    origin = f"http://127.0.0.1:{house.ports['http']}"
    context = browser.new_context(
        locale=locale,
        timezone_id=zone,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        has_touch=size == PHONE,
        reduced_motion="reduce",
    )
    context.set_default_timeout(LONGEST_WAIT)
    opened = Window(page=context.new_page(), origin=origin)
    _watch(context, opened)
    try:
        yield opened
        opened.check()
    finally:
        context.close()


def _watch(context: BrowserContext, opened: Window) -> None:
    def asked(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss", "ftp") and not request.url.startswith(
            opened.origin + "/"
        ):
            opened.outside.append(request.url)

    context.on("request", asked)
    context.on("weberror", lambda error: opened.wrongs.append(f"script: {error.error}"))

    def console(message) -> None:
        if message.type == "error" and not _UNREACHED.search(message.text):
            opened.wrongs.append(f"console: {message.text}")

    context.on("console", console)

    def dialog(asked) -> None:
        opened.wrongs.append(f"dialog: {asked.message}")
        asked.dismiss()

    context.on("dialog", dialog)
