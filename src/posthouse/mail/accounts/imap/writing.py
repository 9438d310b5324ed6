"""Brings changes of ours to the server (RFC 3501 6.3.11, 6.4.6; RFC 6851; RFC 4315)."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from posthouse.mail.accounts.errors import Refused, Unsupported
from posthouse.mail.accounts.imap.folders import wire_name
from posthouse.mail.accounts.imap.pending import item_flags
from posthouse.mail.accounts.imap.reading import Reading, is_within
from posthouse.mail.accounts.model import ItemFlags, Ranges, RemoteFolder
from posthouse.protocols.imap.client import commands as c
from posthouse.protocols.imap.client import responses as r
from posthouse.protocols.imap.client.reading import count_of
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.flags import SystemFlag
from posthouse.protocols.imap.sequence import SequenceSet

_DELETED = c.flags(SystemFlag.DELETED)
_MOST_COPIED = 100_000
_FINAL = frozenset({"trash", "junk"})  # of Gmail's folders


class Writing(Reading):
    """The half of a driver that changes things. What is open has to be open for writing."""

    async def store_flags(
        self,
        uids: Ranges,
        *,
        add: int = 0,
        remove: int = 0,
        add_keywords: Sequence[str] = (),
        remove_keywords: Sequence[str] = (),
    ) -> list[ItemFlags]:
        """UID STORE; never the whole set of flags, so that others' changes stay."""
        self._must_be_writable()
        told: dict[int, ItemFlags] = {}

        def take(response: r.Response) -> bool:
            if isinstance(response, r.Fetched) and response.uid:
                told[response.uid] = item_flags(response)
                return True
            return False

        changes = [
            (b"+FLAGS", c.flags(add, self.keywords_kept(add_keywords))),
            (b"-FLAGS", c.flags(remove, self.keywords_kept(remove_keywords))),
        ]
        commands = [
            c.command("UID STORE", each, verb, flags)
            for verb, flags in changes
            if flags != b"()"
            for each in c.uid_sets(uids)
        ]
        await self.ask(*commands, take=take)
        return [told[uid] for uid in sorted(told)]

    async def move(self, uids: Ranges, target: RemoteFolder) -> dict[int, int]:
        """UID MOVE, else UID COPY and what deletes them here."""
        self._must_be_writable()
        moved: dict[int, int] = {}

        def take(response: r.Response) -> bool:
            if isinstance(response, r.Condition) and response.code == "COPYUID":
                moved.update(_copied(response.argument))
            return isinstance(response, r.Condition)

        verb = "UID MOVE" if self._connection.can("MOVE") else "UID COPY"
        for each in c.uid_sets(uids):
            done = await self.ask(c.command(verb, each, c.string(target.wire)), take=take)
            for condition in done:
                take(condition)
        if verb == "UID COPY":
            await self._expunge(uids)
        return moved

    async def delete(self, uids: Ranges) -> None:
        """For good. What Gmail expunges in a label stays in All Mail: it goes by way of the Trash
        (or Spam), where expunging is what it says.
        """
        self._must_be_writable()
        here = self._open
        trash = next((each for each in self._folders if each.special_use == "trash"), None)
        detour = self._quirks.deletes_in_trash
        if not detour or trash is None or here is None or here.special_use in _FINAL:
            await self._expunge(uids)
            return
        moved = await self.move(uids, trash)
        if moved:
            await self.open(trash, None, write=True)
            await self._expunge(c.ranges_of(moved.values()))
            await self.open(here, None, write=True)

    async def _expunge(self, uids: Ranges) -> None:
        await self.ask(*(_store(each, b"+FLAGS.SILENT") for each in c.uid_sets(uids)))
        if self._connection.can("UIDPLUS"):
            await self.ask(*(c.command("UID EXPUNGE", each) for each in c.uid_sets(uids)))
        else:
            await self._expunge_alone(uids)

    async def _expunge_alone(self, uids: Ranges) -> None:
        """EXPUNGE takes everything marked as deleted: what others marked is kept from it."""
        marked = await self._search(b"DELETED")
        others = list(c.uid_sets(c.ranges_of(uid for uid in marked if not is_within(uid, uids))))
        await self.ask(*(_store(each, b"-FLAGS.SILENT") for each in others))
        await self.ask(c.command("EXPUNGE"))
        await self.ask(*(_store(each, b"+FLAGS.SILENT") for each in others))

    async def append(
        self,
        folder: RemoteFolder,
        raw: bytes,
        *,
        flags: int = 0,
        keywords: Sequence[str] = (),
        arrived: datetime | None = None,
    ) -> int:
        """APPEND; with NUL octets as a literal8 where BINARY is offered (RFC 3516 4.4)."""
        binary = b"\x00" in raw
        if binary and not self._connection.can("BINARY"):
            raise Unsupported("The server takes no message with NUL octets.")
        if self._open is not None and self._open.wire == folder.wire:
            keywords = self.keywords_kept(keywords)
        arguments: list[c.Argument] = [c.string(folder.wire), c.flags(flags, keywords)]
        if arrived is not None:
            arguments.append(c.date_time(arrived))
        command = c.command("APPEND", *arguments, c.Literal(raw, binary=binary))
        (done,) = await self.ask(command)
        if done.code != "APPENDUID":
            return 0
        return count_of(done.argument.partition(b" ")[2])

    # -- folders

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder:
        """CREATE, and SUBSCRIBE so that mail programs show it."""
        separator = await self._separator()
        wire = wire_name(levels, self._prefix, separator)
        await self.ask(c.command("CREATE", c.string(wire)))
        with contextlib.suppress(Refused):
            await self.ask(c.command("SUBSCRIBE", c.string(wire)))
        return RemoteFolder(wire=wire, levels=tuple(levels), separator=separator)

    async def rename_folder(self, folder: RemoteFolder, levels: Sequence[str]) -> RemoteFolder:
        """RENAME; subscriptions do not move by themselves. If the folder was open, INBOX is now."""
        await self._leave(folder)
        separator = await self._separator()
        wire = wire_name(levels, self._prefix, separator)
        await self.ask(c.command("RENAME", c.string(folder.wire), c.string(wire)))
        with contextlib.suppress(Refused):
            await self.ask(
                c.command("UNSUBSCRIBE", c.string(folder.wire)),
                c.command("SUBSCRIBE", c.string(wire)),
            )
        return replace(folder, wire=wire, levels=tuple(levels), separator=separator)

    async def delete_folder(self, folder: RemoteFolder) -> None:
        """DELETE."""
        await self._leave(folder)
        await self.ask(c.command("DELETE", c.string(folder.wire)))
        with contextlib.suppress(Refused):
            await self.ask(c.command("UNSUBSCRIBE", c.string(folder.wire)))

    async def _leave(self, folder: RemoteFolder) -> None:
        """Courier neither renames nor deletes the folder that is open; others end the session."""
        if self._open is not None and self._open.wire == folder.wire:
            await self.open(RemoteFolder(wire=b"INBOX", levels=("INBOX",)), None)

    async def _separator(self) -> str:
        if self._in.separator is not None:
            return self._in.separator
        if not self._folders:
            await self.folders()
        return next((each.separator for each in self._folders if each.separator), "")

    def _must_be_writable(self) -> None:
        if not self._writable:
            raise Refused("The folder is open for reading alone.")


def _store(uids: bytes, verb: bytes) -> c.Command:
    return c.command("UID STORE", uids, verb, _DELETED)


def _copied(argument: bytes) -> dict[int, int]:
    """COPYUID (RFC 4315 3): the sets stand in the same order. {} for what does not fit."""
    parts = argument.split()
    if len(parts) != 3:
        return {}
    try:
        source, target = (SequenceSet.parse(each).ranges for each in parts[1:])
    except BadCommand:
        return {}
    sizes = [sum(abs(b - a) + 1 for a, b in ranges) for ranges in (source, target)]
    if sizes[0] != sizes[1] or sizes[0] > _MOST_COPIED:
        return {}
    return dict(zip(_unfolded(source), _unfolded(target), strict=True))


def _unfolded(ranges: Ranges) -> list[int]:
    return [uid for low, high in ranges for uid in range(min(low, high), max(low, high) + 1)]
