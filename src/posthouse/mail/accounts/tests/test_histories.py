"""Random changes on both sides, with connections that are cut in between: both sides end equal, and
nothing is lost or doubled.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.accounts.errors import Unreachable
from posthouse.mail.accounts.visit import Visit
from posthouse.mail.mailboxes.changing import move_messages, store_flags, take_out
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import open_folder
from tests.support.dovecot import OldServer, old_server
from tests.support.house import Workspace
from tests.support.linked import LARGEST, Linked, Mirror, link

from .test_visit import WITHOUT, Cut, append, expected

pytestmark = pytest.mark.interop

FOLDERS = ("INBOX", "Red", "Blue")
ROUNDS = 8
_NUMBER = re.compile(rb"Subject: Pump (\d+)")


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.mark.parametrize("speaks", WITHOUT)
async def test_both_sides_end_equal(
    house: Database, workspace: Workspace, server: OldServer, speaks: str
):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # shown when the test fails
    await History(
        await link(house, workspace, server, f"history-{speaks}", WITHOUT[speaks]), seed
    ).run(ROUNDS)


class History:
    """Somebody there, somebody here, and visits in between."""

    def __init__(self, linked: Linked, seed: int) -> None:
        self.linked = linked
        self.chance = random.Random(seed)
        self.written = 0
        self.deleted: set[int] = set()

    async def run(self, rounds: int) -> None:
        for folder in FOLDERS:
            append(self.linked, folder, *self._numbers(3))
        await self.linked.visit()
        for _ in range(rounds):
            for _ in range(self.chance.randrange(4)):
                self.change_there()
            for _ in range(self.chance.randrange(4)):
                await self.change_here()
            await self.visit_cut()
        for _ in range(3):  # what is carried over there is told here by the next one
            await self.let_time_pass()
            await self.linked.visit()
        self.compare(await self.linked.here(), expected(self.linked))

    def change_there(self) -> None:
        folder, other = self.chance.sample(FOLDERS, 2)
        with self.linked.client() as client:
            client.select(folder)
            uids = client.uid("SEARCH", "ALL")[1][0].decode().split()
            act = self.chance.choice(("new", "flag", "unflag", "move", "delete"))
            if act == "new" or not uids:
                append(self.linked, folder, *self._numbers(1))
                return
            uid = self.chance.choice(uids)
            if act == "move":
                client.uid("MOVE", uid, other)
            elif act == "delete":
                _, answer = client.uid("FETCH", uid, "(BODY.PEEK[])")
                self.deleted.add(_number_of(answer[0][1]))
                client.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
                client.uid("EXPUNGE", uid)
            else:
                word = self.chance.choice((r"\Seen", r"\Flagged", "$Hot"))
                client.uid("STORE", uid, "+FLAGS" if act == "flag" else "-FLAGS", f"({word})")

    async def change_here(self) -> None:
        folder, other = self.chance.sample(FOLDERS, 2)
        bodies = (await self.linked.here())[folder]
        async with self.linked.house.workspace(self.linked.workspace.id) as tx:
            mailbox = self.linked.account.mailbox_id
            folder_id = await find_folder(tx, mailbox, folder)
            uids = (await open_folder(tx, folder_id, None)).uids
            if not uids:
                return
            uid = self.chance.choice(uids)
            act = self.chance.choice(("flag", "unflag", "move", "delete"))
            if act == "move":
                await move_messages(tx, folder_id, [uid], await find_folder(tx, mailbox, other))
            elif act == "delete":
                self.deleted.update(_number_of(raw) for raw, _, _ in bodies)
                await take_out(tx, folder_id, [uid])
            else:
                flag = self.chance.choice((Flags.SEEN, Flags.FLAGGED))
                await store_flags(tx, folder_id, [uid], "+" if act == "flag" else "-", flag)

    async def visit_cut(self) -> None:
        """Some visits are cut somewhere."""
        async with self.linked.connected() as driver:
            cut = Cut(driver, self.chance.choice((2, 5, 9, 14, 1000)))
            visit = Visit(
                self.linked.house, cut, self.linked.account, self.linked.hands, largest=LARGEST
            )
            try:
                await visit.run()
            except Unreachable:
                return

    async def let_time_pass(self) -> None:
        """Long enough for a server without CONDSTORE to be asked for all flags."""
        async with self.linked.house.workspace(self.linked.workspace.id) as tx:
            await tx.connection.execute(
                "UPDATE remote_folders SET compared_at = compared_at - interval '11 minutes'"
            )

    def compare(self, here: Mirror, there: Mirror) -> None:
        for name in FOLDERS:
            assert here[name] == there[name], name
        found = Counter(_number_of(raw) for name in FOLDERS for raw, _, _ in here[name])
        assert not [number for number, count in found.items() if count > 1]
        assert set(range(self.written)) - set(found) <= self.deleted

    def _numbers(self, count: int) -> range:
        self.written += count
        return range(self.written - count, self.written)


def _number_of(raw: bytes) -> int:
    found = _NUMBER.search(raw)
    assert found is not None
    return int(found[1])
