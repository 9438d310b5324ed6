"""Workers live exactly as long as the command they work for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from posthouse.mail.transfer.crew import Crew

_COMMAND = """
import multiprocessing, sys
from posthouse.mail.transfer.crew import Crew
if __name__ == "__main__":
    with Crew(forked=sys.argv[1] == "forked"):
        print(*(worker.pid for worker in multiprocessing.active_children()), flush=True)
        sys.stdin.read()
"""


@pytest.mark.parametrize("start", ["forked", "spawned"])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_a_command_that_is_killed(tmp_path: Path, start: str, end: signal.Signals):
    script = tmp_path / "command.py"
    script.write_text(_COMMAND)
    with subprocess.Popen(
        [sys.executable, str(script), start], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as command:
        assert command.stdout is not None
        workers = [int(pid) for pid in command.stdout.readline().split()]
        assert workers
        command.send_signal(end)
    deadline = time.monotonic() + 20
    while any(map(_runs, workers)):
        assert time.monotonic() < deadline, f"workers {workers} outlive their command"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # ended, but nobody has asked how


def test_workers_end_with_their_context():
    with Crew() as crew:
        workers = list(crew._pool._processes)
        assert len(workers) == crew.size
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
