"""Importing the mailbox of another server: what is not here yet, folder by folder.

A message is known again by its folder, UIDVALIDITY and UID (RFC 3501 2.3.1.1), so that a second run
fetches nothing that is here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.batching import batches
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Invalid, NotFound
from posthouse.foundation.events import BULK_OVER
from posthouse.mail.mailboxes.folders import canonical_name, find_mailbox
from posthouse.mail.transfer import store
from posthouse.mail.transfer.crew import Crew
from posthouse.mail.transfer.importer import BATCH, BATCH_BYTES, Importer
from posthouse.mail.transfer.importing import Progress, shares_of
from posthouse.mail.transfer.preparing import source_key
from posthouse.mail.transfer.remote import RemoteAccount, RemoteFolder, RemoteMailbox
from posthouse.mail.transfer.remote_answers import ListedMessage
from posthouse.mail.transfer.report import ImportReport
from posthouse.protocols import mime
from posthouse.security.vault import Keyring, keyring

_AT_ONCE = 5_000  # keys in one look-up


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteMessage:
    """One message there; `raw` once it is fetched."""

    account: str
    origin: RemoteFolder
    validity: int
    listed: ListedMessage
    raw: bytes = field(default=b"", repr=False)

    @property
    def folder(self) -> str:
        return self.origin.ours

    @property
    def keywords(self) -> tuple[str, ...]:
        return self.listed.keywords

    @property
    def arrived(self) -> datetime | None:
        return self.listed.arrived

    @property
    def place(self) -> str:
        return f"{self.origin.name} UID {self.listed.uid}"

    def read_marked(self) -> tuple[bytes, int]:
        """The bytes as they came over the wire, and the flags."""
        return self.raw, self.listed.flags

    def identity(self, digest: bytes) -> bytes:
        """Where it lies there: what a UID stands for never changes (RFC 3501 2.3.1.1)."""
        where = f"imap\0{self.account}\0{self.validity}\0{self.listed.uid}\0"
        return where.encode() + self.origin.wire

    def last_resort(self) -> datetime:
        """Now."""
        return clock.now()


async def import_account(
    database: Database,
    account: RemoteAccount,
    mailbox: str,
    folder: str = "INBOX",
    *,
    only: Collection[str] = (),
    progress: Progress = lambda share: None,
    crew: Crew | None = None,
) -> ImportReport:
    """Bring what is there and not here into a mailbox's folder, and folders beside or below it.

    `only`: these folders of the other server, by their names there. Raises NotFound for an unknown
    mailbox or folder, Denied, Busy and Invalid as the other server makes it necessary, Full.
    """
    async with database.system() as tx:
        workspace_id, mailbox_id = await find_mailbox(tx, mime.canonical(mailbox))
    async with database.workspace(workspace_id) as tx:
        keys = await keyring(tx)
    importer = Importer(database, workspace_id, mailbox_id, folder)
    there = await asyncio.to_thread(RemoteMailbox, account)
    visit = _Visit(there, f"{account.name}@{account.host}", importer.report)
    try:
        found = await asyncio.to_thread(visit.look_around, only)
        wanted = await _without_known(database, importer.report, mailbox_id, keys, found)
        with contextlib.nullcontext(crew) if crew else Crew() as workers:
            await importer.run(
                workers, keys, visit.fetched(wanted), shares_of(len(wanted), progress)
            )
    finally:
        database.signals.send([BULK_OVER])
        await asyncio.to_thread(there.close)
    return importer.report


class _Visit:
    """Lists and fetches; what the other server refuses goes into the report."""

    def __init__(self, there: RemoteMailbox, account: str, report: ImportReport) -> None:
        self._there = there
        self._account = account
        self._report = report

    def look_around(self, only: Collection[str]) -> list[RemoteMessage]:
        """Every message, oldest folder first. Raises NotFound for a folder that is not there."""
        folders = self._there.folders()
        if missing := set(only) - {each.name for each in folders}:
            raise NotFound(f"The other server has no folder {', '.join(sorted(missing))}.")
        found: list[RemoteMessage] = []
        for folder in folders:
            if only and folder.name not in only:
                continue
            if folder.is_view and not only:
                reason = "shows mail of other folders: --only brings it"
                self._report.left_out.append((folder.name, reason))
                continue
            found += self._messages(folder)
        return found

    def _messages(self, folder: RemoteFolder) -> Iterator[RemoteMessage]:
        try:
            canonical_name(folder.ours or "INBOX")
            opened = self._there.open(folder)
        except (Denied, Invalid) as refusal:
            self._report.failures.append((folder.name, refusal.reason))
            return
        for listed in opened.messages:
            yield RemoteMessage(
                account=self._account, origin=folder, validity=opened.validity, listed=listed
            )

    async def fetched(
        self, wanted: Sequence[RemoteMessage]
    ) -> AsyncIterator[Sequence[RemoteMessage]]:
        """Batch by batch, each of one folder; without those that are not given."""
        for batch in _batches(wanted):
            bodies = await asyncio.to_thread(self._bodies, batch)
            yield [
                RemoteMessage(
                    account=each.account,
                    origin=each.origin,
                    validity=each.validity,
                    listed=each.listed,
                    raw=bodies[each.listed.uid],
                )
                for each in batch
                if each.listed.uid in bodies
            ]

    def _bodies(self, batch: Sequence[RemoteMessage]) -> dict[int, bytes]:
        """What the server refuses together is asked for one by one."""
        first = batch[0]
        uids = [each.listed.uid for each in batch]
        try:
            bodies = self._there.bodies(first.origin, first.validity, uids)
        except Denied as refusal:
            if len(batch) == 1:
                self._report.failures.append((first.place, refusal.reason))
                return {}
            return {uid: raw for each in batch for uid, raw in self._bodies([each]).items()}
        for each in batch:
            if each.listed.uid not in bodies:
                self._report.failures.append((each.place, "is not there any more"))
        return bodies


async def _without_known(
    database: Database,
    report: ImportReport,
    mailbox_id: UUID,
    keys: Keyring,
    found: Sequence[RemoteMessage],
) -> list[RemoteMessage]:
    wanted: list[RemoteMessage] = []
    for start in range(0, len(found), _AT_ONCE):
        keyed = {source_key(keys, each): each for each in found[start : start + _AT_ONCE]}
        async with database.workspace(keys.workspace_id) as tx:
            known = await store.known_sources(tx, mailbox_id, list(keyed))
        report.repeated += len(known)
        wanted += [each for key, each in keyed.items() if key not in known]
    return wanted


def _batches(messages: Sequence[RemoteMessage]) -> Iterator[list[RemoteMessage]]:
    """Of one folder each, and no larger than the importer wants them."""
    for _, those in groupby(messages, key=lambda each: each.origin):
        yield from batches(
            those, most=BATCH, most_octets=BATCH_BYTES, size=lambda each: each.listed.size
        )
