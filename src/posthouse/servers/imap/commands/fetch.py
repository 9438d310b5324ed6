"""FETCH: batches read from the store while the last one goes out, bytes joined and written at once.

Clients such as mbsync ask for one message a command and send hundreds of commands ahead; those are
read together and answered each under its own tag.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from itertools import chain

from posthouse.foundation.errors import NotFound
from posthouse.mail.mailboxes.model import Fetched
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap import responses
from posthouse.protocols.imap.errors import BadCommand, Refusal
from posthouse.protocols.imap.fetch import Attribute, BodySection, FetchItem
from posthouse.protocols.imap.flags import Flags, SystemFlag
from posthouse.servers.imap.batching import by_number, by_octets, read_ahead
from posthouse.servers.imap.commands.resync import tell_from_view, tell_vanished
from posthouse.servers.imap.rendering import Renderer, columns
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.state import FolderView

_KEPT_AT_ONCE = 64  # responses written together: a message that is kept has 256 KiB at most


async def fetch(session: Session, command: c.Fetch) -> Done:
    if command.vanished and not session.qresync:
        raise BadCommand("ENABLE QRESYNC first")  # RFC 7162 3.2.6
    items = _complete_items(session, command)
    want = columns(items)
    if command.vanished and command.changed_since is not None:
        await tell_vanished(session, session.view, command.changed_since, command.messages)
    indexes = _indexes(session.view, command)
    if not want:
        await tell_from_view(session, session.view, items, indexes)
        return Done("Fetched")
    fetching = _Fetching(session, items, want)
    if command.by_uid and command.messages.single is not None and not command.vanished:
        together = [command, *_sent_ahead(session, command)]
        if len(together) > 1:
            await fetching.answer_each([(one.tag, _indexes(session.view, one)) for one in together])
            return Done("Fetched", tag=together[-1].tag)
    fetching.renderer.keeping_content = len(indexes) == 1
    missing = await fetching.answer(indexes)
    if missing and not command.by_uid:
        raise Refusal("Some of these messages are gone", code="EXPUNGEISSUED")
    return Done("Fetched")


def _sent_ahead(session: Session, command: c.Fetch) -> list[c.Fetch]:
    """Commands right behind this one for the same items of one later message each.

    Ascending, so that nothing has to be kept until an earlier command's message was read.
    """
    last = command.messages.single or 0

    def fits(other: c.Command) -> bool:
        nonlocal last
        if not isinstance(other, c.Fetch) or not other.by_uid:
            return False
        uid = other.messages.single
        if uid is None or uid <= last:
            return False
        if (other.items, other.changed_since) != (command.items, command.changed_since):
            return False
        if other.vanished:
            return False
        last = uid
        return True

    return [one for one in session.following(fits) if isinstance(one, c.Fetch)]


def _complete_items(session: Session, command: c.Fetch) -> tuple[FetchItem, ...]:
    """With what the client need not name: UID in UID FETCH, MODSEQ after CHANGEDSINCE."""
    items = command.items
    if command.by_uid and Attribute.UID not in items:
        items = (Attribute.UID, *items)
    if command.changed_since is not None and Attribute.MODSEQ not in items:
        items = (*items, Attribute.MODSEQ)
    if Attribute.MODSEQ in items:
        session.use_condstore()
    return items


def _indexes(view: FolderView, command: c.Fetch) -> list[int]:
    ranges = view.chosen(command.messages, by_uid=command.by_uid)
    indexes: Iterator[int] = chain.from_iterable(ranges)
    if command.changed_since is not None:
        since = command.changed_since
        return [index for index in indexes if view.modseqs[index] > since]
    return list(indexes)


class _Fetching:
    """One run over the messages of one or several commands that ask for the same items."""

    def __init__(
        self, session: Session, items: tuple[FetchItem, ...], want: frozenset[str]
    ) -> None:
        self.session = session
        self.view = session.view
        self.want = want
        # RFC 7162 3.1: with CONDSTORE, whatever tells of changed flags has their MODSEQ too.
        # Nobody asked for it: with QRESYNC it names the uid, as that of Dovecot does.
        told = (Attribute.FLAGS, Attribute.MODSEQ, Attribute.UID)
        restated = told[: 1 + session.condstore + session.qresync]
        self.renderer = Renderer(self.view, session.kept, items, restated)
        self.marks_seen = not self.view.read_only and any(
            isinstance(item, BodySection) and item.marks_seen for item in items
        )
        self._marked: set[int] = set()
        self._epoch = session.kept.epoch  # when reading began

    async def answer(self, indexes: Sequence[int]) -> int:
        """Write the responses; how many messages were gone."""
        unread = await self._answer_from_memory(indexes)
        missing = len(unread)
        async with aclosing(self._batches(unread)) as batches:
            async for rows in batches:
                missing -= len(rows)
                lines = await self._lines(rows)
                self.session.connection.write(b"".join(lines.values()))
                await self.session.connection.drain()
        return missing

    async def _answer_from_memory(self, indexes: Sequence[int]) -> list[int]:
        """Write the responses that need no reading; the indexes of the others."""
        unread: list[int] = []
        if not indexes:
            return unread
        within = self.session.context.limits.look_again
        try:
            await self.session.kept.look(self.session.store, within=within)
        except NotFound:  # the session is told of it after this command
            return list(indexes)
        for start in range(0, len(indexes), _KEPT_AT_ONCE):
            part = indexes[start : start + _KEPT_AT_ONCE]
            lines = self._kept_lines(part)
            if self.marks_seen and lines:
                await self._mark_seen([self.view.uids[index] for index in lines])
                lines = self._kept_lines(list(lines))
            unread += [index for index in part if index not in lines]
            self.session.connection.write(b"".join(lines.values()))
            await self.session.connection.drain()
            if len(indexes) > _KEPT_AT_ONCE:
                await asyncio.sleep(0)
        return unread

    def _kept_lines(self, indexes: Sequence[int]) -> dict[int, bytes]:
        lines = {}
        for index in indexes:
            marked = bool(self._marked) and self.view.uids[index] in self._marked
            line = self.renderer.kept_line(index, marked=marked)
            if line is not None:
                lines[index] = line
        return lines

    async def answer_each(self, together: Sequence[tuple[bytes, list[int]]]) -> None:
        """Write one response and one OK a command; the OK of the last is the session's to say."""
        waiting = deque((tag, indexes[0] if indexes else -1) for tag, indexes in together)
        async with aclosing(
            self._batches([index for _, index in waiting if index >= 0])
        ) as batches:
            async for rows in batches:
                lines = await self._lines(rows)
                self._answer_up_to(max(lines, default=-1), waiting, lines)
                await self.session.connection.drain()
        self._answer_up_to(len(self.view), waiting, {})

    def _answer_up_to(
        self, reached: int, waiting: deque[tuple[bytes, int]], lines: dict[int, bytes]
    ) -> None:
        told = []
        while waiting and waiting[0][1] <= reached:
            tag, index = waiting.popleft()
            told.append(lines.get(index, b""))
            if waiting:
                told.append(responses.condition("OK", "Fetched", tag=tag))
        self.session.connection.write(b"".join(told))

    async def _lines(self, rows: list[Fetched]) -> dict[int, bytes]:
        """Index → response. Marks \\Seen first where that is due, so that FLAGS tell it."""
        epoch = self._epoch
        if self.marks_seen:
            await self._mark_seen([row.uid for row in rows])
        lines = {}
        for row in rows:
            index = self.view.position(row.uid)
            if index is not None:
                marked = row.uid in self._marked
                lines[index] = self.renderer.line(row, index, epoch=epoch, marked=marked)
        return lines

    async def _mark_seen(self, uids: Sequence[int]) -> None:
        view = self.view
        unseen = [
            uid
            for uid in uids
            if (index := view.position(uid)) is not None and not view.flags[index] & SystemFlag.SEEN
        ]
        if unseen:
            seen = Flags(system=SystemFlag.SEEN)
            result = await self.session.store.store_flags(
                view.folder_id, unseen, c.StoreMode.ADD, seen, seen_by=view.seen_by
            )
            view.take(result.stored)
            self._marked.update(unseen)

    # -- reading -----------------------------------------------------------------

    def _batches(self, indexes: Sequence[int]) -> AsyncGenerator[list[Fetched], None]:
        self._epoch = self.session.kept.epoch
        uids = [self.view.uids[index] for index in indexes]
        planned = self._planned(uids)
        return read_ahead(self.session.store, self.view.folder_id, planned, self.want)

    def _planned(self, uids: Sequence[int]) -> AsyncGenerator[Sequence[int], None]:
        limits = self.session.context.limits
        if "full" in self.want:
            return by_octets(self.session, uids)
        return by_number(uids, limits.batch_messages)
