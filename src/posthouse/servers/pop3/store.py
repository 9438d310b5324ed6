"""The session's door to mail/maildrops: one transaction a call, none while it waits."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.mail import maildrops
from posthouse.mail.mailboxes import reading
from posthouse.mail.mailboxes.reading import Stored
from posthouse.mail.maildrops import Maildrop
from posthouse.security.members import Actor, still_signed_in
from posthouse.security.vault import BlobFiles, Keyring, keyring


class Store:
    """What one member may do with the own Inbox. Raises the kinds of foundation/errors."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self._database = database
        self._actor = actor
        self._files = database.service(BlobFiles)
        self._keys: Keyring | None = None

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

    async def headers(self, drop: Maildrop, indexes: Sequence[int]) -> dict[int, bytes]:
        """By index, with CRLF line ends; those that left the Inbox meanwhile are missing."""
        uids = {drop.uids[index]: index for index in indexes}
        async with self._tx() as tx:
            rows = await reading.fetch(tx, drop.folder_id, list(uids), [reading.WANT_HEADER])
        return {uids[row.uid]: row.header for row in rows}

    async def stored(self, drop: Maildrop, indexes: Sequence[int]) -> dict[int, Stored]:
        """By index, still encrypted; what nobody has any more is missing."""
        ids = {drop.id_at(index): index for index in indexes}
        async with self._tx() as tx:
            self._keys = await keyring(tx)
            rows = await reading.read_stored(tx, list(ids))
        return {ids[row["mailbox_message_id"]]: row for row in rows}

    async def content(self, stored: Stored) -> bytes:
        """The bytes that came. A large body is in a file, and is read beside the event loop."""
        if stored["content"] is None:
            return await asyncio.to_thread(self.content_here, stored)
        return self.content_here(stored)

    def content_here(self, stored: Stored) -> bytes:
        """The bytes of what is small, at once."""
        assert self._keys is not None
        return reading.raw_of(self._keys, stored, self._files)

    def watch(self) -> AbstractContextManager[asyncio.Event]:
        """An event that is set when what the member may do changed anywhere."""
        return self._database.signals.subscribe(f"member:{self._actor.member_id}")

    async def still_welcome(self) -> bool:
        """Whether the sign-in still holds."""
        async with self._tx() as tx:
            return await still_signed_in(tx, self._actor)

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._actor.workspace_id)
