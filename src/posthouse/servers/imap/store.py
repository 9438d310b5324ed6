"""The session's door to mail/mailboxes: one transaction a call, none while a client is waited for.

A member's mailboxes become one tree of names: his own at the root, those of colleagues under
`Other Users/<address>/`, shared ones under `Shared/<address>/`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Denied, Invalid, NotFound
from posthouse.mail.mailboxes import (
    changing,
    expunges,
    filing,
    folders,
    reading,
    subscriptions,
)
from posthouse.mail.mailboxes.model import (
    Changes,
    Deleted,
    Fetched,
    Filing,
    Folder,
    OpenFolder,
    StoreResult,
)
from posthouse.mail.quotas.actions import require_room
from posthouse.mail.quotas.model import MailboxUsage
from posthouse.mail.quotas.store import usage_of
from posthouse.protocols.imap.commands import StoreMode
from posthouse.protocols.imap.flags import Flags
from posthouse.protocols.imap.patterns import SEPARATOR
from posthouse.security.access import Holder, MailboxAccess, holders_of, mailboxes_of, may_share
from posthouse.security.members import Actor, still_signed_in

OTHERS, SHARED = "Other Users", "Shared"
INBOX = "INBOX"
_MOVED_TOGETHER = 2_000  # about a quarter of a second
_OPERATIONS: dict[StoreMode, changing.Operation] = {
    StoreMode.REPLACE: "=",
    StoreMode.ADD: "+",
    StoreMode.REMOVE: "-",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder under the name the client sees."""

    path: str
    folder: Folder
    access: MailboxAccess
    seen_by: UUID | None  # whose own \Seen counts: None in a personal mailbox
    deleted: Deleted = field(default_factory=Deleted)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """What APPEND brings."""

    raw: bytes
    flags: Flags
    internal_date: datetime | None


