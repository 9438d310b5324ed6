"""Bringing content here: fetched in batches, taken apart beside the loop, filed with the ledger's
rows in one transaction. What a kill leaves is in both or in neither.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import asyncpg

from posthouse.foundation.batching import batches
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Refusal
from posthouse.foundation.events import BULK
from posthouse.mail.accounts import ledger, ruling
from posthouse.mail.accounts.errors import AccountError, SignInRefused, Throttled
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.ledger import Waiting
from posthouse.mail.accounts.model import Body
from posthouse.mail.accounts.storing import Filable, Letter, Obey, Target, store_batch
from posthouse.mail.mailboxes.model import Filed
from posthouse.mail.transfer.preparing import Ready
from posthouse.security.vault import keyring

BATCH = 200
BATCH_OCTETS = 8 << 20
_AHEAD = 2  # batches being taken apart, one for each worker
# The database is away: that says nothing against a message.
_AWAY = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)

_Running = tuple[list[Letter], "asyncio.Task[list[Ready | str]]"]

log = logging.getLogger(__name__)


class Source(Protocol):
    """What content comes from: a driver, or a part of one."""

    def bodies(self, uids: Sequence[int]) -> AsyncIterator[Body]:
        """As `Driver.bodies`."""


class Bringer:
    """Brings items over one connection; `stored` counts them."""

    def __init__(self, database: Database, driver: Source, hands: Hands) -> None:
        self.stored = 0
        self._database = database
        self._driver = driver
        self._hands = hands

    async def bring(self, target: Target, items: Sequence[Waiting], *, bulk: bool) -> None:
        """Items of the open folder. Raises AccountError, Full.

        While one batch is filed the next ones are taken apart and fetched; `_AHEAD` and two more
        are in memory.
        """
        running: deque[_Running] = deque()
        try:
            async for letters in self._fetched(target, items):
                running.append((letters, asyncio.create_task(self._prepare(target, letters, bulk))))
                if len(running) > _AHEAD:
                    await self._file(target, *running.popleft(), bulk=bulk)
        except AccountError:
            while running:  # what has come is kept
                await self._file(target, *running.popleft(), bulk=bulk)
            raise
        except BaseException:
            for _, preparing in running:
                preparing.cancel()
            raise
        while running:
            await self._file(target, *running.popleft(), bulk=bulk)

    async def _fetched(
        self, target: Target, items: Sequence[Waiting]
    ) -> AsyncIterator[list[Letter]]:
        for batch in _batches(items):
            wanted = {item.uid: item for item in batch}
            letters: list[Letter] = []
            octets = 0
            paused: AccountError | None = None
            try:
                async for body in self._driver.bodies([item.uid for item in batch]):
                    if (item := wanted.pop(body.uid, None)) is None:
                        continue
                    letters.append(_letter(target, item, body))
                    octets += len(body.raw)
                    if octets > BATCH_OCTETS:
                        yield letters
                        letters, octets = [], 0
            except (Throttled, SignInRefused) as error:
                paused = error  # which says nothing against a message
            except Exception:
                # One of them may be what the server cannot bear to send, or we to read: the next
                # time they are asked for one by one.
                await self._note(target, list(wanted), "fetch")
                raise
            if letters:
                yield letters
            if paused is not None:
                raise paused
            await self._note(target, list(wanted), "not_sent")

    async def _prepare(
        self, target: Target, letters: Sequence[Letter], bulk: bool
    ) -> list[Ready | str]:
        async with self._database.workspace(target.account.workspace_id) as tx:
            keys = await keyring(tx)
        return await self._hands.prepare(keys, letters, bulk=bulk)

    async def _file(
        self,
        target: Target,
        letters: Sequence[Letter],
        preparing: "asyncio.Task[list[Ready | str]]",
        *,
        bulk: bool,
    ) -> None:
        ready: list[Filable] = []
        unreadable: list[int] = []
        for letter, one in zip(letters, await preparing, strict=True):
            if isinstance(one, str):
                unreadable.append(letter.item.uid)
            else:
                ready.append((letter, one))
        await self._note(target, unreadable, "unreadable")
        decisions = await ruling.decide_on(self._database, target, ready)

        async def obey(tx: Tx, uid: int, filed: Filed) -> None:
            if uid in decisions:
                await ruling.obey(tx, filed, decisions[uid])

        await self._store(target, ready, obey, bulk=bulk)

    async def _store(
        self, target: Target, ready: Sequence[Filable], obey: Obey, *, bulk: bool
    ) -> None:
        if not ready:
            return
        try:
            async with self._database.workspace(target.account.workspace_id) as tx:
                count = await store_batch(tx, target, ready, obey)
                if bulk:
                    tx.signal(BULK)
        except (Refusal, OSError, *_AWAY):
            raise
        except Exception as error:
            if len(ready) > 1:  # a message fails for its own reasons only
                for one in ready:
                    await self._store(target, [one], obey, bulk=bulk)
                return
            log.error("accounts: a message could not be stored", exc_info=error)
            await self._note(target, [ready[0][0].item.uid], "not_stored")
            return
        self.stored += count

    async def _note(self, target: Target, uids: Sequence[int], reason: str) -> None:
        if uids:
            async with self._database.workspace(target.account.workspace_id) as tx:
                await ledger.note_failures(tx, target.folder, uids, reason)


def _batches(items: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """What failed before is alone in its batch."""
    return batches(
        items,
        most=BATCH,
        most_octets=BATCH_OCTETS,
        size=lambda item: item.size,
        alone=lambda item: item.attempts > 0,
    )


def _letter(target: Target, item: Waiting, body: Body) -> Letter:
    if body.flags is not None:
        item = replace(item, flags=body.flags)
    if item.arrived is None:
        item = replace(item, arrived=body.arrived)
    return Letter(
        account_id=target.account.id,
        remote_folder_id=target.folder.id,
        generation=target.folder.generation,
        item=item,
        raw=body.raw,
    )
