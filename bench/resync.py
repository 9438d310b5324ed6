"""A linked account of which nothing has changed: how long it takes to find that out.

Beside us mbsync looks at the same mailbox again.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.figures import Figure, rounds, scaled
from bench.house import opened, running_house, settle
from bench.letters import letters, write_maildir
from bench.linked import has, is_done, link, look_again, mbsync, pause, until
from bench.peers import Dovecot, running_dovecot
from tests.support.running import RunningPosthouse
from tests.support.settling import until_settled

MESSAGES = 100_000
_OCTETS = 2_048  # nobody reads them again
_PLAIN = {"QRESYNC": False, "CONDSTORE": False}


def measure() -> Iterator[Figure]:
    """Two figures, in seconds after the sign-in; mbsync's are with it."""
    count = scaled(MESSAGES)
    theirs: list[float] = []
    folder = Path(tempfile.mkdtemp(prefix="posthouse-resync-"))
    try:
        write_maildir(folder / "source", letters(count, octets=_OCTETS))
        with running_dovecot() as dovecot:
            dovecot.fill(folder / "source")
            mbsync(folder, dovecot)
            with running_house(link_private_hosts="on") as house:
                settle(house)
                quick, plain = asyncio.run(_ours(house, dovecot, count))
            theirs.extend(mbsync(folder, dovecot) for _ in plain)
    finally:
        shutil.rmtree(folder)
    ran = f"{count} messages in one folder, {len(plain)} times each"
    yield Figure(
        name="resync of what is unchanged, QRESYNC", unit="s", ours=quick, limit=0.2, ran=ran
    )
    yield Figure(
        name="resync of what is unchanged, no CONDSTORE",
        unit="s",
        ours=plain,
        peers=theirs,
        peer="mbsync",
        limit=2.5,
        ran=ran,
    )


async def _ours(
    house: RunningPosthouse, dovecot: Dovecot, count: int
) -> tuple[list[float], list[float]]:
    """With QRESYNC, and without any help of the server."""
    async with opened(house) as database:
        account = await link(database, dovecot)
        await until(partial(has, database, account, count))
        await until(partial(is_done, database, account))
        await pause(database, account)
        await until_settled(database)
        quick = [await look_again(database, account, {}) for _ in range(rounds())]
        plain = [await look_again(database, account, _PLAIN) for _ in range(rounds())]
    return quick, plain
