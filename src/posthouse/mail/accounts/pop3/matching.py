"""Which item of the ledger each message of a session is. No I/O.

A UIDL is believed when it is one item's alone, here and there, and the size is the same. Otherwise
the header decides, among the items that no message of this session is yet: so what a server has
renamed is found again, and what has a name that was another's is new.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from posthouse.mail.accounts.model import ItemStatus
from posthouse.mail.accounts.pop3.maildrop import Maildrop


class Errand(IntEnum):
    """What is to be done with a message in this session."""

    NONE = 0
    FETCH = 1
    DELETE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A row of the ledger. `name` and `header` are keyed hashes of the UIDL and of the header."""

    uid: int
    state: ItemStatus
    name: bytes | None
    header: bytes | None
    size: int
    errand: Errand = Errand.NONE


class Attribution:
    """Who is who, as far as it is known: number → uid of the ledger, 0 for unknown."""

    def __init__(self, drop: Maildrop, shared: frozenset[bytes]) -> None:
        self.drop = drop
        self._shared = shared
        self._uids = array("Q", bytes(8 * drop.count))
        self._errands = bytearray(drop.count)
        self._taken = bytearray()
        self.known = 0

    def uid(self, number: int) -> int:
        """0 for one that is not attributed."""
        return self._uids[number - 1]

    def is_taken(self, uid: int) -> bool:
        """Whether some message of this session is that item."""
        place = uid >> 3
        return place < len(self._taken) and bool(self._taken[place] >> (uid & 7) & 1)

    def errand(self, number: int) -> Errand:
        """What is to be done with it."""
        return Errand(self._errands[number - 1])

    def settle(self, number: int, errand: Errand) -> None:
        """Only that is to be done with it now."""
        self._errands[number - 1] = errand

    def count(self, errand: Errand) -> int:
        """How many messages it is to be done with."""
        return self._errands.count(errand)

    def with_errand(self, errand: Errand) -> Iterator[int]:
        """The messages it is to be done with, newest first."""
        place = self._errands.rfind(errand)
        while place >= 0:
            yield place + 1
            place = self._errands.rfind(errand, 0, place)

    def take(self, number: int, uid: int, errand: Errand) -> None:
        """From now on that message is that item."""
        self._uids[number - 1] = uid
        self._errands[number - 1] = errand
        place = uid >> 3
        if place >= len(self._taken):
            self._taken += bytes(place + 1 - len(self._taken))
        self._taken[place] |= 1 << (uid & 7)
        self.known += 1

    def by_name(
        self, numbers: Iterable[int], names: Mapping[int, bytes], items: Iterable[Item]
    ) -> list[int]:
        """Take what can be believed; answer those that a UIDL knows and yet are doubtful.

        `names` are the keyed hashes of UIDLs by number, `items` all of the ledger with any of them.
        """
        having: dict[bytes, list[Item]] = {}
        for item in items:
            if item.name is not None:
                having.setdefault(item.name, []).append(item)
        doubtful = []
        for number in numbers:
            if (name := names.get(number)) is None:
                doubtful.append(number)
                continue
            found = having.get(name, [])
            believed = len(found) == 1 and self._is_believable(number, found[0])
            if believed:
                self.take(number, found[0].uid, found[0].errand)
            elif found or self.drop.is_shared(number, self._shared):
                doubtful.append(number)
        return doubtful

    def by_header(
        self, headers: Mapping[int, bytes], names: Mapping[int, bytes], items: Sequence[Item]
    ) -> list[Item]:
        """Take free items with these headers; those with the same UIDL first.

        `headers` are the keyed hashes of headers by number; answered are the items whose UIDL,
        size or state in the ledger is not true any more, as they are now.
        """
        changed = []
        having: dict[bytes, list[Item]] = {}
        for item in items:
            if item.header is not None and not self.is_taken(item.uid):
                having.setdefault(item.header, []).append(item)
        for sure in (True, False):
            for number, header in headers.items():
                name = names.get(number)
                free = [
                    item
                    for item in having.get(header, [])
                    if not self.is_taken(item.uid) and (not sure or item.name == name)
                ]
                if self.uid(number) or not free:
                    continue
                item = min(free, key=lambda item: item.uid)
                self.take(number, item.uid, item.errand)
                now = replace(item, name=name, size=self.drop.size(number))
                if now != item or item.state == "gone":
                    changed.append(now)
        return changed

    def _is_believable(self, number: int, item: Item) -> bool:
        size = self.drop.size(number)
        return (
            item.state != "gone"
            and not self.is_taken(item.uid)
            and not self.drop.is_shared(number, self._shared)
            and (size == item.size or not size or not item.size)
        )
