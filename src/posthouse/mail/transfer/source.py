"""One message of a file that is imported: a slice of it, and where it belongs."""

import os
import re
from datetime import UTC, datetime

import msgspec

# Linux: the file does not note that it was read; that write may wait for every fsync on its disk.
_NO_ATIME = getattr(os, "O_NOATIME", 0)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One message to read: a slice of a file, and where it belongs.

    All of an import are listed before it begins: as frozen dataclasses with a Path they took three
    times as long.

    `name` and `position` say which message of the whole source it is, stable between runs: a
    Maildir's flags in the file name are not part of it. `folder` is below the folder imported
    into, "" for that itself.
    """

    path: str
    name: str
    position: int
    folder: str
    start: int = 0
    length: int | None = None
    flags: int = 0
    keywords: tuple[str, ...] = ()
    quoted: bool = False
    arrived: None = None

    @property
    def place(self) -> str:
        """Which message this is, for a person; names of files need not be UTF-8."""
        name = self.name.encode("utf-8", "replace").decode()
        return f"{name} #{self.position}"

    def size(self) -> int:
        """Bytes to read, as far as is known; 0 for a file that is gone."""
        if self.length is not None:
            return self.length
        try:
            return os.stat(self.path).st_size
        except OSError:
            return 0

    def read(self) -> bytes:
        """The message's own bytes. Raises OSError."""
        with open(self.path, "rb", buffering=0, opener=_unmarked) as handle:
            if self.start:
                handle.seek(self.start)
            raw = handle.read(-1 if self.length is None else self.length)
        if self.quoted:
            # mboxrd: one level of quoting was added to every line that looks like a separator.
            raw = _QUOTED_FROM.sub(rb"\1", raw)
        return raw

    def read_marked(self) -> tuple[bytes, int]:
        """With the marks that stand beside the message."""
        return self.read(), self.flags

    def identity(self, digest: bytes) -> bytes:
        """The same file, position and content."""
        return f"{self.name}\0{self.position}\0".encode("utf-8", "surrogateescape") + digest

    def last_resort(self) -> datetime:
        """The file's own time. Raises OSError."""
        return datetime.fromtimestamp(os.stat(self.path).st_mtime, UTC)


def _unmarked(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | _NO_ATIME)
    except PermissionError:  # only the file's owner may ask for it, and root
        return os.open(path, flags)
