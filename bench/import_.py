"""`posthouse import` of a Maildir beside `notmuch new` on the same Maildir, both from nothing.

notmuch makes messages findable with the same step that reads them; ours are readable by IMAP when
`import` ends, and findable when the index has caught up. BENCH_NOTMUCH=N gives notmuch the first N
messages only: it needs minutes for all of them, and less than its share for a few.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, rounds, scaled
from bench.house import opened, running_house, settle
from bench.letters import letters, write_maildir
from bench.lines import real
from posthouse.mail.search.actions import search
from posthouse.security.members import actor_of
from tests.support.running import ANNA, RunningPosthouse
from tests.support.settling import until_settled

MESSAGES = 20_000
_LAST = "lastofall"


def measure() -> Iterator[Figure]:
    """Two figures, both in messages a second."""
    count = scaled(MESSAGES)
    # notmuch gets slower as its database grows: fewer messages are to its advantage.
    fewer = min(count, int(os.environ.get("BENCH_NOTMUCH", count)))
    readable: list[float] = []
    searchable: list[float] = []
    theirs: list[float] = []
    folder = Path(tempfile.mkdtemp(prefix="posthouse-import-"))
    try:
        write_maildir(folder / "ours", letters(count, marks={count - 1: _LAST}, pool=real()))
        write_maildir(folder / "theirs", letters(fewer, pool=real()))
        for _ in range(rounds()):
            os.sync()
            theirs.append(_notmuch(folder, fewer))
            with running_house() as house:
                settle(house)
                os.sync()  # or the disk is still busy with what the other side has deleted
                until_readable, until_searchable = asyncio.run(_ours(house, folder / "ours", count))
            readable.append(count / until_readable)
            searchable.append(count / until_searchable)
    finally:
        shutil.rmtree(folder)
    ran = (
        f"ours {count} messages, notmuch {fewer} of them, each into a fresh database, "
        f"{len(theirs)} runs"
    )
    for name, values, limit in (("readable", readable, 12.0), ("searchable", searchable, 5.0)):
        yield Figure(
            name=f"import until {name}",
            unit="messages/s",
            ours=values,
            peers=theirs,
            peer="notmuch new",
            limit=limit,
            at_least=True,
            ran=ran,
        )


async def _ours(house: RunningPosthouse, maildir: Path, count: int) -> tuple[float, float]:
    """Seconds until all are readable, and until all are found, while the house serves."""
    client = house.imap()
    began = time.monotonic()
    await asyncio.to_thread(house.must, "import", maildir, "--mailbox", ANNA, timeout=1800)
    held = int(client.select(readonly=True)[1][0] or 0)
    readable = time.monotonic() - began
    client.logout()
    assert held == count, f"{held} of {count} messages are readable"
    async with opened(house) as database:
        actor = await actor_of(database, ANNA)
        await until_settled(database, "search")
        async with database.workspace(actor.workspace_id) as tx:
            assert (await search(tx, actor, _LAST)).hits, "the last message is not found"
    return readable, time.monotonic() - began


def _notmuch(folder: Path, count: int) -> float:
    """Messages a second."""
    database = folder / "notmuch"
    database.mkdir()
    config = folder / "notmuch-config"
    config.write_text(
        f"[database]\npath={database}\nmail_root={folder / 'theirs'}\n"
        "[user]\nname=Anna\nprimary_email=anna@acme.example\n[new]\ntags=new\n"
    )
    began = time.monotonic()
    subprocess.run(
        ["notmuch", "new", "--quiet"],
        check=True,
        env={**os.environ, "NOTMUCH_CONFIG": str(config), "HOME": str(folder)},
    )
    seconds = time.monotonic() - began
    shutil.rmtree(database)
    return count / seconds
