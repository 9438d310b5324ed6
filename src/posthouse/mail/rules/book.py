"""What a process knows of rules: which mailboxes have some, and those it has read already.

Mail for a mailbox without rules costs a look into a dictionary. The list is read anew when a
signal says that it changed, and now and then in case one was lost.
"""

import contextlib
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Database, Row, Tx
from posthouse.mail.rules import store
from posthouse.mail.rules.including import compile_whole
from posthouse.mail.rules.model import TOPIC
from posthouse.protocols import sieve
from posthouse.security.vault import keyring

_GOOD_SECONDS = 60.0
_MOST_READ = 1_000


@dataclass(frozen=True, slots=True)
class ReadScript:
    """A script that can run, or why it cannot."""

    id: UUID
    revision: UUID
    script: sieve.Script | None
    mistake: str | None = None


class RuleBook:
    """The rules of the house as one process knows them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._active: dict[UUID, UUID] = {}
        self._read: OrderedDict[UUID, ReadScript] = OrderedDict()
        self._good_until = 0.0
        self._waiting = contextlib.ExitStack()
        self._changed = self._waiting.enter_context(database.signals.subscribe(TOPIC))

    def concerns(self, mailbox_ids: Iterable[UUID]) -> bool:
        """Whether one of these may have rules: when the list is good, whether it has."""
        if self._changed.is_set() or time.monotonic() > self._good_until:
            return True
        return bool(self._active) and any(each in self._active for each in mailbox_ids)

    async def scripts_of(
        self, workspace_id: UUID, mailbox_ids: Iterable[UUID]
    ) -> dict[UUID, ReadScript]:
        """Mailbox → its active script; those without are not among them."""
        if self._changed.is_set() or time.monotonic() > self._good_until:
            await self._read_list()
        found: dict[UUID, ReadScript] = {}
        for mailbox_id in mailbox_ids:
            revision = self._active.get(mailbox_id)
            if revision is None:
                continue
            read = self._read.get(revision) or await self._read_one(workspace_id, mailbox_id)
            if read is not None:
                found[mailbox_id] = read
        return found

    async def _read_list(self) -> None:
        self._changed.clear()  # before reading: what changes meanwhile is read the next time
        async with self._database.system() as tx:
            self._active = await store.list_active(tx)
        self._good_until = time.monotonic() + _GOOD_SECONDS

    async def _read_one(self, workspace_id: UUID, mailbox_id: UUID) -> ReadScript | None:
        async with self._database.workspace(workspace_id) as tx:
            row = await store.read_active(tx, mailbox_id)
            if row is None:
                return None
            read = await _read(tx, mailbox_id, row)
        self._read[read.revision] = read
        while len(self._read) > _MOST_READ:
            self._read.popitem(last=False)
        return read


async def _read(tx: Tx, mailbox_id: UUID, row: Row) -> ReadScript:
    keys = await keyring(tx)
    content = keys.decrypt("mailbox_scripts", "content", row["id"], row["content"])
    try:
        script = await compile_whole(tx, mailbox_id, keys, content)
    except sieve.ScriptError as error:  # checked before it was saved, by another version perhaps
        return ReadScript(row["id"], row["revision"], None, str(error))
    return ReadScript(row["id"], row["revision"], script)
