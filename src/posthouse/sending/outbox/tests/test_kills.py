"""A worker that is killed (-9) again and again loses nothing, and files nothing twice."""

import asyncio
import json
import os
import random
import re
import sys
from collections import Counter
from pathlib import Path

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.security.vault import Vault
from posthouse.sending.outbox.queue import Chosen, read_queue, retry_now
from posthouse.sending.outbox.tests.test_outbox import counts, send, written
from tests.support.dns_server import DnsServer
from tests.support.house import make_workspace
from tests.support.sending import Peer, start_peer

_EACH = 60
_KILLS = 10


async def test_nothing_is_lost_and_nothing_filed_twice(
    sending: Database, dns: DnsServer, short_folder: Path, peers: list[Peer]
):
    key = os.urandom(32)
    sending.provide(Vault(key))
    anna = await make_workspace(sending, "acme.example", "anna")
    otto = await make_workspace(sending, "globex.example", "otto")
    settings = sending.service(Settings)
    peers.append(await start_peer(short_folder / "mx", port=settings.mx_port))

    async def feed(first: int, count: int) -> None:
        for n in range(first, first + count):
            raw = written(anna, message_id=f"k{n}@acme.example")
            await send(sending, anna, otto.address, f"p{n}@kunde.example", raw=raw)

    given = json.dumps(
        {
            "dsn": sending.dsn,
            "folder": str(settings.data),
            "key": key.hex(),
            "resolver": dns.address,
            "mx_port": settings.mx_port,
        }
    )
    chance = random.Random(20261122)
    for n in range(_KILLS):
        await feed(n * _EACH // _KILLS, _EACH // _KILLS)
        process = await start(given)
        await asyncio.sleep(chance.uniform(0.005, 0.1))
        process.kill()
        await process.wait()
    process = await start(given)
    for _ in range(600):
        if await waiting(sending) == 0:
            break
        await asyncio.sleep(0.1)
        async with sending.system() as tx:
            await retry_now(tx, Chosen())  # a name server that was slow must not cost a minute
    process.terminate()
    await process.wait()

    async with sending.system() as tx:
        left = {(row.domain, row.reply) for row in await read_queue(tx)}
    assert not left
    assert await counts(sending, otto) == {"INBOX": _EACH}
    async with sending.workspace(otto.id) as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM messages") == _EACH
    async with sending.workspace(anna.id) as tx:
        rows = await tx.connection.fetch("SELECT state, unclear, attempts FROM outbox_recipients")
    assert {row["state"] for row in rows} == {"delivered"}
    assert max(row["attempts"] for row in rows) > 1, "no kill struck an attempt"
    arrived = Counter(re.findall(rb"<(p\d+)@kunde", b"".join(peers[0].messages())))
    assert len(arrived) == _EACH
    twice = sum(1 for count in arrived.values() if count > 1)
    unclear = sum(row["unclear"] for row in rows)
    assert twice <= unclear <= _EACH  # what is filed here is never unclear


async def waiting(house: Database) -> int:
    async with house.system() as tx:
        return int(await tx.connection.fetchval("SELECT count(*) FROM outbox_queue"))


async def start(given: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.outbox_process",
        given,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "src:."},
    )
    assert process.stdout
    assert await process.stdout.readline() == b"ready\n"
    return process
