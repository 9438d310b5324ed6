"""Reads what is there: folders, UIDs, flags, content (RFC 3501 6). Nothing is marked as read."""

import asyncio
import contextlib
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterable, Sequence

from posthouse.mail.accounts.errors import Broken, Refused
from posthouse.mail.accounts.imap import gmail
from posthouse.mail.accounts.imap.folders import guess_prefix, read_listing
from posthouse.mail.accounts.imap.pending import item_flags
from posthouse.mail.accounts.imap.session import Session
from posthouse.mail.accounts.model import (
    Body,
    FolderStatus,
    ItemFlags,
    ItemState,
    Ranges,
    RemoteFolder,
)
from posthouse.protocols.imap.client import commands as c
from posthouse.protocols.imap.client import responses as r
from posthouse.protocols.imap.client.fetched import MAX_UID
from posthouse.protocols.imap.client.names import decode_name

_MOST_FOLDERS = 20_000
_MANY = 50_000  # to sort them takes 10 ms
# A server that refuses so many messages in a row does not refuse them for their own sake.
_MOST_REFUSED = 5
_GMAIL = ("X-GM-MSGID", "X-GM-THRID", gmail.LABELS)


class Reading(Session):
    """The half of a driver that changes nothing."""

    async def folders(self) -> list[RemoteFolder]:
        """LIST, with special uses however they are offered."""
        listed: list[r.Listed] = []

        def take(response: r.Response) -> bool:
            if isinstance(response, r.Unread) or len(listed) > _MOST_FOLDERS:
                raise Broken("The server's list of folders cannot be read.")
            if isinstance(response, r.Listed):
                listed.append(response)
            return isinstance(response, r.Listed)

        await self.ask(self._list_command(), take=take)
        if not listed:
            raise Broken("The server's list of folders is empty.")
        if self._in.separator is None:
            self._prefix = guess_prefix(listed)
        folders = read_listing(listed, self._prefix, self._in.foreign)
        self._folders = gmail.as_archive(folders) if self._is_gmail else folders
        return self._folders

    def _list_command(self) -> c.Command:
        can = self._connection.can
        everything = c.string(b""), c.string(b"*")
        if can("SPECIAL-USE") and can("LIST-EXTENDED"):
            return c.command("LIST", *everything, b"RETURN (SPECIAL-USE)")
        if can("XLIST") and not can("SPECIAL-USE"):
            return c.command("XLIST", *everything)
        return c.command("LIST", *everything)

    async def status(self, folders: Sequence[RemoteFolder]) -> list[FolderStatus]:
        """One round trip for all that the server takes at once."""
        told: dict[bytes, r.StatusOf] = {}

        def take(response: r.Response) -> bool:
            if isinstance(response, r.StatusOf):
                told[response.name] = response
            return isinstance(response, r.StatusOf)

        with contextlib.suppress(Refused):  # raised when all are answered
            await self.ask(*map(self.status_command, folders), take=take)
        return [_status(each, told[each.wire]) for each in folders if each.wire in told]

    def status_command(self, folder: RemoteFolder, *more: str) -> c.Command:
        words = ["MESSAGES", "UIDNEXT", "UIDVALIDITY", *more]
        if self._in.condstore:
            words.append("HIGHESTMODSEQ")
        return c.command("STATUS", c.string(folder.wire), c.words(words))

    async def uids(self, low: int, high: int) -> list[int]:
        """UID SEARCH, or UID FETCH where that cannot be relied on."""
        if self._pending.exists == 0:
            return []
        found = await self._listed(c.uid_range(low, high))
        if len(found) > _MANY:
            return await asyncio.to_thread(_ascending, found, low, high)
        return _ascending(found, low, high)

    async def _listed(self, wanted: bytes) -> list[int]:
        if self._searches and self._others is None:
            try:
                return await self._search(b"UID " + wanted)
            except Refused:
                self._searches = False
        return [each.uid for each in await self._fetch([wanted], ["UID", *self._label_word()])]

    async def _search(self, criteria: bytes) -> list[int]:
        """Raises Broken for more UIDs than there are messages."""
        found: list[int] = []

        def take(response: r.Response) -> bool:
            if isinstance(response, r.Unread) and response.name in ("SEARCH", "ESEARCH"):
                raise Broken("The server's list of messages cannot be read.")
            if isinstance(response, r.FoundSet):
                self._allow(sum(high - low + 1 for low, high in response.all))
                for low, high in response.all:
                    found.extend(range(low, high + 1))
                return True
            if isinstance(response, r.Found):
                self._allow(len(response.numbers))
                found.extend(response.numbers)
                return True
            return False

        returns = b"RETURN (ALL) " if self._connection.can("ESEARCH") else b""
        await self.ask(c.command("UID SEARCH", returns + criteria), take=take)
        return found

    def _allow(self, count: int) -> None:
        # Others may have filed mail since the server last told a count.
        if count > 2 * self._pending.exists + 10_000:
            raise Broken("The server lists more messages than there are.")

    async def flags(self, uids: Ranges, *, changed_since: int | None = None) -> list[ItemFlags]:
        """UID FETCH FLAGS, with CHANGEDSINCE (RFC 7162 3.1.4.1)."""
        words = ["UID", "FLAGS", *self._modseq_word(), *self._label_word()]
        since = b""
        if changed_since is not None and self._in.condstore:
            since = b"(CHANGEDSINCE %d)" % max(changed_since, 1)  # 0 is against the grammar
        fetched = await self._fetch(c.uid_sets(uids), words, since=since, within=uids)
        return [item_flags(each) for each in fetched]

    async def items(self, uids: Ranges) -> list[ItemState]:
        """UID FETCH of everything but content."""
        words = ["UID", "FLAGS", "RFC822.SIZE", "INTERNALDATE", *self._modseq_word()]
        if self._is_gmail:
            words += _GMAIL
        fetched = await self._fetch(c.uid_sets(uids), words, within=uids)
        return [_item(each) for each in fetched]

    def _label_word(self) -> Sequence[str]:
        return [] if self._others is None else [gmail.LABELS]

    def _modseq_word(self) -> Sequence[str]:
        return ["MODSEQ"] if self._in.condstore else []

    async def _fetch(
        self,
        sets: Iterable[bytes],
        words: Sequence[str],
        *,
        since: bytes = b"",
        within: Ranges = (),
    ) -> list[r.Fetched]:
        """Ascending by UID; of what is told twice the last counts, item by item."""
        found: dict[int, r.Fetched] = {}

        def take(response: r.Response) -> bool:
            if not isinstance(response, r.Fetched):
                return False
            if not response.uid:
                if response.damaged:  # whoever is missing here would be taken for gone
                    raise Broken("The server's list of messages cannot be read.")
                return False
            if within and not is_within(response.uid, within):
                return False
            known = found.setdefault(response.uid, response)
            if known is not response:
                _add(known, response)
            return True

        behind = (since,) if since else ()
        commands = [c.command("UID FETCH", each, c.words(words), *behind) for each in sets]
        await self.ask(*commands, take=take)
        return [found[uid] for uid in sorted(found) if self._is_here(found[uid])]

    def _is_here(self, fetched: r.Fetched) -> bool:
        if self._others is None:
            return True
        return not gmail.is_shown_elsewhere(fetched.others.get(b"X-GM-LABELS"), self._others)

    async def bodies(self, uids: Sequence[int]) -> AsyncIterator[Body]:
        """One at a time as it comes: no more than one message is held. What the server refuses
        together is asked for one by one, and left out when it is refused alone.
        """
        async for body in self._contents(uids, b""):
            yield body

    async def headers(self, uids: Sequence[int]) -> list[Body]:
        """BODY.PEEK[HEADER]."""
        return [each async for each in self._contents(uids, b"HEADER")]

    async def _contents(self, uids: Sequence[int], section: bytes) -> AsyncIterator[Body]:
        missing = set(uids)
        try:
            async for body in self._bodies_of(missing, section):
                yield body
        except Refused:
            refused = 0
            for uid in sorted(missing):
                try:
                    async for body in self._bodies_of({uid}, section):
                        yield body
                    refused = 0
                except Refused:
                    refused += 1
                    if refused == _MOST_REFUSED:
                        raise

    async def _bodies_of(self, missing: set[int], section: bytes) -> AsyncIterator[Body]:
        """Takes out of `missing` what has come."""
        wanted = b"(UID BODY.PEEK[" + section + b"])"
        sets = c.uid_sets(c.ranges_of(missing))
        commands = [c.command("UID FETCH", each, wanted) for each in sets]
        said = self._connection.stream(*commands)
        async with contextlib.aclosing(said):
            async for response in said:
                if not isinstance(response, r.Fetched) or section not in response.sections:
                    self._pending.note(response)
                    continue
                raw = response.sections[section]
                if raw is not None and response.uid in missing:
                    missing.discard(response.uid)
                    yield Body(response.uid, raw)


