"""What a server tells becomes so in the ledger and here: a page of changes in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.mail.accounts import keywords
from posthouse.mail.accounts.flagging import take_flags
from posthouse.mail.accounts.keyed import ledger
from posthouse.mail.accounts.keyed.ledger import Live, Place
from posthouse.mail.accounts.keyed.model import Change, Item, Traits
from posthouse.mail.accounts.keyed.sendings import forget_sendings, sent_among
from posthouse.mail.accounts.ledger import keep_stored, look_again
from posthouse.mail.accounts.model import ItemFlags, LinkedAccount
from posthouse.mail.accounts.remote_folders import KnownFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The last word of a page: (folder, key) → what lies there; who is gone from a folder, or (the
    second one) from all that `items` does not name.
    """

    items: Mapping[tuple[bytes, bytes], Item]
    gone: frozenset[tuple[bytes, bytes]]
    nowhere: frozenset[bytes]


def last_words(changes: Iterable[Change]) -> Told:
    """Later changes count more than those before."""
    items: dict[tuple[bytes, bytes], Item] = {}
    gone: set[tuple[bytes, bytes]] = set()
    nowhere: set[bytes] = set()
    places: dict[bytes, set[tuple[bytes, bytes]]] = {}
    for change in changes:
        if isinstance(change, Item):
            place = change.folder, change.key
            items[place] = change
            gone.discard(place)
            places.setdefault(change.key, set()).add(place)
        elif change.folder is not None:
            place = change.folder, change.key
            items.pop(place, None)
            gone.add(place)
        else:
            nowhere.add(change.key)
            for place in places.pop(change.key, ()):
                items.pop(place, None)
    return Told(items=items, gone=frozenset(gone), nowhere=frozenset(nowhere))


class Taker:
    """Takes what is told of one account's mirrored folders; `folders` are by their keys."""

    def __init__(self, account: LinkedAccount, traits: Traits, *, largest: int) -> None:
        self.folders: dict[bytes, KnownFolder] = {}
        self._account = account
        self._mask = int(traits.flags)
        self._largest = largest

    async def take(self, tx: Tx, changes: Sequence[Change]) -> list[Place]:
        """Where the told items are in the ledger now. Items in folders that are not mirrored are
        none.
        """
        told = last_words(changes)
        found = await ledger.hashes(tx)
        items = {
            (self.folders[folder].id, found.key(key)): item
            for (folder, key), item in told.items.items()
            if folder in self.folders
        }
        gone = {
            (self.folders[folder].id, found.key(key))
            for folder, key in told.gone
            if folder in self.folders
        }
        nowhere = {found.key(key) for key in told.nowhere}
        asked = {key for _, key in items} | {key for _, key in gone} | nowhere
        if not asked:
            return []
        rows = await ledger.live_rows(tx, self._account.id, sorted(asked))
        await ledger.take_gone(
            tx,
            [
                row.place
                for row in rows
                if not row.leaving
                and (row.remote_folder_id, row.key) not in items
                and ((row.remote_folder_id, row.key) in gone or row.key in nowhere)
            ],
        )
        return await self._take_items(tx, found, items, rows)

    async def _take_items(
        self,
        tx: Tx,
        found: ledger.Hashes,
        items: Mapping[tuple[UUID, bytes], Item],
        rows: Sequence[Live],
    ) -> list[Place]:
        known: dict[tuple[UUID, bytes], list[Live]] = {}
        for row in rows:
            known.setdefault((row.remote_folder_id, row.key), []).append(row)
        new: dict[UUID, list[Item]] = {}
        same: list[tuple[Live, Item]] = []
        parted: list[Place] = []
        back: list[Place] = []
        marked: list[tuple[Place, bytes | None]] = []
        for place, item in items.items():
            mark = found.mark(item.mark)
            goes_on = _row_of(known.get(place, ()), mark)
            if goes_on is None:
                # The same item with other content: its message here leaves, unless it is the same
                # after all; then the new one takes it over.
                parted += [each.place for each in known.get(place, ()) if not each.leaving]
                new.setdefault(place[0], []).append(item)
                continue
            if goes_on.leaving:
                back.append(goes_on.place)
            if goes_on.mark != mark:
                marked.append((goes_on.place, mark))
            same.append((goes_on, item))
        await ledger.take_gone(tx, parted)
        await ledger.take_back(tx, back)
        await ledger.mark_anew(tx, marked)
        await self._take_flags(tx, same)
        return [row.place for row, _ in same] + await self._insert(tx, new)

    async def _insert(self, tx: Tx, new: Mapping[UUID, Sequence[Item]]) -> list[Place]:
        words = {word for some in new.values() for item in some for word in item.keywords or ()}
        numbers = await keywords.numbers_for(tx, self._account.mailbox_id, words)
        places: list[Place] = []
        for folder in sorted(self.folders.values(), key=lambda each: each.id):
            items = new.get(folder.id, ())
            uids = await ledger.insert_items(tx, folder, items, numbers, largest=self._largest)
            places += [(folder.id, uid) for uid in uids]
            if folder.special_use == "sent":
                await self._take_copies(tx, folder, dict(zip(uids, items, strict=True)))
        return places

    async def _take_copies(self, tx: Tx, folder: KnownFolder, new: Mapping[int, Item]) -> None:
        """What we have sent is here already, whatever the service has made of its fields."""
        found = await ledger.hashes(tx)
        keys = {uid: found.key(item.key) for uid, item in new.items()}
        copies = await sent_among(tx, self._account.id, list(keys.values()))
        stored = [(uid, copies[key]) for uid, key in keys.items() if key in copies]
        if stored:
            messages = [message for _, message in stored]
            await keep_stored(tx, folder, stored)
            await look_again(tx, folder.id, messages)
            await forget_sendings(tx, messages)

    async def _take_flags(self, tx: Tx, same: Sequence[tuple[Live, Item]]) -> None:
        """Of items that are told with others than last time."""
        names = await keywords.names_of(tx, self._account.mailbox_id) if same else {}
        changed: dict[UUID, list[ItemFlags]] = {}
        for row, item in same:
            if item.flags is None and item.keywords is None:
                continue
            before = tuple(names[number] for number in row.keywords if number in names)
            now = before if item.keywords is None else item.keywords
            # What the service does not keep stays as it is here.
            flags = row.flags
            if item.flags is not None:
                flags = (int(item.flags) & self._mask) | (row.flags & ~self._mask)
            if flags != row.flags or _folded(now) != _folded(before):
                told = ItemFlags(row.uid, flags, now)
                changed.setdefault(row.remote_folder_id, []).append(told)
        for folder in self.folders.values():
            if folder.id in changed:
                await take_flags(tx, self._account.mailbox_id, folder, changed[folder.id])


def _row_of(rows: Sequence[Live], mark: bytes | None) -> Live | None:
    """The row that goes on for an item; None when it needs one of its own."""
    staying = [row for row in rows if not row.leaving]
    for row in staying:
        if row.mark == mark or row.state != "stored":
            return row
    leaving = [] if staying else [row for row in rows if row.mark == mark]
    return leaving[0] if leaving else None


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)
