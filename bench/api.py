"""The API at 200,000 messages in one mailbox: an inbox page and five kinds of search.

Asked by the mailbox's owner and by a member to whom every hundredth thread was shared, once of the
functions behind the API and once over HTTP. The messages are short: rows and words count here,
not octets.
"""

import asyncio
import http.client
import json
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import asyncpg

from bench.figures import Figure, percentile, scaled
from bench.house import database_url, opened, running_house
from bench.letters import letters, write_maildir
from posthouse.foundation.db import Database
from posthouse.mail.listing.beside import NOTHING_BESIDE
from posthouse.mail.listing.threads import folder_page, search_page
from posthouse.mail.listing.views import ThreadPage
from posthouse.roles import ROLES
from posthouse.security.access import Level, grant, mailboxes_of
from posthouse.security.members import Actor, actor_of
from tests.support.running import ANNA, BEN, RunningPosthouse
from tests.support.settling import until_settled

MESSAGES = 200_000
_OCTETS = 1_600
_LIMIT = 50.0
_ASKED = 60
_SHARED_EVERY = 100
_RARE = "zyxomatic"
# Nobody imports, nobody follows: what would only disturb the loading is left out.
_ROLES = "search,upkeep,imap,http" if "http" in ROLES else "search,upkeep,imap"
SEARCHES = {
    "rare word": _RARE,
    "Chinese bigram, many hits": "报价",
    "phrase": '"price please"',
    "from: with a date": "from:ba after:2025-03-01 before:2025-04-01",
    "no hit": "qqqxyzzy",
}


def measure() -> Iterator[Figure]:
    """A figure for each question, asker and door: p95 in milliseconds."""
    count = scaled(MESSAGES, least=300)
    folder = Path(tempfile.mkdtemp(prefix="posthouse-api-"))
    try:
        marks = dict.fromkeys(range(count // 7, count, count // 3), _RARE)
        write_maildir(folder / "mail", letters(count, octets=_OCTETS, marks=marks))
        with running_house("--roles", _ROLES) as house:
            house.must("import", folder / "mail", "--mailbox", ANNA, timeout=7200)
            shutil.rmtree(folder / "mail")
            asyncio.run(_share_and_tidy(house))
            ran = f"{count} messages of about {_OCTETS} octets, a page of 50, asked {_ASKED} times"
            yield from asyncio.run(_inside(house, ran))
            if "http" in ROLES:
                yield from _over_http(house, ran)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _share_and_tidy(house: RunningPosthouse) -> None:
    """Share the threads; then what autovacuum does sooner or later is done at once."""
    async with opened(house) as database:
        await until_settled(database, "search")
        anna, ben = await actor_of(database, ANNA), await actor_of(database, BEN)
        async with database.workspace(anna.workspace_id) as tx:
            (mailbox, *_) = await mailboxes_of(tx, anna)
            threads = await tx.connection.fetch(
                "SELECT id FROM threads WHERE workspace_id = $1 ORDER BY id", anna.workspace_id
            )
            for row in threads[::_SHARED_EVERY]:
                await grant(
                    tx,
                    anna,
                    member_id=ben.member_id,
                    mailbox_id=mailbox.id,
                    thread_id=row["id"],
                    level=Level.FULL,
                )
    connection = await asyncpg.connect(database_url(house))
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _inside(house: RunningPosthouse, ran: str) -> list[Figure]:
    async with opened(house) as database:
        anna, ben = await actor_of(database, ANNA), await actor_of(database, BEN)
        async with database.workspace(anna.workspace_id) as tx:
            mailbox_id = (await mailboxes_of(tx, anna))[0].id
        found: list[Figure] = []
        for who, actor in (("owner", anna), ("member who sees 1 %", ben)):
            for what, ask in _questions(database, actor, mailbox_id).items():
                times = [await _timed(ask) for _ in range(_ASKED)]
                found.append(_figure(f"{what}, {who}", times, ran))
        return found


def _questions(
    database: Database, actor: Actor, mailbox_id: UUID
) -> dict[str, Callable[[], Awaitable[ThreadPage]]]:
    async def inbox() -> ThreadPage:
        async with database.workspace(actor.workspace_id) as tx:
            return await folder_page(
                tx,
                actor,
                NOTHING_BESIDE,
                mailbox_id=mailbox_id,
                folder_id=None,
                cursor=None,
                limit=50,
            )

    def searching(text: str) -> Callable[[], Awaitable[ThreadPage]]:
        async def ask() -> ThreadPage:
            async with database.workspace(actor.workspace_id) as tx:
                return await search_page(
                    tx,
                    actor,
                    NOTHING_BESIDE,
                    text,
                    mailbox_id=None,
                    folder_id=None,
                    cursor=None,
                    limit=50,
                )

        return ask

    return {"inbox page": inbox, **{what: searching(text) for what, text in SEARCHES.items()}}


async def _timed(ask: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await ask()
    return (time.perf_counter() - began) * 1000


def _over_http(house: RunningPosthouse, ran: str) -> Iterator[Figure]:
    connection = http.client.HTTPConnection("127.0.0.1", house.ports["http"], timeout=30)
    for who, address in (("owner", ANNA), ("member who sees 1 %", BEN)):
        said = json.loads(house.must("key", "add", "--member", address, "--json"))
        headers = {"Authorization": f"Bearer {said['key']}"}
        mailbox_id = asyncio.run(_mailbox_of_anna(house))
        paths = {"inbox page": f"/api/v1/threads?{urlencode({'mailbox': mailbox_id, 'limit': 50})}"}
        for what, text in SEARCHES.items():
            paths[what] = f"/api/v1/search?{urlencode({'q': text, 'limit': 50})}"
        for what, path in paths.items():
            times = [_get(connection, path, headers) for _ in range(_ASKED)]
            yield _figure(f"HTTP: {what}, {who}", times, ran)
    connection.close()


async def _mailbox_of_anna(house: RunningPosthouse) -> UUID:
    async with opened(house) as database:
        anna = await actor_of(database, ANNA)
        async with database.workspace(anna.workspace_id) as tx:
            return (await mailboxes_of(tx, anna))[0].id


def _get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, f"{path}: {response.status} {body[:300]!r}"
    return (time.perf_counter() - began) * 1000


def _figure(name: str, times: list[float], ran: str) -> Figure:
    return Figure(name=name, unit="ms p95", limit=_LIMIT, ours=[percentile(times, 0.95)], ran=ran)