def _ascending(uids: list[int], low: int, high: int) -> list[int]:
    return sorted({uid for uid in uids if uid >= low and (not high or uid <= high)})


def _status(folder: RemoteFolder, told: r.StatusOf) -> FolderStatus:
    return FolderStatus(
        wire=folder.wire,
        uid_validity=told.values.get("UIDVALIDITY", 0),
        uid_next=told.values.get("UIDNEXT", 0),
        exists=told.values.get("MESSAGES", 0),
        highest_modseq=told.values.get("HIGHESTMODSEQ", 0),
    )


def is_within(uid: int, ranges: Ranges) -> bool:
    """Whether one of the ascending ranges has it."""
    place = bisect_right(ranges, (uid, MAX_UID)) - 1
    return place >= 0 and uid <= ranges[place][1]


def _add(known: r.Fetched, later: r.Fetched) -> None:
    if later.flags is not None:
        known.flags = later.flags
    known.modseq = later.modseq or known.modseq
    known.size = later.size or known.size
    known.arrived = later.arrived or known.arrived
    known.others |= later.others


def _item(fetched: r.Fetched) -> ItemState:
    flags = fetched.flags
    key, thread = (fetched.others.get(name.encode()) for name in _GMAIL[:2])
    labels = fetched.others.get(b"X-GM-LABELS")
    names = labels if isinstance(labels, list) else []
    return ItemState(
        uid=fetched.uid,
        flags=None if flags is None else flags.system,
        keywords=flags.keywords if flags else (),
        modseq=fetched.modseq,
        size=fetched.size,
        arrived=fetched.arrived,
        key=key if isinstance(key, bytes) else b"",
        thread_key=thread if isinstance(thread, bytes) else b"",
        labels=tuple(decode_name(each) for each in names if isinstance(each, bytes)),
    )
