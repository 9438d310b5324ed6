"""A session's view of the selected folder: message numbers stay still until we say they move.

Columns in uid order, 4 + 1 + 8 bytes a message; while the client is silent they rest, packed.
Changes come in batches; what the client must be told is kept until the protocol allows it.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from posthouse.mail.mailboxes.model import Changes, FlagRow, OpenFolder
from posthouse.protocols.imap import flags as flag_names
from posthouse.protocols.imap.responses import (
    condition,
    parenthesised,
    untagged,
    vanished_lines,
)
from posthouse.protocols.imap.sequence import SequenceSet, compress
from posthouse.servers.imap.columns import Packed, pack, unpack
from posthouse.servers.imap.recents import Recents

_COLUMNS = frozenset({"uids", "flags", "modseqs", "keywords"})
_NO_KEYWORDS: tuple[str, ...] = ()
_REBUILD_FROM = 32  # so many removals: one new array is cheaper than shifting the old one


class FolderView:
    """What the client has been told of the folder, and what it has still to be told."""

    def __init__(
        self,
        opened: OpenFolder,
        *,
        read_only: bool = False,
        seen_by: UUID | None = None,
        tells_recent: bool = False,
    ) -> None:
        self.read_only = read_only
        self.seen_by = seen_by
        # RFC 3501 6.3.2: EXAMINE takes \Recent from nobody. RFC 9051 has no such flag.
        self.claims_recent = not read_only if tells_recent else None
        self.folder_id: UUID = opened.folder.id
        self.mailbox_id: UUID = opened.folder.mailbox_id
        self.uid_validity = opened.folder.uid_validity
        self.modseq = opened.folder.highest_modseq
        self._resting: Packed | None = None
        self.uids = opened.uids
        self.flags = opened.flags
        self.modseqs = opened.modseqs
        self.keywords = opened.keywords
        self._count = len(self.uids)
        # Of clients (RFC 3501 2.3.2); none is forgotten while the folder is selected.
        self._words = {word for words in self.keywords.values() for word in words}
        self._told_words = 0
        self._recent = Recents(opened.recent_after, opened.folder.uid_next)
        self.saved = array("I")  # uids of the last SEARCH with SAVE (RFC 5182)
        self._gone: set[int] = set()
        self._shrunk = False
        self._restated: set[int] = set()
        self._told_count = self._count
        self._told_recent = self.recent_count

    def __len__(self) -> int:
        return self._count

    # -- resting ---------------------------------------------------------------

    @property
    def resting(self) -> bool:
        return self._resting is not None

    def rest(self) -> None:
        """Keep the columns small until somebody looks at one."""
        if self._resting is None:
            self._resting = pack(self.uids, self.flags, self.modseqs, self.keywords)
            del self.uids, self.flags, self.modseqs, self.keywords

    def wake(self) -> None:
        """The columns as they were; many messages are better woken in a thread."""
        if self._resting is not None:
            self.uids, self.flags, self.modseqs, self.keywords = unpack(self._resting)
            self._resting = None

    if not TYPE_CHECKING:  # a type checker would take every name for an attribute

        def __getattr__(self, name: str) -> Any:
            """Called for what is not there: a column that rests. All of them come back."""
            if name not in _COLUMNS or self._resting is None:
                raise AttributeError(name)
            self.wake()
            return getattr(self, name)

    @property
    def withholds(self) -> bool:
        """Whether there are messages left to say that they are gone."""
        return bool(self._gone)

    # -- looking ---------------------------------------------------------------

    def position(self, uid: int) -> int | None:
        """The index of a uid, one less than its message number."""
        index = bisect_left(self.uids, uid)
        return index if index < len(self.uids) and self.uids[index] == uid else None

    def chosen(self, messages: SequenceSet, *, by_uid: bool) -> list[range]:
        """Where the named messages stand, as ascending ranges of indexes.

        Raises BadCommand for a message number that does not exist.
        """
        if messages.saved:
            found = (index for uid in self.saved if (index := self.position(uid)) is not None)
            return [range(first, last + 1) for first, last in compress(found)]
        if by_uid:
            return messages.positions_of_uids(self.uids)
        return messages.positions_of_numbers(len(self))

    def known(self, messages: SequenceSet) -> list[range]:
        """The same for message numbers of which some may not exist."""
        if messages.saved:
            return self.chosen(messages, by_uid=False)
        return messages.positions_within(len(self))

    def flags_at(self, index: int) -> bytes:
        """`(\\Seen $Forwarded)`"""
        words = self.keywords.get(self.uids[index], _NO_KEYWORDS) if self.keywords else _NO_KEYWORDS
        recent = bool(self._recent) and self.uids[index] in self._recent
        return b"(" + flag_names.render(self.flags[index], words, recent=recent) + b")"

    def recent(self) -> list[range]:
        """Where messages that are \\Recent to this session stand, as `chosen`."""
        return self._recent.positions(self.uids) if self._recent else []

    def forget_recent(self) -> None:
        """From here on nothing is recent: the client speaks IMAP4rev2."""
        self.claims_recent = None
        self._recent = Recents()

    @property
    def recent_count(self) -> int:
        return sum(map(len, self.recent()))

    def first_unseen(self) -> int | None:
        """The number of the first message without \\Seen."""
        for index, bits in enumerate(self.flags):
            if not bits & flag_names.SystemFlag.SEEN:
                return index + 1
        return None

    # -- taking changes in -----------------------------------------------------

    def apply(self, changes: Changes) -> None:
        """Take over what happened since `modseq`; remember what to tell."""
        for row in changes.changed:
            self._take(row, tell=True)
        self._gone.update(uid for uid in changes.expunged if self.position(uid) is not None)
        if changes.remaining is not None:
            self._gone.update(uid for uid in self.uids if uid not in changes.remaining)
        self.modseq = max(self.modseq, changes.highest_modseq)

    def take(self, rows: Iterable[FlagRow], *, tell: bool = False) -> None:
        """Take over flags that this session itself has set and answers for."""
        for row in rows:
            self._take(row, tell=tell)

    def _take(self, row: FlagRow, *, tell: bool) -> None:
        index = self.position(row.uid)
        if index is None:
            last = self.uids[-1] if self.uids else 0
            if row.uid > last:
                if row.recent:
                    self._recent.add(row.uid, after=last)
                self.uids.append(row.uid)
                self.flags.append(row.flags)
                self.modseqs.append(row.modseq)
                self._count += 1
                self._take_keywords(row)
            return
        if row.modseq < self.modseqs[index]:
            return
        known = self.keywords.get(row.uid, _NO_KEYWORDS)
        if row.modseq == self.modseqs[index] and (row.flags, row.keywords) == (
            self.flags[index],
            known,
        ):
            return
        self.flags[index] = row.flags
        self.modseqs[index] = row.modseq
        self._take_keywords(row)
        if tell:
            self._restated.add(row.uid)

    def _take_keywords(self, row: FlagRow) -> None:
        if row.keywords:
            self.keywords[row.uid] = row.keywords
            self._words.update(row.keywords)
        else:
            self.keywords.pop(row.uid, None)

    # -- telling ---------------------------------------------------------------

    def flags_line(self) -> bytes:
        """The FLAGS response (RFC 3501 7.2.6)."""
        self._told_words = len(self._words)
        return untagged(f"FLAGS ({self._flag_names()})".encode("ascii"))

    def permanent_line(self) -> bytes:
        """What of it a client may set and add to (7.1)."""
        names = "" if self.read_only else f"{self._flag_names()} \\*"
        return condition("OK", "Flags that stay", code=f"PERMANENTFLAGS ({names})")

    def new_words(self) -> bytes:
        """Both again, when there is a keyword that the client does not know."""
        if len(self._words) == self._told_words:
            return b""
        return self.flags_line() + self.permanent_line()

    def _flag_names(self) -> str:
        return " ".join([flag_names.SETTABLE, *sorted(self._words)])

    def expunge(self, uids: Iterable[int], *, vanished: bool) -> bytes:
        """Remove messages; the EXPUNGE responses for it, highest number first, or VANISHED."""
        found = [index for uid in set(uids) if (index := self.position(uid)) is not None]
        indexes = sorted(found, reverse=True)
        for index in indexes:
            self.keywords.pop(self.uids[index], None)
        known = [index for index in indexes if index < self._told_count]
        if vanished:
            told = vanished_lines(compress(self.uids[index] for index in reversed(known)))
        else:
            told = b"".join(b"* %d EXPUNGE\r\n" % (index + 1) for index in known)
        self._gone.difference_update(self.uids[index] for index in indexes)
        self._restated.difference_update(self.uids[index] for index in indexes)
        self._told_count -= len(known)
        self._count -= len(indexes)
        self._shrunk = True
        if len(indexes) < _REBUILD_FROM:
            for index in indexes:
                del self.uids[index], self.flags[index], self.modseqs[index]
        else:
            self._keep_others(set(indexes))
        return told

    def _keep_others(self, dropped: set[int]) -> None:
        keep = [index for index in range(len(self.uids)) if index not in dropped]
        self.uids = array(self.uids.typecode, [self.uids[i] for i in keep])
        self.flags = array(self.flags.typecode, [self.flags[i] for i in keep])
        self.modseqs = array(self.modseqs.typecode, [self.modseqs[i] for i in keep])

    def news(self, *, may_expunge: bool, with_modseq: bool, vanished: bool) -> bytes:
        """The untagged responses that bring the client up to date (RFC 3501 5.2, 7.4.1)."""
        told = self.new_words()
        if self._gone and may_expunge:
            told += self.expunge(self._gone, vanished=vanished)
        grown = self._count != self._told_count
        if grown:
            self._told_count = self._count
            told += b"* %d EXISTS\r\n" % self._told_count
        if grown or self._shrunk:
            told += self._recent_line(always=grown)
        if self._restated:
            told += b"".join(
                self._restatement(uid, with_modseq=with_modseq) for uid in sorted(self._restated)
            )
            self._restated.clear()
        return told

    def _recent_line(self, *, always: bool) -> bytes:
        """RECENT is told when the size of the folder changes (RFC 3501 7.3.2)."""
        self._shrunk = False
        count = self.recent_count
        if self.claims_recent is None or (count == self._told_recent and not always):
            return b""
        self._told_recent = count
        return b"* %d RECENT\r\n" % count

    def _restatement(self, uid: int, *, with_modseq: bool) -> bytes:
        index = self.position(uid)
        if index is None:
            return b""
        items = [b"UID %d" % uid, b"FLAGS " + self.flags_at(index)]
        if with_modseq:
            items.append(b"MODSEQ (%d)" % self.modseqs[index])
        return b"* %d FETCH %b\r\n" % (index + 1, parenthesised(items))
