"""What Outlook keeps: `.msg` files, and the messages in `.pst` and `.ost` files."""

import os
import weakref
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from posthouse.foundation.errors import Invalid
from posthouse.mail.mailboxes.folders import canonical_name
from posthouse.mail.mailboxes.model import SEPARATOR, Flags
from posthouse.mail.transfer.folder_names import our_folder
from posthouse.mail.transfer.preparing import Unreadable
from posthouse.mail.transfer.report import ImportReport
from posthouse.mail.transfer.source import Source
from posthouse.protocols import outlook

STORE_ENDINGS = {".pst", ".ost"}
# What the items of a folder are (PidTagContainerClass) where they may be mail: nothing is said, or
# this, or a kind of it.
_MAIL = ("ipf.note", "ipf.imap")


class OutlookSource(Source, frozen=True, kw_only=True):
    """A `.msg` file: a message as Outlook keeps it, of which mail has to be made."""

    def read(self) -> bytes:
        """Raises OSError, Unreadable."""
        return self.read_marked()[0]

    def read_marked(self) -> tuple[bytes, int]:
        """With the marks that are in the file."""
        try:
            return _marked(outlook.read_letter(Path(self.path).read_bytes()))
        except outlook.NotAMail as error:
            raise Unreadable(str(error)) from error

    def identity(self, digest: bytes) -> bytes:
        """The same file: what we make of it may be better one day."""
        return sha256(Path(self.path).read_bytes()).digest() + self.name.encode(
            "utf-8", "surrogateescape"
        )


class StoredSource(Source, frozen=True, kw_only=True):
    """A message in a `.pst` or `.ost` file. `position` is its id there, `shelf` its folder."""

    store: bytes
    shelf: str

    @property
    def place(self) -> str:
        return f"{self.name} {self.shelf} #{self.position}"

    def size(self) -> int:
        """As Outlook says; 0 when it does not, or the file is gone."""
        try:
            return _opened(self.path).size(self.position)
        except (OSError, outlook.NotAMail):
            return 0

    def read(self) -> bytes:
        """Raises OSError, Unreadable."""
        return self.read_marked()[0]

    def read_marked(self) -> tuple[bytes, int]:
        """With the marks that are in the file."""
        try:
            return _marked(_opened(self.path).letter(self.position))
        except outlook.NotAMail as error:
            raise Unreadable(str(error)) from error

    def identity(self, digest: bytes) -> bytes:
        """The file by the key in it, wherever it lies now, and the message by its id there."""
        return b"pst\0" + self.store + self.position.to_bytes(4, "big")


def find_in_store(path: Path, name: str, report: ImportReport) -> Iterator[StoredSource]:
    """The messages in a file of Outlook; folders that hold no mail are left out and reported."""
    try:
        store = _opened(str(path))
        for stored in store.folders():
            shelf = SEPARATOR.join(stored.levels)
            if stored.kind and not stored.kind.casefold().startswith(_MAIL):
                report.left_out.append((f"{name} {shelf}", f"holds no mail but {stored.kind}"))
                continue
            folder = our_folder(stored.levels, {stored.use})
            try:
                canonical_name(folder or "INBOX")
            except Invalid as refusal:
                report.failures.append((f"{name} {shelf}", refusal.reason))
                continue
            for nid in stored.messages:
                yield StoredSource(
                    path=str(path),
                    name=name,
                    position=nid,
                    folder=folder,
                    store=store.key or name.encode("utf-8", "surrogateescape"),
                    shelf=shelf,
                )
    except outlook.NotAMail as error:
        report.failures.append((name, str(error)))


@lru_cache(maxsize=2)
def _opened(path: str) -> outlook.Store:
    """Kept open: each message is somewhere else in it. Raises OSError, NotAMail."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        store = outlook.Store(lambda place, size: os.pread(descriptor, size, place))
    except BaseException:
        os.close(descriptor)
        raise
    weakref.finalize(store, os.close, descriptor)
    return store


def _marked(letter: outlook.Letter) -> tuple[bytes, int]:
    marks = letter.marks
    said = (
        (marks.seen, Flags.SEEN),
        (marks.answered, Flags.ANSWERED),
        (marks.flagged, Flags.FLAGGED),
        (marks.draft, Flags.DRAFT),
    )
    return letter.raw, sum(flag for marked, flag in said if marked)
