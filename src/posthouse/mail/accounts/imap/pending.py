"""What a server tells of the open folder without being asked, until somebody wants to know."""

from posthouse.mail.accounts.errors import Broken
from posthouse.mail.accounts.model import (
    Change,
    Exists,
    Expunged,
    Flagged,
    ItemFlags,
    Ranges,
    Vanished,
)
from posthouse.protocols.imap.client import responses as r

# Beyond so many of a kind it is only said that there were more.
_MOST_FLAGGED = 2_000
_MOST_EXPUNGED = 100
_MOST_RANGES = 10_000


class Pending:
    """Of one open folder; does not grow with what happens there."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, exists: int) -> None:
        """A folder was opened."""
        self.exists = self._told = exists
        self._vanished: list[tuple[int, int]] = []
        self._expunged: list[int] = []
        self._flagged: dict[int, ItemFlags] = {}
        self._unknown = False

    def note(self, response: r.Response) -> None:
        """Raises Broken for expunges that cannot be read: they are never told again."""
        if isinstance(response, r.Exists):
            self.exists = response.count
        elif isinstance(response, r.Expunge):
            self.exists = max(self.exists - 1, 0)
            if len(self._expunged) < _MOST_EXPUNGED:
                self._expunged.append(response.number)
        elif isinstance(response, r.Vanished):
            self._vanish(response.uids)
        elif isinstance(response, r.Fetched):
            self._flag(response)
        elif isinstance(response, r.Unread) and response.name == "VANISHED":
            raise Broken("The server says in no readable way what is gone.")

    def take(self) -> list[Change]:
        """Everything since the last time; what is gone comes first."""
        changes: list[Change] = []
        if self._vanished:
            changes.append(Vanished(merged(self._vanished)))
        changes += map(Expunged, self._expunged)
        if self.exists != self._told:
            changes.append(Exists(self.exists))
        changes += map(Flagged, self._flagged.values())
        if self._unknown:
            changes.append(Flagged(None))
        self.begin(self.exists)
        return changes

    def _vanish(self, uids: Ranges) -> None:
        gone = sum(high - low + 1 for low, high in uids)
        self.exists = max(self.exists - gone, 0)
        self._told = max(self._told - gone, 0)
        self._vanished += uids
        if len(self._vanished) > _MOST_RANGES:
            self._vanished = list(merged(self._vanished))
            if len(self._vanished) > _MOST_RANGES:
                raise Broken("The server says too much of what is gone.")

    def _flag(self, fetched: r.Fetched) -> None:
        if not fetched.uid or len(self._flagged) >= _MOST_FLAGGED:
            self._unknown = True
        else:
            self._flagged[fetched.uid] = item_flags(fetched)


def item_flags(fetched: r.Fetched) -> ItemFlags:
    """Of a FETCH with its UID."""
    flags = fetched.flags
    if flags is None:
        return ItemFlags(fetched.uid, None, (), fetched.modseq)
    return ItemFlags(fetched.uid, flags.system, flags.keywords, fetched.modseq)


def merged(ranges: list[tuple[int, int]]) -> Ranges:
    """Ascending and disjoint."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)
