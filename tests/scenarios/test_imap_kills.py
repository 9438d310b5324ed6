"""kill -9 at every role while people work over IMAP: what was answered is so, nothing is half."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.support.imap_worker import ImapWorker
from tests.support.killing import EVERY_KIND, choose_victim, serve_again
from tests.support.running import kill, new_house, wait_for

_WORKERS = 3
_KILLS = len(EVERY_KIND) + 1
_LONGEST_PAUSE = 0.3
# Commands that are answered between two kills.
_WORK = 12


@pytest.mark.slow
def test_what_imap_answered_is_so_whoever_is_killed():
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # shown when the test fails
    chance = random.Random(seed)
    with new_house(members=(), mail_processes="2") as house:
        house.start()
        workers = [ImapWorker(house, f"w{n}", random.Random(seed + n)) for n in range(_WORKERS)]
        stop = threading.Event()
        threads = [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
        for thread in threads:
            thread.start()
        killed: Counter[str] = Counter()
        try:
            while killed.total() < _KILLS and not any(worker.fault for worker in workers):
                time.sleep(chance.uniform(0.05, _LONGEST_PAUSE))
                name, pid = choose_victim(house, killed, chance)
                if kill(pid):
                    killed[name] += 1
                if name == "supervisor":
                    serve_again(house)
                _until_work_goes_on(workers)
        finally:
            stop.set()
            for thread in threads:
                thread.join(60)
        lost = sum(each.lost for each in workers)
        print(f"killed {dict(killed)}, {_done(workers)} commands answered, {lost} connections lost")
        assert [worker.fault for worker in workers] == [None] * _WORKERS
        assert set(killed) >= EVERY_KIND
        assert lost >= _WORKERS, "no connection was ever cut: the kills hit nothing"


def _done(workers: Sequence[ImapWorker]) -> int:
    return sum(worker.answered for worker in workers)


def _until_work_goes_on(workers: Sequence[ImapWorker]) -> None:
    before = _done(workers)
    wait_for(
        lambda: _done(workers) > before + _WORK or any(worker.fault for worker in workers),
        60,
        "nobody can work over IMAP any more",
    )
