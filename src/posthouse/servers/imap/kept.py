"""What was read of folders lately, in memory for all sessions of this process.

Kept is what never changes under a uid: sizes, dates, ENVELOPE, fields of headers, whole messages.
Flags belong to the views. Nobody's rights depend on it: who has selected a folder may read all of
it. A folder's signal says that something has left; the next who asks looks what, and it goes.
"""

import asyncio
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from sys import getsizeof
from typing import Any
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.foundation.signals import Signals
from posthouse.mail.mailboxes.model import Changes
from posthouse.servers.imap.state import FolderView
from posthouse.servers.imap.store import Store

_MOST = 64 * 1024 * 1024  # octets, of a process
_LARGEST = 256 * 1024  # of one value
_ENTRY = 100  # what a value costs besides itself
_MOST_COLUMNS = 64  # of a folder: clients choose the fields of headers they ask for
_AFTERWARDS = 60.0  # seconds a folder is remembered that nobody has selected


class Kept:
    """The folders of a process. Beyond `most` octets the one asked for longest ago gives way."""

    def __init__(self, signals: Signals, *, most: int = _MOST) -> None:
        self._signals = signals
        self._most = most
        self._folders: dict[UUID, KeptFolder] = {}
        self.octets = 0

    @contextmanager
    def using(self, view: FolderView) -> Iterator["KeptFolder"]:
        """The folder of a view, for as long as it is selected."""
        folder_id = view.folder_id
        folder = self._folders.get(folder_id)
        if folder is None:
            folder = self._folders[folder_id] = KeptFolder(self, view)
        folder.expect(view)
        folder.sessions += 1
        if folder.sessions == 1:
            folder.wake(self._signals)
        try:
            yield folder
        finally:
            folder.sessions -= 1
            if folder.sessions == 0:
                folder.rest()
                asyncio.get_running_loop().call_later(_AFTERWARDS, self._forget, folder)

    def make_room(self) -> None:
        """Until what is kept is within bounds."""
        while self.octets > self._most:
            holding = (folder for folder in self._folders.values() if folder.octets)
            min(holding, key=lambda folder: folder.asked).shrink()

    def _forget(self, folder: "KeptFolder") -> None:
        if folder.sessions == 0 and self._folders.get(folder.folder_id) is folder:
            folder.clear()
            del self._folders[folder.folder_id]


@dataclass(slots=True)
class _Column:
    values: dict[int, Any] = field(default_factory=dict)
    octets: int = 0


