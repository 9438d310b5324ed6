"""A random history of a linked account: somebody there, somebody here, visits that break off."""

import asyncio
import contextlib
import random
import re
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.mail.accounts.errors import Unreachable
from posthouse.mail.accounts.visit import Visit
from posthouse.mail.mailboxes.changing import (
    copy_messages,
    delete_folder,
    move_messages,
    store_flags,
    take_out,
)
from posthouse.mail.mailboxes.folders import create_folder, list_folders, rename_folder
from posthouse.mail.mailboxes.model import Fetched, Flags
from posthouse.mail.mailboxes.reading import WANT_FLAGS, fetch, open_folder
from tests.support.cutting import Cut
from tests.support.house import letter
from tests.support.linked import Linked
from tests.support.mirror import LARGEST, Mirror

FOLDERS = ("INBOX", "Red", "Blue")
_NUMBER = re.compile(rb"Subject: Pump (\d+)")
_MAIL = ("new", "flag", "unflag", "move", "delete", "copy")
_FOLDERS = ("make a folder", "rename a folder", "delete a folder")
_SHARE_OF_FOLDERS = 0.15
_WORDS = (r"\Seen", r"\Flagged", "$Hot")


class History:
    """Everything it does follows from `seed`, but for what breaks off after some milliseconds.

    `told` is what it did, for who has to find out why both sides are not the same.
    """

    def __init__(self, linked: Linked, seed: int) -> None:
        self.told: list[str] = []
        self._linked = linked
        self._chance = random.Random(seed)
        self._written = self._made = 0
        self._deleted: set[int] = set()
        self._copied: Counter[int] = Counter()

    async def run(self, rounds: int) -> None:
        """Raises AssertionError when it ends in anything but peace."""
        for folder in FOLDERS:
            for _ in range(3):
                self._append(folder)
        await self._linked.visit()
        for _ in range(rounds):
            for _ in range(self._chance.randrange(4)):
                self._anything_there()
            for _ in range(self._chance.randrange(4)):
                await self._anything_here()
            await self.visit()
        for _ in range(4):  # what is carried over there is told here by the next one
            await self._let_time_pass()
            await self._linked.visit()
        self._compare(await self._linked.here(), self._linked.expected())

    # -- there

    def _anything_there(self) -> None:
        if self._chance.random() < _SHARE_OF_FOLDERS:
            self.change_folder_there(self._chance.choice(_FOLDERS))
        else:
            self.change_there(self._chance.choice(_MAIL))

    def change_folder_there(self, act: str) -> None:
        """By another mail program; the folders that mail is put into keep their names."""
        with self._linked.client() as client:
            names = [each for each in self._linked.expected() if each.startswith("F")]
            if act == "make a folder" or not names:
                self._make_there(self._new_name())
                return
            name = self._chance.choice(sorted(names))
            wire = name.replace("/", ".")
            if act == "rename a folder":
                new = self._new_name()
                self.told.append(f"there rename {name} to {new}")
                client.rename(wire, new.replace("/", "."))
            else:
                inside = [number_of(raw) for raw, _, _ in self._linked.expected()[name]]
                self.told.append(f"there delete {name} with {inside}")
                self._deleted.update(inside)
                client.delete(wire)

    def _make_there(self, name: str) -> None:
        self.told.append(f"there make {name}")
        with self._linked.client() as client:
            client.create(name.replace("/", "."))
            if self._chance.random() < 0.7:
                client.select("INBOX")
                uids = client.uid("SEARCH", "ALL")[1][0].decode().split()
                for uid in self._chance.sample(uids, min(2, len(uids))):
                    client.uid("MOVE", uid, name.replace("/", "."))

    def _new_name(self) -> str:
        self._made += 1
        return f"F{self._made}" if self._chance.random() < 0.7 else f"F{self._made}/Deep"

    def change_there(self, act: str) -> None:
        """By another mail program."""
        folder, other = self._chance.sample(FOLDERS, 2)
        with self._linked.client() as client:
            client.select(folder)
            uids = client.uid("SEARCH", "ALL")[1][0].decode().split()
            if act == "new" or not uids:
                self._append(folder)
                return
            uid = self._chance.choice(uids)
            _, answer = client.uid("FETCH", uid, "(BODY.PEEK[])")
            number = number_of(answer[0][1])
            self.told.append(f"there {act} {number} of {folder} ({other})")
            match act:
                case "move":
                    client.uid("MOVE", uid, other)
                case "copy":
                    self._copied[number] += 1
                    client.uid("COPY", uid, other)
                case "delete":
                    self._deleted.add(number)
                    client.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
                    client.uid("EXPUNGE", uid)
                case _:
                    verb = "+FLAGS" if act == "flag" else "-FLAGS"
                    client.uid("STORE", uid, verb, f"({self._chance.choice(_WORDS)})")

    def _append(self, folder: str) -> None:
        self.told.append(f"there new {self._written} in {folder}")
        with self._linked.client() as client:
            client.create(folder)
            assert client.append(folder, "", "", self._letter())[0] == "OK"

    # -- here

    async def _anything_here(self) -> None:
        if self._chance.random() < _SHARE_OF_FOLDERS:
            await self.change_folder_here(self._chance.choice(_FOLDERS))
        else:
            await self.change_here(self._chance.choice(_MAIL))

    async def change_folder_here(self, act: str) -> None:
        """By a member."""
        async with self._linked.house.workspace(self._linked.workspace.id) as tx:
            mailbox_id = self._linked.account.mailbox_id
            ours = {each.name: each.id for each in await list_folders(tx, mailbox_id)}
            names = sorted(name for name in ours if name.startswith("F"))
            if act == "make a folder" or not names:
                new = self._new_name()
                self.told.append(f"here make {new}")
                made = await create_folder(tx, mailbox_id, new)
                uids = (await open_folder(tx, ours["INBOX"], None)).uids
                some = self._chance.sample(list(uids), min(2, len(uids)))
                await move_messages(tx, ours["INBOX"], some, made)
                return
            name = self._chance.choice(names)
            if act == "rename a folder":
                new = self._new_name()
                self.told.append(f"here rename {name} to {new}")
                await rename_folder(tx, ours[name], new)
                return
            uids = (await open_folder(tx, ours[name], None)).uids
            lying = await fetch(tx, ours[name], list(uids), [WANT_FLAGS, "full"])
            inside = [number_of(each.full) for each in lying]
            self.told.append(f"here delete {name} with {inside}")
            self._deleted.update(inside)
            await delete_folder(tx, ours[name])

    async def change_here(self, act: str) -> None:
        """By a member."""
        name, other = self._chance.sample(FOLDERS, 2)
        if act == "new":
            self.told.append(f"here new {self._written} in {name}")
            await self._linked.file_here(name, self._letter())
            return
        async with self._linked.house.workspace(self._linked.workspace.id) as tx:
            mailbox_id = self._linked.account.mailbox_id
            ours = {each.name: each.id for each in await list_folders(tx, mailbox_id)}
            uids = (await open_folder(tx, ours[name], None)).uids
            if uids:
                uid = self._chance.choice(uids)
                (one,) = await fetch(tx, ours[name], [uid], [WANT_FLAGS, "full"])
                number = number_of(one.full)
                if act in ("move", "copy") and await _lies_in(tx, ours[other], one):
                    return  # one message twice in a folder of ours is one there
                self.told.append(f"here {act} {number} of {name} ({other})")
                await self._act_here(tx, act, number, ours[name], uid, ours[other])

    async def _act_here(
        self, tx: Tx, act: str, number: int, folder_id: UUID, uid: int, other: UUID
    ) -> None:
        match act:
            case "move":
                await move_messages(tx, folder_id, [uid], other)
            case "copy":
                self._copied[number] += 1
                await copy_messages(tx, folder_id, [uid], other)
            case "delete":
                self._deleted.add(number)
                await take_out(tx, folder_id, [uid])
            case _:
                flag = self._chance.choice((Flags.SEEN, Flags.FLAGGED))
                await store_flags(tx, folder_id, [uid], "+" if act == "flag" else "-", flag)

    # -- in between

    async def visit(self) -> None:
        """To its end, or cut before or after some call, or broken off somewhere."""
        calls = self._chance.choice((2, 5, 9, 14, 20, 1000))
        after = self._chance.random() < 0.5
        seconds = self._chance.choice((None, None, self._chance.random() / 4))
        self.told.append(f"visit cut {'after' if after else 'before'} {calls}, {seconds}")
        async with self._linked.connected() as driver:
            cut = Cut(driver, calls, after=after)
            visit = Visit(
                self._linked.house, cut, self._linked.account, self._linked.hands, largest=LARGEST
            )
            with contextlib.suppress(Unreachable, TimeoutError):
                async with asyncio.timeout(seconds):
                    await visit.run()

    async def _let_time_pass(self) -> None:
        """Enough for a server without CONDSTORE to be asked for all flags, and for what waits."""
        async with self._linked.house.workspace(self._linked.workspace.id) as tx:
            await tx.connection.execute(
                "UPDATE remote_folders SET compared_at = compared_at - interval '11 minutes'"
            )
            await tx.connection.execute(
                "UPDATE remote_appends SET due_at = due_at - interval '12 hours'"
            )

    def _compare(self, here: Mirror, there: Mirror) -> None:
        names = {name for mirror in (here, there) for name, mails in mirror.items() if mails}
        for name in sorted(names):
            ours, theirs = shown(here.get(name, ())), shown(there.get(name, ()))
            assert ours == theirs, f"{name}: here {ours}, there {theirs}"
            assert here[name] == there[name], name
        found = Counter(number for name in names for number, *_ in shown(here[name]))
        doubled = {number for number, count in found.items() if count > 1 + self._copied[number]}
        lost = set(range(self._written)) - set(found) - self._deleted
        assert not doubled, f"doubled {doubled}"
        assert not lost, f"lost {lost}"

    def _letter(self) -> bytes:
        number, self._written = self._written, self._written + 1
        return letter(message_id=f"{number}@k.example", subject=f"Pump {number}")


async def _lies_in(tx: Tx, folder_id: UUID, one: Fetched) -> bool:
    uids = (await open_folder(tx, folder_id, None)).uids
    others = await fetch(tx, folder_id, list(uids), [WANT_FLAGS])
    return one.mailbox_message_id in {each.mailbox_message_id for each in others}


def shown(mails: Sequence[tuple[bytes, int, tuple[str, ...]]]) -> list[tuple[int, int, object]]:
    return sorted((number_of(raw), flags, words) for raw, flags, words in mails)


def number_of(raw: bytes) -> int:
    found = _NUMBER.search(raw)
    assert found is not None
    return int(found[1])
