"""kill -9 at one process of a running house after another, as the operator's day may bring it."""

import contextlib
import random
import time
from collections import Counter
from pathlib import Path

from tests.support.running import RunningPosthouse

EVERY_KIND = {"mail 0", "mail 1", "work", "supervisor", "postgres", "keeper", "backend"}


def choose_victim(
    house: RunningPosthouse, killed: "Counter[str]", chance: random.Random
) -> tuple[str, int]:
    """Any process of the house, those that were hit least first, mail and PostgreSQL more often."""
    victims = [
        (f"mail {each.number}" if each.name == "mail" else each.name, each.pid)
        for each in house.processes()
    ]
    victims += [("backend", pid) for pid in _backends(house)[:1]]
    chance.shuffle(victims)
    share = {"mail 0": 1.5, "mail 1": 1.5, "postgres": 2.0, "supervisor": 0.5, "keeper": 0.7}
    return min(victims, key=lambda victim: killed[victim[0]] / share.get(victim[0], 1.0))


def serve_again(house: RunningPosthouse) -> None:
    """What the operator's service manager does: start, and start again until it stays."""
    end = time.monotonic() + 30
    while True:
        house.launch()
        try:
            house.wait_until_ready()
        except RuntimeError:
            if time.monotonic() > end:
                raise
        else:
            return


def _backends(house: RunningPosthouse) -> list[int]:
    """Processes that serve our connections, in random order."""
    found = []
    for postmaster in [p.pid for p in house.processes() if p.name == "postgres"]:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
            for pid in map(int, children):
                title = Path(f"/proc/{pid}/cmdline").read_bytes()
                if b"posthouse_owner" in title:
                    found.append(pid)
    random.shuffle(found)
    return found