class KeptFolder:
    """Columns of uid → value, under keys that their users choose."""

    def __init__(self, kept: Kept, view: FolderView) -> None:
        self.folder_id = view.folder_id
        self.sessions = 0
        self.octets = 0
        self.asked = 0.0
        self.epoch = 0  # raised when something left: what was read before is not kept after it
        self.reading = asyncio.Lock()  # of many messages for a search; see searching.py
        self._kept = kept
        self._uid_validity = view.uid_validity
        self._highest = view.modseq
        self._looked = 0.0
        self._looking = asyncio.Lock()
        self._columns: dict[Hashable, _Column] = {}
        self._signalled = asyncio.Event()
        self._subscription = ExitStack()

    def wake(self, signals: Signals) -> None:
        """Hear of changes; there may have been some."""
        subscribed = signals.subscribe(f"folder:{self.folder_id}")
        self._signalled = self._subscription.enter_context(subscribed)
        self._signalled.set()

    def expect(self, view: FolderView) -> None:
        """After a restore the uids are those of other messages."""
        if view.uid_validity != self._uid_validity:
            self._uid_validity = view.uid_validity
            self._highest = view.modseq
            self._forget(None)
            self._signalled.set()

    def rest(self) -> None:
        """Hear of nothing."""
        self._subscription.close()

    # -- values ------------------------------------------------------------------

    def column(self, key: Hashable) -> Mapping[int, Any]:
        """The values under `key`; a column may be emptied whenever others have their turn."""
        found = self._columns.get(key)
        if found is None:
            if len(self._columns) >= _MOST_COLUMNS:
                self._drop(next(iter(self._columns)))
            found = self._columns[key] = _Column()
        return found.values

    def keep(self, key: Hashable, uid: int, value: Any, *, epoch: int) -> None:
        """Keep a value that was read in `epoch`; None and what is very large are not kept."""
        column = self._columns.get(key)
        if column is None or value is None or epoch != self.epoch or uid in column.values:
            return
        weight = _weight(value)
        if weight > _LARGEST:
            return
        column.values[uid] = value
        self._weigh(column, weight)
        self._kept.make_room()

    def shrink(self) -> None:
        """Let go of the oldest of what takes most."""
        column = max(self._columns.values(), key=lambda column: column.octets)
        for uid in list(column.values)[: len(column.values) // 8 + 1]:
            self._remove(column, uid)

    def clear(self) -> None:
        for key in list(self._columns):
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        column = self._columns.pop(key)
        self._weigh(column, -column.octets)
        column.values.clear()

    def _remove(self, column: _Column, uid: int) -> None:
        value = column.values.pop(uid, None)
        if value is not None:
            self._weigh(column, -_weight(value))

    def _weigh(self, column: _Column, octets: int) -> None:
        column.octets += octets
        self.octets += octets
        self._kept.octets += octets

    # -- in step with the folder ---------------------------------------------------

    async def look(self, store: Store, *, within: float) -> int:
        """The folder's highest mod-sequence, and what is kept is in step with it.

        Asked for anew after a signal, and when it was last asked for more than `within` seconds
        ago: by one session for all that wait. Raises NotFound.
        """
        since = self._since(within)
        if not self._is_fresh(since):
            async with self._looking:
                if not self._is_fresh(since):
                    with self._catching_up():
                        found = await store.expunged(self.folder_id, self._highest)
                        self._forget(found.uids)
                        self._highest = found.highest_modseq
        return self._highest

    async def changes(self, store: Store, view: FolderView, *, within: float) -> Changes | None:
        """What happened after the view's mod-sequence, None for nothing. Raises NotFound.

        As `look`; but who is alone with a folder asks only once.
        """
        since = self._since(within)
        if self.sessions == 1 and view.modseq <= self._highest and not self._is_fresh(since):
            async with self._looking:
                with self._catching_up():
                    found = await _changes(store, view)
                    self._forget(found.expunged if found.remaining is None else None)
                    self._highest = found.highest_modseq
            return found
        if await self.look(store, within=within) <= view.modseq:
            return None
        return await _changes(store, view)

    def _since(self, within: float) -> float:
        self.asked = asyncio.get_running_loop().time()
        return self.asked - within

    def _is_fresh(self, since: float) -> bool:
        return self._looked >= since and not self._signalled.is_set()

    @contextmanager
    def _catching_up(self) -> Iterator[None]:
        """Around one look, for which others wait: the signal was theirs too."""
        began = asyncio.get_running_loop().time()
        self._signalled.clear()
        self._looked = 0.0
        try:
            yield
        except BaseException:
            self._signalled.set()
            raise
        self._looked = began

    def _forget(self, uids: Sequence[int] | None) -> None:
        """What left; None when nobody knows what did."""
        if uids is None:
            self.epoch += 1
            self.clear()
        elif uids:
            self.epoch += 1
            for column in self._columns.values():
                for uid in uids:
                    self._remove(column, uid)


def kept_by(database: Database) -> Kept:
    """The one of this process."""
    try:
        return database.service(Kept)
    except KeyError:
        kept = Kept(database.signals)
        database.provide(kept)
        return kept


async def _changes(store: Store, view: FolderView) -> Changes:
    return await store.changes(
        view.folder_id, view.modseq, view.seen_by, claims_recent=view.claims_recent
    )


def _weight(value: Any) -> int:
    return _ENTRY + getsizeof(value)
