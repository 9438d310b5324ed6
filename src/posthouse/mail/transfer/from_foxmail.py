"""Folders of Foxmail (`.box` files): messages one after another, each behind a mark of its own."""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from posthouse.mail.transfer.source import Source

MARK = b"\x10" * 7 + b"\x11" * 6 + b"S"
_BEGINNING = re.compile(rb"(?:\A|(?<=\n))" + MARK + rb"\r?\n")
# How Foxmail calls the files of the folders that every account has.
_FOLDERS = {
    "in": "",
    "inbox": "",
    "out": "Outbox",
    "outbox": "Outbox",
    "send": "Sent",
    "sent": "Sent",
    "draft": "Drafts",
    "drafts": "Drafts",
    "spam": "Junk",
    "junk": "Junk",
    "trash": "Trash",
}


def folder_of_box(path: Path) -> str:
    """Which folder of ours a `.box` file is; "" for INBOX. Own folders are called as the file."""
    return _FOLDERS.get(path.stem.casefold(), path.stem)


def find_in_box(path: Path, name: str, folder: str) -> Iterator[Source]:
    """The messages in a `.box` file, as they stand in it."""
    with (
        open(path, "rb") as handle,
        mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        marks = [match.span() for match in _BEGINNING.finditer(content)]
        ends = [start for start, _ in marks[1:]] + [len(content)]
        for position, ((_, start), end) in enumerate(zip(marks, ends, strict=True)):
            yield Source(
                path=str(path),
                name=name,
                position=position,
                folder=folder,
                start=start,
                length=end - start,
            )
