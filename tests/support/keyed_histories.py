"""A random history of an account by key: somebody there, somebody here, visits that break off.

POSTHOUSE_HISTORIES says how many, POSTHOUSE_HISTORIES_SEED the first one's seed.
"""

import contextlib
import os
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts.errors import Unreachable
from posthouse.mail.mailboxes.changing import move_messages, store_flags, take_out
from posthouse.mail.mailboxes.folders import list_folders
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import WANT_FLAGS, fetch, open_folder
from tests.support.cutting import Cut
from tests.support.histories import FOLDERS, number_of, shown
from tests.support.house import Workspace, letter
from tests.support.keyed import KeyedLinked
from tests.support.mirror import Mirror

MANY = int(os.environ.get("POSTHOUSE_HISTORIES", "2"))
_FIRST = int(os.environ.get("POSTHOUSE_HISTORIES_SEED", "0"))
_ROUNDS = 6

# What the service may do to us before a visit; in words.
Mischief = Callable[[random.Random], str]
Linking = Callable[[], AbstractAsyncContextManager[tuple[KeyedLinked, Mischief]]]

_ACTS = ("flag", "unflag", "move", "delete")
_CALLS = (2, 5, 9, 14, 20, 1000)


class KeyedHistory:
    """Everything it does follows from `seed`. `mischief` is what the service may do to us before a
    visit: forget our places, tell things twice. `told` is what was done.
    """

    def __init__(self, linked: KeyedLinked, seed: int, mischief: Mischief) -> None:
        self.told: list[str] = []
        self._linked = linked
        self._chance = random.Random(seed)
        self._mischief = mischief
        self._written = 0
        self._deleted: set[int] = set()

    async def run(self, rounds: int) -> None:
        """Raises AssertionError when it ends in anything but peace."""
        for folder in FOLDERS:
            if folder != "INBOX":
                self._linked.elsewhere.make_folder(folder)
            for _ in range(3):
                self._deliver(folder)
        await self._linked.visit()
        for _ in range(rounds):
            for _ in range(self._chance.randrange(4)):
                self._change_there()
            for _ in range(self._chance.randrange(4)):
                await self._change_here()
            await self._visit()
        for _ in range(3):  # what is carried over there is told here by the next one
            await self._linked.visit()
        self._compare(await self._linked.here(), self._linked.elsewhere.mirror())

    def _deliver(self, folder: str) -> None:
        number, self._written = self._written, self._written + 1
        self.told.append(f"there new {number} in {folder}")
        raw = letter(message_id=f"{number}@k.example", subject=f"Pump {number}")
        self._linked.elsewhere.deliver(folder, raw)

    def _change_there(self) -> None:
        service = self._linked.elsewhere
        folder, other = self._chance.sample(FOLDERS, 2)
        act, uids = self._chance.choice((*_ACTS, "new")), sorted(service.uids(folder))
        if act == "new" or not uids:
            self._deliver(folder)
            return
        uid = self._chance.choice(uids)
        number = number_of(service.raw(folder, uid))
        self.told.append(f"there {act} {number} of {folder} ({other})")
        match act:
            case "move":
                service.move(folder, uid, other)
            case "delete":
                self._deleted.add(number)
                service.delete(folder, uid)
            case _:
                flag = self._chance.choice((Flags.SEEN, Flags.FLAGGED))
                service.set_flag(folder, uid, flag, act == "flag")

    async def _change_here(self) -> None:
        name, other = self._chance.sample(FOLDERS, 2)
        async with self._linked.house.workspace(self._linked.workspace.id) as tx:
            folders = await list_folders(tx, self._linked.account.mailbox_id)
            ours = {each.name: each.id for each in folders}
            uids = (await open_folder(tx, ours[name], None)).uids
            if uids:
                uid, act = self._chance.choice(uids), self._chance.choice(_ACTS)
                (one,) = await fetch(tx, ours[name], [uid], [WANT_FLAGS, "full"])
                number = number_of(one.full)
                self.told.append(f"here {act} {number} of {name} ({other})")
                await self._act_here(tx, act, number, ours[name], uid, ours[other])

    async def _act_here(
        self, tx: Tx, act: str, number: int, folder_id: UUID, uid: int, other: UUID
    ) -> None:
        match act:
            case "move":
                await move_messages(tx, folder_id, [uid], other)
            case "delete":
                self._deleted.add(number)
                await take_out(tx, folder_id, [uid])
            case _:
                flag = self._chance.choice((Flags.SEEN, Flags.FLAGGED))
                await store_flags(tx, folder_id, [uid], "+" if act == "flag" else "-", flag)

    async def _visit(self) -> None:
        """To its end, or cut before or after some call."""
        calls, after = self._chance.choice(_CALLS), self._chance.random() < 0.5
        done = self._mischief(self._chance)
        self.told.append(f"visit cut {'after' if after else 'before'} {calls}; {done}")
        with contextlib.suppress(Unreachable):
            through = self._linked.visiting(lambda driver: Cut(driver, calls, after=after))
            async with through as visit:
                await visit.run()

    def _compare(self, here: Mirror, there: Mirror) -> None:
        names = {name for mirror in (here, there) for name, mails in mirror.items() if mails}
        for name in sorted(names):
            ours, theirs = shown(here.get(name, ())), shown(there.get(name, ()))
            assert ours == theirs, f"{name}: here {ours}, there {theirs}"
            assert here[name] == there[name], name
        found = Counter(number for name in names for number, *_ in shown(here[name]))
        doubled = {number for number, count in found.items() if count > 1}
        lost = set(range(self._written)) - set(found) - self._deleted
        assert not doubled, f"doubled {doubled}"
        assert not lost, f"lost {lost}"


async def many_histories(house: Database, workspace: Workspace, linking: Linking) -> None:
    """One after the other, each with a service and an account of its own. Raises ExceptionGroup."""
    first = _FIRST or random.SystemRandom().randrange(1 << 32)
    print(f"{MANY} histories from seed {first}")
    failed: list[Exception] = []
    for seed in range(first, first + MANY):
        async with linking() as (linked, mischief):
            history = KeyedHistory(linked, seed, mischief)
            try:
                await history.run(_ROUNDS)
            except Exception as error:
                print(f"seed {seed}: {error!r}"[:500], *history.told, sep="\n  ", flush=True)
                failed.append(error)
            async with house.workspace(workspace.id) as tx:
                await tx.connection.execute("DELETE FROM linked_accounts")
                await tx.connection.execute("DELETE FROM mailboxes WHERE elsewhere")
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {MANY} histories from seed {first}", failed)
