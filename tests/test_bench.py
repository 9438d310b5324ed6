"""`make bench` from end to end on a tiny amount: every bench runs, none is judged."""

import json
import os
import shutil
import subprocess
import sys

import pytest

BENCHES = (
    "dkim",
    "mime",
    "pull",
    "pop3",
    "imap",
    "deliver",
    "receive",
    "api",
    "idle",
    "accounts",
    "import",
    "sync",
    "resync",
    "compiled",
)


@pytest.mark.slow
@pytest.mark.interop
@pytest.mark.timeout(900)
@pytest.mark.skipif(os.geteuid() != 0, reason="Postfix and Dovecot start as root only")
def test_every_bench_runs_and_says_what_it_measured():
    assert all(map(shutil.which, ("postfix", "dovecot", "notmuch", "mbsync"))), "make setup-tests"
    environment = {**os.environ, "BENCH_SCALE": "0.001"}
    environment.pop("CORPORA", None)
    done = subprocess.run(
        [sys.executable, "-m", "bench"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert {line["bench"] for line in lines if "bench" in line} == set(BENCHES)
    assert {"server": {"fsync": "on", "synchronous_commit": "on"}} in lines
    assert "limits are not judged" in done.stdout
