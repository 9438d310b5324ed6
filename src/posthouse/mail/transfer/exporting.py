"""Exporting: every folder of a mailbox, bit for bit, as Maildir++ with flags or as mboxrd."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict
from posthouse.mail.mailboxes.folders import find_mailbox, list_folders
from posthouse.mail.mailboxes.model import SEPARATOR, Fetched, Flags, Folder
from posthouse.mail.mailboxes.reading import WANT_SIZE, fetch, open_folder, read_raws
from posthouse.protocols import mime
from posthouse.protocols.imap import utf7

Message = tuple[Fetched, bytes]
"""Where it lies, and its bytes."""

_BATCH = 200
_BATCH_BYTES = 16 << 20
_LONGEST_NAME = 240
_LINE_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
# RFC 4155; alphabetical, as Maildir wants its letters.
_LETTERS = (
    (Flags.DRAFT, "D"),
    (Flags.FLAGGED, "F"),
    (Flags.ANSWERED, "R"),
    (Flags.SEEN, "S"),
    (Flags.DELETED, "T"),
)


class ExportFormat(StrEnum):
    """How a mailbox is written."""

    MAILDIR = "maildir"
    MBOX = "mbox"


async def export_mailbox(
    database: Database, directory: Path, mailbox: str, form: ExportFormat
) -> int:
    """Write all folders of a mailbox into an empty or new directory; how many messages.

    Raises NotFound for an unknown mailbox, Conflict when the directory is not empty.
    """
    _make_empty(directory)
    async with database.system() as tx:
        workspace_id, mailbox_id = await find_mailbox(tx, mime.canonical(mailbox))
    async with database.workspace(workspace_id) as tx:
        folders = await list_folders(tx, mailbox_id)
    count = 0
    names = _file_names(folders)
    for folder in folders:
        if form is ExportFormat.MAILDIR:
            below = "" if folder.name == "INBOX" else f".{_maildir_name(folder.name)}"
            target = Target.maildir(directory / below)
        else:
            target = Target(directory / names[folder.id], form)
        async for batch in _messages(database, workspace_id, folder.id):
            await asyncio.to_thread(target.write, batch)
            count += len(batch)
    return count


@dataclass(frozen=True, slots=True)
class Target:
    """A Maildir or an mbox file that messages are written to."""

    path: Path
    form: ExportFormat

    @classmethod
    def maildir(cls, path: Path) -> "Target":
        """An empty Maildir."""
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)
        return cls(path, ExportFormat.MAILDIR)

    @classmethod
    def beside(cls, directory: Path, name: str, form: ExportFormat) -> "Target":
        """One beside the folders of a mailbox, which never have such a name."""
        if form is ExportFormat.MAILDIR:
            return cls.maildir(directory / name)
        return cls(directory / f"{name}.mboxrd", form)

    def write(self, batch: Sequence[Message]) -> None:
        """A batch, after those before it."""
        if self.form is ExportFormat.MAILDIR:
            _write_files(self.path, batch)
        else:
            _append(self.path, batch)


def _make_empty(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise Conflict(f"{directory} is not empty.")


async def _messages(
    database: Database, workspace_id: UUID, folder_id: UUID
) -> AsyncIterator[list[Message]]:
    """Batches of (place, raw) of a folder in uid order."""
    async with database.workspace(workspace_id) as tx:
        uids = list((await open_folder(tx, folder_id, None)).uids)
    for start in range(0, len(uids), _BATCH):
        async with database.workspace(workspace_id) as tx:
            found = await fetch(tx, folder_id, uids[start : start + _BATCH], [WANT_SIZE])
        for slice_ in _slices(found):
            ids = [one.mailbox_message_id for one in slice_ if one.mailbox_message_id]
            async with database.workspace(workspace_id) as tx:
                raws = await read_raws(tx, ids)
            yield [(one, raws[i]) for one, i in zip(slice_, ids, strict=True)]


def _slices(found: Sequence[Fetched]) -> Iterator[Sequence[Fetched]]:
    """As many as are 16 MiB together, or one."""
    start = size = 0
    for place, one in enumerate(found):
        if place > start and size + one.size > _BATCH_BYTES:
            yield found[start:place]
            start, size = place, 0
        size += one.size
    yield found[start:]


def _write_files(target: Path, batch: Sequence[Message]) -> None:
    for one, raw in batch:
        letters = "".join(letter for flag, letter in _LETTERS if one.flags & flag)
        moment = one.internal_date.timestamp() if one.internal_date else 0
        file = target / "cur" / f"{int(moment)}.U{one.uid}.posthouse,S={len(raw)}:2,{letters}"
        file.write_bytes(raw)
        os.utime(file, (moment, moment))


def _append(file: Path, batch: Sequence[Message]) -> None:
    pieces: list[bytes] = []
    for one, raw in batch:
        # RFC 4155: in UTC, for it names no zone.
        came = one.internal_date.astimezone(UTC) if one.internal_date else None
        moment = came.strftime("%a %b %d %H:%M:%S %Y") if came else ""
        quoted = _LINE_TO_QUOTE.sub(rb">\1", raw)
        # RFC 4155: each message ends with a blank line that is not its own.
        ending = b"\r\n" if quoted.endswith(b"\r\n") else b"\n"
        if not quoted.endswith(b"\n"):
            ending = b"\n\n"  # an mbox has no way to say that the last line has no end
        pieces += [f"From MAILER-DAEMON {moment}\n".encode(), quoted, ending]
    with open(file, "ab") as handle:
        handle.write(b"".join(pieces))


def _file_names(folders: Sequence[Folder]) -> dict[UUID, str]:
    """A file for each folder: `A/B` and `A_B` must not share one, and names have 255 bytes."""
    names: dict[UUID, str] = {}
    for folder in folders:
        plain = folder.name.replace(SEPARATOR, "_").encode()[:_LONGEST_NAME].decode(errors="ignore")
        name, number = f"{plain}.mbox", 1
        while name in names.values():
            number += 1
            name = f"{plain}-{number}.mbox"
        names[folder.id] = name
    return names


def _maildir_name(name: str) -> str:
    """Maildir++ separates levels by dots, so a dot inside a name goes as UTF-7."""
    levels = [utf7.encode(level).decode() for level in name.split(SEPARATOR)]
    return ".".join(level.replace(".", "&AC4-") for level in levels)
