"""Fixtures of whole-system scenarios."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.running import BEN, RunningPosthouse, peak_memory

# A visit is a greeting, a sign-in and a look at the inbox. Generous: other tests share the cores.
_LONGEST_VISIT = 5.0
_MOST_GROWTH = 400 << 20


@pytest.fixture
def others_are_served(shared_house: RunningPosthouse) -> Iterator[None]:
    """Ben looks at his inbox, again and again, while a test runs.

    He is served in time, by processes that stay the same ones and keep their memory bounded.
    """
    shared_house.imap(BEN).logout()  # who comes for the first time does wait behind guesses
    mail = shared_house.pids_of("mail")
    before = list(map(peak_memory, mail))
    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        visits = pool.submit(_visit_until, shared_house, over)
        yield
        over.set()
        longest = max(visits.result(60))
    assert shared_house.pids_of("mail") == mail, "a process died"
    assert longest < _LONGEST_VISIT, f"another client waited for {longest:.1f} s"
    grown = [peak_memory(pid) - was for pid, was in zip(mail, before, strict=True)]
    assert sum(grown) < _MOST_GROWTH, f"memory grew by {sum(grown) >> 20} MiB"


def _visit_until(house: RunningPosthouse, over: threading.Event) -> list[float]:
    durations: list[float] = []
    while not durations or not over.is_set():
        began = time.monotonic()
        with house.smtp() as smtp:
            assert smtp.noop()[0] == 250
        imap = house.imap(BEN)
        assert imap.select("INBOX")[0] == "OK"
        imap.logout()
        durations.append(time.monotonic() - began)
        over.wait(0.2)
    return durations
