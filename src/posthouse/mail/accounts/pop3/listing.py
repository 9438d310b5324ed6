"""A session's list brought into the ledger: who is known, who was renamed, who is new, who is gone.

All in slices: what is held of the whole list are its numbers, sizes and digests (`Maildrop`), and
whose item each message is (`Attribution`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts.headers import header_digest
from posthouse.mail.accounts.model import Opened
from posthouse.mail.accounts.pop3.ledger import Ledger
from posthouse.mail.accounts.pop3.matching import Attribution, Errand
from posthouse.mail.accounts.pop3.session import Session
from posthouse.mail.accounts.remote_folders import keep_bounds, keep_state
from posthouse.security.vault import Keyring, keyring

_SLICE = 1_000
# Headers of so many are in memory at once.
_HEADERS = 50


async def attribute(
    database: Database, workspace_id: UUID, ledger: Ledger, session: Session
) -> Attribution:
    """Whose item each message is. Afterwards the ledger has all of them, and knows what is gone.

    Nothing is gone before all are attributed. Raises what sessions raise.
    """
    return await _Listing(database, workspace_id, ledger, session).done()


class _Listing:
    def __init__(
        self, database: Database, workspace_id: UUID, ledger: Ledger, session: Session
    ) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._ledger = ledger
        self._session = session
        self._uid_next = max(ledger.folder.known.uid_next, 1)
        self._items = 0  # that the ledger ever had

    async def done(self) -> Attribution:
        drop = await self._session.maildrop()
        whose = Attribution(drop, await asyncio.to_thread(drop.shared_names))
        async with self._transaction() as tx:
            self._items = await self._ledger.count(tx)
        doubtful: list[int] = []
        for numbers in drop.slices(_SLICE):
            doubtful += await self._by_names(whose, numbers)
        await self._in_doubt(whose, doubtful)
        await self._new_names(whose)
        await self._note_gone(whose)
        return whose

    async def _by_names(self, whose: Attribution, numbers: Sequence[int]) -> list[int]:
        async with self._transaction() as tx:
            names = _names(await keyring(tx), whose, numbers)
            items = await self._ledger.by_names(tx, list(names.values()))
        doubtful = whose.by_name(numbers, names, items)
        unsigned = {each.uid for each in items if each.header is None and each.state == "stored"}
        if unsigned:
            await self._sign(whose, [n for n in numbers if whose.uid(n) in unsigned])
        return doubtful

    async def _sign(self, whose: Attribution, numbers: Sequence[int]) -> None:
        """What a visit filed that broke before it had written down the headers."""
        for start in range(0, len(numbers), _HEADERS):
            digests = await self._digests(whose, numbers[start : start + _HEADERS])
            async with self._transaction() as tx:
                headers = hashed_headers(await keyring(tx), digests)
                await self._ledger.headers(tx, {whose.uid(n): h for n, h in headers.items()})

    async def _in_doubt(self, whose: Attribution, numbers: Sequence[int]) -> None:
        """The header decides; what no free item has is new."""
        for start in range(0, len(numbers), _HEADERS):
            await self._by_headers(whose, numbers[start : start + _HEADERS])

    async def _new_names(self, whose: Attribution) -> None:
        """UIDLs the ledger does not know: renamed mail if some is missing, new mail if none is."""
        for numbers in whose.drop.slices(_SLICE):
            unknown = [number for number in numbers if not whose.uid(number)]
            if self._items > whose.known:
                await self._in_doubt(whose, unknown)
            else:
                await self._insert(whose, unknown, {})

    async def _by_headers(self, whose: Attribution, numbers: Sequence[int]) -> None:
        digests = await self._digests(whose, numbers)
        async with self._transaction() as tx:
            keys = await keyring(tx)
            headers = hashed_headers(keys, digests)
            names = _names(keys, whose, numbers)
            found = await self._ledger.by_headers(tx, list(headers.values()))
            changed = whose.by_header(headers, names, found)
            if changed:
                await self._ledger.change(tx, changed)
        await self._insert(whose, [n for n in numbers if not whose.uid(n)], headers)

    async def _digests(self, whose: Attribution, numbers: Sequence[int]) -> dict[int, bytes]:
        return {
            got.number: header_digest(got.raw, whose.drop.size(got.number))
            async for got in self._session.headers(numbers)
            if got.raw is not None
        }

    async def _insert(
        self, whose: Attribution, numbers: Sequence[int], headers: Mapping[int, bytes]
    ) -> None:
        """Newest first in `numbers`, and so the newest gets the highest uid."""
        if not numbers:
            return
        uids = [self._uid_next + place for place in reversed(range(len(numbers)))]
        async with self._transaction() as tx:
            names = _names(await keyring(tx), whose, numbers)
            await self._ledger.insert(
                tx,
                uids,
                [whose.drop.size(number) for number in numbers],
                [names.get(number) for number in numbers],
                [headers.get(number) for number in numbers],
            )
            self._uid_next += len(numbers)
            self._items += len(numbers)
            await keep_bounds(
                tx, self._ledger.folder, self._ledger.folder.known.listed_down_to, self._uid_next
            )
        for number, uid in zip(numbers, uids, strict=True):
            whose.take(number, uid, Errand.FETCH)

    async def _note_gone(self, whose: Attribution) -> None:
        after, uids = 0, [0]
        while uids:
            async with self._transaction() as tx:
                uids = await self._ledger.present(tx, after, _SLICE)
                gone = [uid for uid in uids if not whose.is_taken(uid)]
                if gone:
                    await self._ledger.gone(tx, gone)
            after = uids[-1] if uids else after
        async with self._transaction() as tx:
            told = Opened(uid_validity=0, uid_next=self._uid_next, exists=whose.drop.count)
            await keep_bounds(tx, self._ledger.folder, 1, self._uid_next)
            await keep_state(tx, self._ledger.folder, told, self._uid_next, clock.now())

    def _transaction(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._workspace_id)


def hashed_headers(keys: Keyring, digests: Mapping[int, bytes]) -> dict[int, bytes]:
    """As the ledger has them."""
    return {number: keys.hash("pop3-header", digest) for number, digest in digests.items()}


def _names(keys: Keyring, whose: Attribution, numbers: Sequence[int]) -> dict[int, bytes]:
    told = {number: whose.drop.name(number) for number in numbers}
    return {number: keys.hash("pop3-uidl", name) for number, name in told.items() if name}
