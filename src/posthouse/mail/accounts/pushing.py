"""Carrying our changes over: flags, what is new here, moves, deletions.

Nothing is queued. What the server told last stands in the ledger; whatever is other here was
changed here since, and is carried over until the server has it: after any failure, and after any
kill, the difference is still there. The server's own changes are always taken in first.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts import keywords, ledger, plan
from posthouse.mail.accounts.appending import Appender
from posthouse.mail.accounts.driver import Writable
from posthouse.mail.accounts.macros import LEDGER_MACROS
from posthouse.mail.accounts.model import LinkedAccount, RemoteFolder
from posthouse.mail.accounts.remote_folders import KnownFolder

SQL = load_queries("posthouse.mail.accounts", "pushing.sql", macros=LEDGER_MACROS)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Changed:
    """A folder that changed here, up to which modseq; `has_left`: something left it; `has_new`:
    something is to be put there.
    """

    modseq: int
    has_left: bool
    has_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be stored for some items alike: `flags` and `keywords` are what they then have."""

    add: int
    remove: int
    add_keywords: frozenset[str]
    remove_keywords: frozenset[str]
    flags: int
    keywords: frozenset[str]


# Folder of ours → its row in the ledger, and the folder there; None where there can be none.
FindTarget = Callable[[UUID], Awaitable[tuple[UUID, RemoteFolder] | None]]


async def folders_changed_here(tx: Tx, account_id: UUID) -> dict[UUID, Changed]:
    """Remote folder → what is to be carried over."""
    rows = await tx.rows(
        SQL["folders_changed_here"],
        workspace_id=tx.workspace,
        account_id=account_id,
        now=clock.now(),
    )
    return {
        row["id"]: Changed(row["highest_modseq"], row["has_left"], row["has_new"]) for row in rows
    }


async def bring_back(tx: Tx, folder: KnownFolder, uids: Sequence[int]) -> None:
    """Items that were deleted here and changed there are brought again."""
    await tx.execute(SQL["bring_back"], **_of(tx, folder), uids=list(uids))


async def bring_folder_back(tx: Tx, folder: KnownFolder) -> None:
    """What was deleted together with its folder here, and is still there."""
    await tx.execute(SQL["bring_folder_back"], workspace_id=tx.workspace, id=folder.id)


class Pusher:
    """Carries over what changed here, in a folder that is open for writing and caught up."""

    def __init__(self, database: Database, driver: Writable, account: LinkedAccount) -> None:
        self._database = database
        self._driver = driver
        self._account = account
        self._appender = Appender(database, driver, account)

    async def push(self, folder: KnownFolder, changed: Changed, find_target: FindTarget) -> None:
        """Raises AccountError; what was carried over until then is written down."""
        await self._push_flags(folder)
        if changed.has_new:  # before what it may stand for goes: a draft's last version
            await self._appender.append(folder)
        if changed.has_left:
            await self.push_leavings(folder, find_target)
        async with self._tx() as tx:
            await tx.execute(
                SQL["keep_pushed"], workspace_id=tx.workspace, id=folder.id, modseq=changed.modseq
            )

    async def _push_flags(self, folder: KnownFolder) -> None:
        modseq = our_uid = 0
        while True:
            async with self._tx() as tx:
                rows = await tx.rows(
                    SQL["flags_changed_here"],
                    workspace_id=tx.workspace,
                    id=folder.id,
                    modseq=modseq,
                    our_uid=our_uid,
                    limit=_AT_ONCE,
                )
                names = await keywords.names_of(tx, self._account.mailbox_id)
            if not rows:
                return
            modseq, our_uid = rows[-1]["modseq"], rows[-1]["our_uid"]
            for change, uids in _alike(rows, names).items():
                await self._store(folder, change, uids)

    async def _store(self, folder: KnownFolder, change: Change, uids: Sequence[int]) -> None:
        await self._driver.store_flags(
            plan.ranges_of(uids),
            add=change.add,
            remove=change.remove,
            add_keywords=sorted(change.add_keywords),
            remove_keywords=sorted(change.remove_keywords),
        )
        # As we wanted it: what the server made of it, it tells with the next changes.
        kept = [(uid, change.flags, sorted(change.keywords)) for uid in uids]
        async with self._tx() as tx:
            numbers = await keywords.numbers_for(tx, self._account.mailbox_id, change.keywords)
            await ledger.keep_flags(tx, folder, kept, numbers)

    async def push_leavings(self, folder: KnownFolder, find_target: FindTarget) -> None:
        """What is no longer in the folder here goes where it went, or altogether."""
        last = 0
        while True:
            async with self._tx() as tx:
                rows = await tx.rows(
                    SQL["left_here"],
                    **_of(tx, folder),
                    folder_id=folder.folder_id,
                    uid=last,
                    limit=_AT_ONCE,
                )
            if not rows:
                return
            last = rows[-1]["uid"]
            groups: dict[UUID | None, list[int]] = {}
            for row in rows:
                groups.setdefault(row["target_id"], []).append(row["uid"])
            for target_id, uids in groups.items():
                if target_id is None:
                    await self._delete(folder, uids)
                elif (target := await find_target(target_id)) is not None:
                    await self._move(folder, uids, *target)

    async def _delete(self, folder: KnownFolder, uids: Sequence[int]) -> None:
        await self._driver.delete(plan.ranges_of(uids))
        async with self._tx() as tx:
            await self._let_go(tx, folder, uids)

    async def _move(
        self, folder: KnownFolder, uids: Sequence[int], target_id: UUID, target: RemoteFolder
    ) -> None:
        moved = await self._driver.move(plan.ranges_of(uids), target)
        known = {uid: new for uid, new in moved.items() if uid in set(uids)}
        async with self._tx() as tx:
            if known:
                rows = await tx.rows(
                    SQL["take_along"],
                    **_of(tx, folder),
                    uids=list(known),
                    new_uids=list(known.values()),
                    target_id=target_id,
                )
                messages = [row["mailbox_message_id"] for row in rows]
                await ledger.look_again(tx, target_id, messages)
            # With UIDPLUS the server says which it has moved; others were no longer there.
            told = self._driver.abilities.uidplus
            await self._let_go(tx, folder, list(known) if told else uids)

    async def _let_go(self, tx: Tx, folder: KnownFolder, uids: Sequence[int]) -> None:
        await tx.execute(SQL["let_go"], **_of(tx, folder), uids=list(uids))
        await tx.execute(
            SQL["count_less"], workspace_id=tx.workspace, id=folder.id, count=len(uids)
        )

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)


def _alike(rows: Sequence[Row], names: Mapping[int, str]) -> dict[Change, list[int]]:
    """Change → UIDs, ascending."""
    groups: dict[Change, list[int]] = {}
    for row in rows:
        before = frozenset(names[n] for n in row["keywords"] or () if n in names)
        now = frozenset(names[n] for n in row["our_keywords"] or () if n in names)
        add, remove = plan.delta(row["flags"], row["our_flags"])
        change = Change(
            add=add,
            remove=remove,
            add_keywords=now - before,
            remove_keywords=before - now,
            flags=row["our_flags"],
            keywords=now,
        )
        groups.setdefault(change, []).append(row["uid"])
    return {change: sorted(uids) for change, uids in groups.items()}


def _of(tx: Tx, folder: KnownFolder) -> dict[str, object]:
    return {"workspace_id": tx.workspace, "id": folder.id, "generation": folder.generation}
