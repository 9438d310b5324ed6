"""The session's door to mail/maildrops: one transaction a call, none while it waits."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.mail import maildrops
from posthouse.mail.mailboxes import reading
from posthouse.mail.mailboxes.model import Fetched
from posthouse.mail.maildrops import Maildrop
from posthouse.security.members import Actor, still_signed_in


class Store:
    """What one member may do with the own Inbox. Raises the kinds of foundation/errors."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self._database = database
        self._actor = actor

    async def enter(self) -> Maildrop:
        """Raises Conflict while another session has it."""
        async with self._tx() as tx:
            return await maildrops.enter(tx, self._actor)

    async def keep(self, drop: Maildrop) -> None:
        """Raises Conflict when another session has taken it."""
        async with self._tx() as tx:
            await maildrops.keep(tx, drop)

    async def leave(self, drop: Maildrop) -> None:
        async with self._tx() as tx:
            await maildrops.leave(tx, drop)

    async def remove(self, drop: Maildrop, ids: Sequence[UUID], *, last: bool) -> None:
        """With the `last` ones the maildrop is left, in the same transaction. Raises Conflict."""
        async with self._tx() as tx:
            await maildrops.remove(tx, drop, ids)
            if last:
                await maildrops.leave(tx, drop)

    async def fetch(
        self, drop: Maildrop, indexes: Sequence[int], want: frozenset[str]
    ) -> dict[int, Fetched]:
        """By index; those that left the Inbox meanwhile are missing."""
        uids = {drop.uids[index]: index for index in indexes}
        async with self._tx() as tx:
            rows = await reading.fetch(tx, drop.folder_id, list(uids), want)
        return {uids[row.uid]: row for row in rows}

    def watch(self) -> AbstractContextManager[asyncio.Event]:
        """An event that is set when what the member may do changed anywhere."""
        return self._database.signals.subscribe(f"member:{self._actor.member_id}")

    async def still_welcome(self) -> bool:
        """Whether the sign-in still holds."""
        async with self._tx() as tx:
            return await still_signed_in(tx, self._actor)

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._actor.workspace_id)
