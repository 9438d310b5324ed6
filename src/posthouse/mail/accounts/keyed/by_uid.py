"""A service with keys as what brings and carries over by uid wants it: the folder that is entered,
and its items by the ledger's uids.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts.driver import Abilities
from posthouse.mail.accounts.keyed import ledger
from posthouse.mail.accounts.keyed.driver import KeyedDriver
from posthouse.mail.accounts.keyed.model import Content, Item
from posthouse.mail.accounts.keyed.taking import Taker
from posthouse.mail.accounts.model import Body, ItemFlags, LinkedAccount, Ranges, RemoteFolder
from posthouse.mail.accounts.remote_folders import KnownFolder
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import read_raws

_OWN_AT_ONCE = 20
_TOLD_AT_ONCE = 50


class ByUid:
    """Of one visit. What is moved or put there gets its uid before anybody else can tell of it."""

    # The server says what it has moved, and where to.
    abilities = Abilities(uidplus=True)

    def __init__(
        self, database: Database, driver: KeyedDriver, account: LinkedAccount, taker: Taker
    ) -> None:
        self._database = database
        self._driver = driver
        self._account = account
        self._taker = taker
        self._entered: KnownFolder | None = None

    def enter(self, folder: KnownFolder) -> None:
        """Uids are of this folder from now on."""
        self._entered = folder

    # -- reading

    async def bodies(self, uids: Sequence[int]) -> AsyncIterator[Body]:
        """What is here already under another folder is not asked for again."""
        folder = self._folder()
        async with self._tx() as tx:
            ids = await ledger.remote_ids(tx, folder, uids)
            own = await ledger.own_content(tx, self._account.id, folder, list(ids))
        async for body in self._own(own):
            ids.pop(body.uid)
            yield body
        uid_of = {key: uid for uid, key in ids.items()}
        wanted = [(folder.wire, key) for key in uid_of]
        told: list[tuple[int, Content]] = []
        async for content in self._driver.contents(wanted):
            uid = uid_of.pop(content.key, None)
            if uid is None:
                continue
            if content.flags is None and content.arrived is None:
                yield Body(uid, content.raw)
                continue
            told.append((uid, content))
            if len(told) == _TOLD_AT_ONCE:
                for body in await self._note(folder, told):
                    yield body
                told = []
        for body in await self._note(folder, told):
            yield body

    # -- writing

    async def store_flags(
        self,
        uids: Ranges,
        *,
        add: int = 0,
        remove: int = 0,
        add_keywords: Sequence[str] = (),
        remove_keywords: Sequence[str] = (),
    ) -> list[ItemFlags]:
        """What the service keeps of it; the rest stays here."""
        traits = self._driver.traits
        if not traits.keywords:
            add_keywords, remove_keywords = (), ()
        add, remove = add & traits.flags, remove & traits.flags
        if add or remove or add_keywords or remove_keywords:
            folder, keys = await self._keys(uids)
            await self._driver.store_flags(
                folder.wire,
                list(keys.values()),
                add=Flags(add),
                remove=Flags(remove),
                add_keywords=add_keywords,
                remove_keywords=remove_keywords,
            )
        return []

    async def move(self, uids: Ranges, target: RemoteFolder) -> dict[int, int]:
        """uid → uid in the target, which the ledger then lists."""
        folder, keys = await self._keys(uids)
        moved = await self._driver.move(folder.wire, list(keys.values()), target.wire)
        if target.wire not in self._taker.folders:
            return {}
        new = [(uid, moved[key]) for uid, key in keys.items() if key in moved]
        return dict(
            zip(
                [uid for uid, _ in new],
                await self._expect(target.wire, [key for _, key in new]),
                strict=True,
            )
        )

    async def delete(self, uids: Ranges) -> None:
        """Out of the entered folder."""
        folder, keys = await self._keys(uids)
        await self._driver.delete(folder.wire, list(keys.values()))

    async def append(
        self,
        folder: RemoteFolder,
        raw: bytes,
        *,
        flags: int = 0,
        keywords: Sequence[str] = (),
        arrived: datetime | None = None,
    ) -> int:
        """Its uid."""
        traits = self._driver.traits
        key = await self._driver.append(
            folder.wire,
            raw,
            flags=Flags(flags),
            keywords=keywords if traits.keywords else (),
            arrived=arrived,
        )
        if folder.wire not in self._taker.folders:
            return 0
        return (await self._expect(folder.wire, [key]))[0]

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder:
        """As the driver makes it."""
        return await self._driver.create_folder(levels)

    # -- parts

    async def _own(self, own: dict[int, UUID]) -> AsyncIterator[Body]:
        todo = list(own.items())
        for start in range(0, len(todo), _OWN_AT_ONCE):
            some = todo[start : start + _OWN_AT_ONCE]
            async with self._tx() as tx:
                raws = await read_raws(tx, [message for _, message in some])
            for uid, message in some:
                if message in raws:
                    yield Body(uid, raws[message])

    async def _note(self, folder: KnownFolder, told: Sequence[tuple[int, Content]]) -> list[Body]:
        if told:
            async with self._tx() as tx:
                rows = [
                    (uid, None if each.flags is None else int(each.flags), each.arrived)
                    for uid, each in told
                ]
                await ledger.note_told(tx, folder, rows)
        return [
            Body(
                uid,
                each.raw,
                flags=None if each.flags is None else int(each.flags),
                arrived=each.arrived,
            )
            for uid, each in told
        ]

    async def _keys(self, uids: Ranges) -> tuple[KnownFolder, dict[int, bytes]]:
        folder = self._folder()
        async with self._tx() as tx:
            return folder, await ledger.remote_ids(tx, folder, list(_each(uids)))

    async def _expect(self, target: bytes, keys: Sequence[bytes]) -> list[int]:
        """Rows for what we have just put there, in their order."""
        if not keys:
            return []
        items = [Item(key=key, folder=target, flags=None, keywords=None) for key in keys]
        async with self._tx() as tx:
            places = await self._taker.take(tx, items)
            uids = [uid for _, uid in places]
            ids = await ledger.remote_ids(tx, self._taker.folders[target], uids)
        of_key = {key: uid for uid, key in ids.items()}
        return [of_key[key] for key in keys]

    def _folder(self) -> KnownFolder:
        assert self._entered is not None
        return self._entered

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)


def _each(ranges: Ranges) -> Iterator[int]:
    for low, high in ranges:
        yield from range(low, high + 1)