class Store:
    """What one member may do with folders and messages. Raises the kinds of foundation/errors."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self.database = database
        self.actor = actor

    # -- folders -----------------------------------------------------------------

    async def places(self, *, deleted: bool = False, recent: bool = False) -> list[Place]:
        """Every folder the member can see, with counts."""
        found = []
        async with self._tx() as tx:
            for access in await self._mailboxes(tx):
                listed = await folders.list_folders(
                    tx, access.id, self.actor.member_id, recent=recent
                )
                found += [self._placed(access, folder) for folder in listed]
            return await self._with_deleted(tx, found) if deleted else found

    async def namespaces(self) -> set[str]:
        """Below which of OTHERS and SHARED there is something."""
        async with self._tx() as tx:
            prefixes = [self._prefix(access) for access in await self._mailboxes(tx)]
        return {prefix.partition(SEPARATOR)[0] for prefix in prefixes if prefix}

    async def place(self, path: str) -> Place:
        """One folder, unseen not counted. Raises NotFound."""
        async with self._tx() as tx:
            return await self._place(tx, path)

    async def counted_place(
        self, path: str, *, deleted: bool = False, recent: bool = False
    ) -> Place:
        """One folder with all its counts. Raises NotFound."""
        async with self._tx() as tx:
            access, name = await self._locate(tx, path)
            folder_id = await folders.find_folder(tx, access.id, name)
            for folder in await folders.list_folders(
                tx, access.id, self.actor.member_id, recent=recent
            ):
                if folder.id == folder_id:
                    place = self._placed(access, folder)
                    return (await self._with_deleted(tx, [place]))[0] if deleted else place
        raise NotFound("There is no such folder.")

    async def create(self, path: str) -> Place:
        """The new folder under the name it got: in normal form C.

        It is not subscribed to: who wants that says SUBSCRIBE (RFC 3501 6.3.6).
        """
        async with self._tx() as tx:
            access, name = await self._locate(tx, path)
            _require_write(access)
            folder_id = await folders.create_folder(tx, access.id, name, subscribed=False)
            return self._placed(access, await folders.read_folder(tx, folder_id))

    async def delete(self, path: str) -> None:
        async with self._tx() as tx:
            place = await self._place(tx, path)
            _require_write(place)
            await changing.delete_folder(tx, place.folder.id)
            if place.folder.subscribed:
                name, mailbox_id = place.folder.name, place.folder.mailbox_id
                await subscriptions.keep_subscription(tx, mailbox_id, name)

    async def rename(self, path: str, new_path: str) -> tuple[str, str]:
        """The names before and after. Raises Invalid when they are of two mailboxes."""
        async with self._tx() as tx:
            place, name = await self._renaming(tx, path, new_path)
            await folders.rename_folder(tx, place.folder.id, name)
            prefix = place.path.removesuffix(place.folder.name)
            return place.path, prefix + folders.canonical_name(name)

    async def empty_inbox(self, new_path: str) -> None:
        """All that is in INBOX into a new folder; INBOX stays, and so do the folders below it.

        In slices, so that arriving mail does not wait for a large folder to move; what arrives
        meanwhile stays. Raises Conflict, Invalid.
        """
        async with self._tx() as tx:
            place, name = await self._renaming(tx, INBOX, new_path)
            target_id = await folders.create_folder(tx, place.folder.mailbox_id, name)
            uids = await expunges.remaining_uids(tx, place.folder.id)
        for start in range(0, len(uids), _MOVED_TOGETHER):
            part = uids[start : start + _MOVED_TOGETHER]
            async with self._tx() as tx:
                await changing.move_messages(
                    tx, place.folder.id, part, target_id, member_id=place.seen_by
                )

    async def subscribe(self, path: str, wanted: bool) -> None:
        """Raises NotFound, but not for a deleted folder that was still subscribed to."""
        async with self._tx() as tx:
            access, name = await self._locate(tx, path)
            dropped = not wanted and await subscriptions.drop_subscription(tx, access.id, name)
            try:
                folder_id = await folders.find_folder(tx, access.id, name)
            except NotFound:
                if dropped:
                    return
                raise
            await folders.subscribe_folder(tx, folder_id, wanted)

    async def kept_subscriptions(self) -> set[str]:
        """Names that are subscribed to, of folders that were deleted."""
        async with self._tx() as tx:
            prefixes = {access.id: self._prefix(access) for access in await self._mailboxes(tx)}
            kept = await subscriptions.kept_subscriptions(tx, prefixes)
        return {prefixes[mailbox_id] + name for mailbox_id, name in kept}

    # -- reading -----------------------------------------------------------------

    async def open(self, path: str, *, read_only: bool, recent: bool) -> tuple[Place, OpenFolder]:
        """The folder and its columns. Raises NotFound.

        Who asks for what is `recent` and may write gets it for himself.
        """
        async with self._tx() as tx:
            access, name = await self._locate(tx, path)
            opened = await reading.open_folder(
                tx,
                await folders.find_folder(tx, access.id, name),
                self._seen_by(access),
                claims_recent=access.may_write and not read_only if recent else None,
            )
            return self._placed(access, opened.folder), opened

    async def changes(
        self,
        folder_id: UUID,
        modseq: int,
        seen_by: UUID | None,
        *,
        claims_recent: bool | None = None,
    ) -> Changes:
        """What happened after `modseq`. Raises NotFound when the folder is gone."""
        async with self._tx() as tx:
            return await reading.changes_since(
                tx, folder_id, modseq, seen_by, claims_recent=claims_recent
            )

    async def expunged(self, folder_id: UUID, modseq: int) -> expunges.Expunged:
        """What left after `modseq`. Raises NotFound when the folder is gone."""
        async with self._tx() as tx:
            return await expunges.expunged_since(tx, folder_id, modseq)

    async def fetch(
        self, folder_id: UUID, uids: Sequence[int], want: frozenset[str]
    ) -> list[Fetched]:
        """The rows that still exist, in uid order."""
        async with self._tx() as tx:
            return await reading.fetch(tx, folder_id, uids, want)

    def watch(self, *folder_ids: UUID) -> AbstractContextManager[asyncio.Event]:
        """An event that is set when a folder, or what the member may do, changed anywhere."""
        topics = [f"folder:{folder_id}" for folder_id in folder_ids]
        return self.database.signals.subscribe(f"member:{self.actor.member_id}", *topics)

    async def still_welcome(self, mailbox_id: UUID | None, *, writing: bool) -> bool:
        """Whether the sign-in still holds, and the member may read `mailbox_id` if given, and
        write there if he does.
        """
        async with self._tx() as tx:
            if not await still_signed_in(tx, self.actor):
                return False
            return mailbox_id is None or any(
                access.id == mailbox_id and (access.may_write or not writing)
                for access in await self._mailboxes(tx)
            )

    # -- changing ----------------------------------------------------------------

    async def store_flags(
        self,
        folder_id: UUID,
        uids: Sequence[int],
        mode: StoreMode,
        flags: Flags,
        *,
        seen_by: UUID | None,
        unchanged_since: int | None = None,
    ) -> StoreResult:
        """Change flags of `uids`; what they are now, and who had changed since."""
        async with self._tx() as tx:
            return await changing.store_flags(
                tx,
                folder_id,
                uids,
                _OPERATIONS[mode],
                flags.system,
                flags.keywords,
                member_id=seen_by,
                unchanged_since=unchanged_since,
            )

    async def append(self, path: str, messages: Sequence[NewMessage]) -> tuple[Place, list[int]]:
        """File messages; their uids in the order given."""
        async with self._tx() as tx:
            place = await self._place(tx, path)
            _require_write(place)
            now = datetime.now(UTC)
            outgoing = place.folder.special_use in ("sent", "drafts")
            filed = await filing.file_messages(
                tx,
                [
                    Filing(
                        mailbox_id=place.folder.mailbox_id,
                        folder_id=place.folder.id,
                        raw=message.raw,
                        received_at=message.internal_date or now,
                        direction="out" if outgoing else "in",
                        door="append",
                        flags=message.flags.system,
                        keywords=message.flags.keywords,
                        submitted_by=self.actor.member_id,
                    )
                    for message in messages
                ],
            )
            await require_room(tx, [place.folder.mailbox_id])
        return place, [one.uid for one in filed]

    async def copy(
        self,
        folder_id: UUID,
        uids: Sequence[int],
        path: str,
        *,
        move: bool,
        seen_by: UUID | None,
    ) -> tuple[Place, list[tuple[int, int]]]:
        """The target and pairs of (uid here, uid there)."""
        async with self._tx() as tx:
            place = await self._place(tx, path)
            _require_write(place)
            act = changing.move_messages if move else changing.copy_messages
            pairs = await act(tx, folder_id, uids, place.folder.id, member_id=seen_by)
            # What is moved within a mailbox takes no more room than before: a full one must be
            # tidied up.
            if not move or (await folders.read_folder(tx, folder_id)).mailbox_id != place.access.id:
                await require_room(tx, [place.access.id])
            return place, pairs

    async def expunge(self, folder_id: UUID, uids: Sequence[int] | None) -> list[int]:
        """Remove what is marked \\Deleted, of `uids` or of all; the uids that went."""
        async with self._tx() as tx:
            return await changing.expunge(tx, folder_id, uids)

    # -- quotas ------------------------------------------------------------------

    async def quota_of(self, path: str) -> MailboxUsage:
        """Of the mailbox that a name is in, or would be in. Raises NotFound."""
        async with self._tx() as tx:
            access, _ = await self._locate(tx, path)
            return (await usage_of(tx, [access.id]))[0]

    async def quotas(self) -> list[MailboxUsage]:
        """Of every mailbox the member can see."""
        async with self._tx() as tx:
            return await usage_of(tx, [access.id for access in await self._mailboxes(tx)])

    # -- rights ------------------------------------------------------------------

    async def rights_in(self, path: str) -> tuple[Place, bool]:
        """A folder, and whether the member decides who gets into its mailbox. Raises NotFound."""
        async with self._tx() as tx:
            place = await self._place(tx, path)
            return place, await may_share(tx, self.actor, place.access.id)

    async def rights_given(self, path: str) -> tuple[Place, list[Holder]]:
        """Who may do what, for who decides about the mailbox. Raises NotFound, Denied."""
        async with self._tx() as tx:
            place = await self._place(tx, path)
            return place, await holders_of(tx, self.actor, place.access.id)

    # -- for what has a file of its own ------------------------------------------

    @asynccontextmanager
    async def at(self, path: str | None) -> AsyncIterator[tuple[Tx, Place | None]]:
        """A transaction at a folder; without a path at the house. Raises NotFound."""
        async with self._tx() as tx:
            yield tx, None if path is None else await self._place(tx, path)

    # -- names -------------------------------------------------------------------

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self.database.workspace(self.actor.workspace_id)

    async def _mailboxes(self, tx: Tx) -> list[MailboxAccess]:
        """Those whose mail the member may read in full; mail clients have no lesser view."""
        return [access for access in await mailboxes_of(tx, self.actor) if access.level == "full"]

    def _prefix(self, access: MailboxAccess) -> str:
        own = access.kind == "personal" and access.address == self.actor.address
        if own:
            return ""
        namespace = SHARED if access.kind == "shared" else OTHERS
        return f"{namespace}{SEPARATOR}{access.address}{SEPARATOR}"

    async def _locate(self, tx: Tx, path: str) -> tuple[MailboxAccess, str]:
        """The mailbox of a path and the name within it. Raises NotFound."""
        own = None
        for access in await self._mailboxes(tx):
            prefix = self._prefix(access)
            if not prefix:
                own = access
            elif path.startswith(prefix):
                return access, path.removeprefix(prefix)
        if own is None or path.partition(SEPARATOR)[0] in (OTHERS, SHARED):
            raise NotFound("There is no such mailbox.")
        return own, path

    async def _renaming(self, tx: Tx, path: str, new_path: str) -> tuple[Place, str]:
        """The folder, and its new name in the same mailbox."""
        place = await self._place(tx, path)
        _require_write(place)
        access, name = await self._locate(tx, new_path)
        if access.id != place.folder.mailbox_id:
            raise Invalid("A folder stays in its mailbox.")
        return place, name

    async def _place(self, tx: Tx, path: str) -> Place:
        access, name = await self._locate(tx, path)
        folder_id = await folders.find_folder(tx, access.id, name)
        return self._placed(access, await folders.read_folder(tx, folder_id))

    async def _with_deleted(self, tx: Tx, places: Sequence[Place]) -> list[Place]:
        found = await folders.sum_deleted(tx, [place.folder.id for place in places])
        none = Deleted()
        return [replace(place, deleted=found.get(place.folder.id, none)) for place in places]

    def _placed(self, access: MailboxAccess, folder: Folder) -> Place:
        return Place(
            path=self._prefix(access) + folder.name,
            folder=folder,
            access=access,
            seen_by=self._seen_by(access),
        )

    def _seen_by(self, access: MailboxAccess) -> UUID | None:
        return self.actor.member_id if access.kind == "shared" else None


def _require_write(thing: Place | MailboxAccess) -> None:
    access = thing.access if isinstance(thing, Place) else thing
    if not access.may_write:
        raise Denied("You may only read this mailbox.")
