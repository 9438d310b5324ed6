"""A batch of items into the store: filed, or found here already, with the ledger's rows."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.mail.accounts import appending, ledger, plan
from posthouse.mail.accounts.ledger import Waiting
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.remote_folders import KnownFolder
from posthouse.mail.accounts.sent_copies import own_copies
from posthouse.mail.mailboxes.changing import move_messages, store_flags
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.model import Direction, Filed, Filing
from posthouse.mail.quotas.actions import require_room
from posthouse.mail.transfer.preparing import Ready

_OUTGOING = frozenset({"sent", "drafts"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a folder's items go; `names`: number → keyword of the mailbox."""

    account: LinkedAccount
    folder: KnownFolder
    folder_id: UUID
    names: dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One item on its way to a worker, as `transfer.preparing` reads it."""

    account_id: UUID
    remote_folder_id: UUID
    generation: int
    item: Waiting
    raw: bytes = field(repr=False)
    folder: str = ""
    keywords: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """For nobody: the ledger knows it."""
        return f"UID {self.item.uid}"

    @property
    def arrived(self) -> datetime | None:
        """INTERNALDATE there."""
        return self.item.arrived

    def read_marked(self) -> tuple[bytes, int]:
        """The bytes as they came over the wire, and the flags."""
        return self.raw, self.item.flags

    def identity(self, digest: bytes) -> bytes:
        """What a UID stands for never changes (RFC 3501 2.3.1.1), in each of its lives."""
        numbers = f"{self.generation}\0{self.item.uid}\0{self.item.lives}".encode()
        return b"account\0" + self.account_id.bytes + self.remote_folder_id.bytes + numbers

    def last_resort(self) -> datetime:
        """Now."""
        return clock.now()


Filable = tuple[Letter, Ready]
Obey = Callable[[Tx, int, Filed], Awaitable[None]]


async def store_batch(
    tx: Tx, target: Target, ready: Sequence[Filable], obey: Obey | None = None
) -> int:
    """File what is not here, take over what is; how many items are stored. `obey` is told of each
    that was filed. Raises Full.

    A message is here already when it was moved there from another folder, when the server has
    numbered its folder anew, or when a person put it here: no event tells of it as new.
    """
    free = await ledger.lock_waiting(tx, target.folder, [one.item.uid for one, _ in ready])
    todo = {one.item.uid: (one, made) for one, made in ready if one.item.uid in free}
    here = await _find_here(tx, target, list(todo.values()))
    await _take_over_all(tx, target, [(todo[uid][0].item, row) for uid, row in here.items()])
    new = [todo[uid] for uid in sorted(todo.keys() - here.keys())]
    filed = await file_messages(tx, [_filing(target, *one) for one in new])
    await require_room(tx, [target.account.mailbox_id])
    stored: list[tuple[int, UUID | None]] = [
        (letter.item.uid, one.mailbox_message_id)
        for (letter, _), one in zip(new, filed, strict=True)
    ]
    await ledger.keep_stored(tx, target.folder, stored)
    for (letter, _), one in zip(new, filed, strict=True):
        if obey is not None and not one.repeated:
            await obey(tx, letter.item.uid, one)
    return len(stored) + len(here)


async def store_known(tx: Tx, target: Target, known: Sequence[tuple[Waiting, Row]]) -> None:
    """Items that are known to be what lies here in these rows, without their content."""
    free = await ledger.lock_waiting(tx, target.folder, [item.uid for item, _ in known])
    await _take_over_all(tx, target, [(item, row) for item, row in known if item.uid in free])


async def _take_over_all(tx: Tx, target: Target, known: Sequence[tuple[Waiting, Row]]) -> None:
    for item, row in known:
        if row["folder_id"] is not None:
            await _take_over(tx, target, item, row)
    messages = {item.uid: row["mailbox_message_id"] for item, row in known}
    await ledger.keep_stored(tx, target.folder, list(messages.items()))
    await ledger.look_again(tx, target.folder.id, list(messages.values()))
    await appending.found(tx, target.folder, [row for _, row in known])


async def _find_here(tx: Tx, target: Target, ready: Sequence[Filable]) -> dict[int, Row]:
    """UID → the message that is here already; each is taken over once."""
    found: dict[bytes, list[Row]] = {}
    digests = [made.prepared.digest for _, made in ready]
    for row in await ledger.find_here(tx, target.account.mailbox_id, target.folder_id, digests):
        rows = found.setdefault(row["digest"], [])
        if all(row["mailbox_message_id"] != other["mailbox_message_id"] for other in rows):
            rows.append(row)
    here = {
        letter.item.uid: found[made.prepared.digest].pop(0)
        for letter, made in ready
        if found.get(made.prepared.digest)
    }
    here |= await _find_appended(tx, target, _without(ready, here), here.values())
    if target.folder.special_use == "sent":
        here |= await _find_sent(tx, target, _without(ready, here))
    return here


async def _find_appended(
    tx: Tx, target: Target, ready: Sequence[Filable], taken: Iterable[Row]
) -> dict[int, Row]:
    """What we have put there, also as the server has changed it, or when it was deleted here."""
    keys = [made.prepared.message_id_key for _, made in ready]
    digests = [made.prepared.digest for _, made in ready]
    free = await appending.find_appended(
        tx, target.folder, digests, [key for key in keys if key is not None]
    )
    gone = {row["mailbox_message_id"] for row in taken}
    free = [row for row in free if row["mailbox_message_id"] not in gone]
    here: dict[int, Row] = {}
    for letter, made in sorted(ready, key=lambda one: one[0].item.uid):
        key, uid = made.prepared.message_id_key, letter.item.uid
        same = [row for row in free if row["digest"] == made.prepared.digest] or [
            row for row in free if row["message_id_key"] == key and row["uid_floor"] <= uid
        ]
        if same:
            here[uid] = same[0]
            free.remove(same[0])
    return here


def _without(ready: Sequence[Filable], here: Mapping[int, Row]) -> list[Filable]:
    return [one for one in ready if one[0].item.uid not in here]


async def _find_sent(tx: Tx, target: Target, ready: Sequence[Filable]) -> dict[int, Row]:
    """A server's own copy of what was sent from here has fields of its own, and the Message-ID."""
    keys = {
        letter.item.uid: key
        for letter, made in ready
        if (key := made.prepared.message_id_key) is not None
    }
    mailbox_id = target.account.mailbox_id
    found = await own_copies(tx, mailbox_id, target.folder_id, keys.values())
    return {uid: found[key].pop(0) for uid, key in keys.items() if found.get(key)}


async def _take_over(tx: Tx, target: Target, item: Waiting, row: Row) -> None:
    """Where it lies there it lies here; flags that are other there than last time are here, too."""
    folder_id, uid = row["folder_id"], row["uid"]
    if row["remote_uid"] is not None and not row["lies_there"]:
        await ledger.part_with(tx, [row])
    if folder_id != target.folder_id:
        ((_, uid),) = await move_messages(tx, folder_id, [uid], target.folder_id)
    added, removed = plan.delta(row["flags"] or 0, item.flags)
    if added:
        await store_flags(tx, target.folder_id, [uid], "+", added)
    if removed:
        await store_flags(tx, target.folder_id, [uid], "-", removed)


def _filing(target: Target, letter: Letter, made: Ready) -> Filing:
    outgoing = target.folder.special_use in _OUTGOING
    direction: Direction = "out" if outgoing else "in"
    return Filing(
        mailbox_id=target.account.mailbox_id,
        folder_id=target.folder_id,
        raw=b"",
        received_at=made.received_at,
        direction=direction,
        door="account",
        flags=made.flags,
        keywords=tuple(
            target.names[number] for number in letter.item.keywords if number in target.names
        ),
        source_key=made.source_key,
        prepared=made.prepared,
    )
