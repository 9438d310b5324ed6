"""mbsync pulls a whole mailbox from us and from Dovecot."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, rounds, scaled
from bench.house import running_house, settle
from bench.letters import letters, write_maildir
from bench.lines import real
from bench.peers import ADDRESS, running_dovecot
from bench.peers import PASSWORD as DOVECOT_PASSWORD
from tests.support.running import ANNA, PASSWORD

MESSAGES = 20_000
# Blank lines part the sections; mbsync insists on them.
_CONFIG = """\
IMAPAccount bench
Host 127.0.0.1
Port {port}
User {user}
Pass "{password}"
SSLType None
AuthMechs LOGIN

IMAPStore far
Account bench

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX

Channel bench
Far :far:
Near :near:
Patterns INBOX
Sync Pull
Create Near
SyncState *
"""


def measure() -> Iterator[Figure]:
    """One figure: seconds of a first pull."""
    count = scaled(MESSAGES)
    ours: list[float] = []
    theirs: list[float] = []
    folder = Path(tempfile.mkdtemp(prefix="posthouse-pull-"))
    try:
        write_maildir(folder / "source", letters(count, pool=real()))
        with running_house() as house, running_dovecot() as dovecot:
            house.must("import", folder / "source", "--mailbox", ANNA, timeout=1800)
            dovecot.fill(folder / "source")
            settle(house)
            for _ in range(rounds()):
                ours.append(_pull(folder, house.ports["imap"], ANNA, PASSWORD, count))
                theirs.append(_pull(folder, dovecot.imap, ADDRESS, DOVECOT_PASSWORD, count))
    finally:
        shutil.rmtree(folder)
    yield Figure(
        name="mbsync, first pull",
        unit="s",
        ours=ours,
        peers=theirs,
        peer="Dovecot",
        limit=1.5,
        ran=f"{count} messages of about 10 KB into a fresh Maildir, {len(ours)} runs",
    )


def write_config(folder: Path, port: int, user: str, password: str, target: Path) -> Path:
    """What mbsync needs to pull an Inbox into the Maildir `target`."""
    config = folder / "mbsyncrc"
    config.write_text(_CONFIG.format(port=port, user=user, password=password, folder=target))
    return config


def _pull(folder: Path, port: int, user: str, password: str, count: int) -> float:
    target = folder / "pulled"
    target.mkdir()
    config = write_config(folder, port, user, password, target)
    began = time.monotonic()
    subprocess.run(
        ["mbsync", "-q", "-c", str(config), "bench"],
        check=True,
        env={**os.environ, "HOME": str(folder)},
    )
    seconds = time.monotonic() - began
    pulled = sum(len(os.listdir(target / "INBOX" / part)) for part in ("new", "cur"))
    if pulled < count:
        raise RuntimeError(f"mbsync pulled {pulled} of {count} messages")
    shutil.rmtree(target)
    return seconds
