"""Where imports read from: mbox files, Maildirs, message files (Outlook's too). None is altered."""

import mmap
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from posthouse.foundation.errors import Invalid
from posthouse.mail.mailboxes.model import SEPARATOR, Flags
from posthouse.mail.transfer.preparing import Unreadable
from posthouse.protocols import outlook
from posthouse.protocols.imap import utf7

# RFC 4155: a separator follows a blank line (or nothing) and ends in a date. Anything less in a
# body is text that somebody did not quote. Linear: the line is short, its first time of day counts.
_SEPARATOR = re.compile(
    rb"(?:\A(?:\xef\xbb\xbf)?|(?<=\n\n)|(?<=\n\r\n))From (?=[^\n]{1,400}\n)"
    rb"(?>[^\n]*?\d\d:\d\d)[^\n]*?(?:19|20)\d\d[^\n]*\n"
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
# Fields of mail: many files begin with lines that have a colon.
_FIELD_OF_MAIL = re.compile(
    rb"^(?:from|sender|reply-to|to|cc|subject|date|message-id|mime-version|received|return-path"
    rb"|delivered-to|content-type|x-[a-z-]+)[ \t]*:|\A>?From ",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD = re.compile(rb"(?:>?From |[!-9;-~]+[ \t]*:|[ \t])")
_STATUS = re.compile(rb"^(?:x-)?status:[ \t]*([ROADFTN]+)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
# Editors of Windows put it in front of files that they save as UTF-8.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MBOX_ENDINGS = {".mbox", ".mbx"}
_MAIL_ENDINGS = {".eml", ".raw", ".msg", ".mbox", ".mbx", ".mail"}
_MAILDIR_FLAGS = {
    "S": Flags.SEEN,
    "R": Flags.ANSWERED,
    "F": Flags.FLAGGED,
    "T": Flags.DELETED,
    "D": Flags.DRAFT,
}
_MBOX_FLAGS = {
    b"R": Flags.SEEN,
    b"A": Flags.ANSWERED,
    b"F": Flags.FLAGGED,
    b"D": Flags.DELETED,
    b"T": Flags.DRAFT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One message to read: a slice of a file, and where it belongs.

    `name` and `position` say which message of the whole source it is, stable between runs: a
    Maildir's flags in the file name are not part of it. `folder` is below the folder imported
    into, "" for that itself.
    """

    path: Path
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
            return self.path.stat().st_size
        except OSError:
            return 0

    def read(self) -> bytes:
        """The message's own bytes. Raises OSError."""
        with open(self.path, "rb", buffering=0) as handle:
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
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookSource(Source):
    """A `.msg` file: a message as Outlook keeps it, of which mail has to be made."""

    def read(self) -> bytes:
        """Raises OSError, Unreadable."""
        return self.read_marked()[0]

    def read_marked(self) -> tuple[bytes, int]:
        """With the marks that are in the file."""
        try:
            letter = outlook.read_letter(self.path.read_bytes())
        except outlook.NotAMail as error:
            raise Unreadable(str(error)) from error
        marks = letter.marks
        said = (
            (marks.seen, Flags.SEEN),
            (marks.answered, Flags.ANSWERED),
            (marks.flagged, Flags.FLAGGED),
            (marks.draft, Flags.DRAFT),
        )
        return letter.raw, sum(flag for marked, flag in said if marked)

    def identity(self, digest: bytes) -> bytes:
        """The same file: what we make of it may be better one day."""
        return sha256(self.path.read_bytes()).digest() + self.name.encode(
            "utf-8", "surrogateescape"
        )


def find_sources(path: Path) -> Iterator[Source]:
    """Every message under `path`, in a stable order. Raises Invalid when there is nothing."""
    if not path.exists():
        raise Invalid(f"There is nothing at {path}.")
    if path.is_file():
        if path.suffix.lower() not in _MAIL_ENDINGS and not _looks_like_mail(path):
            raise Invalid(f"{path} is no mail: it does not begin with header fields.")
        yield from _in_file(path, path.name, "")
    elif (path / "cur").is_dir() or (path / "new").is_dir():
        yield from _in_maildir(path)
    else:
        yield from _in_folder(path)


def _in_folder(path: Path) -> Iterator[Source]:
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        if file.suffix.lower() in _MAIL_ENDINGS or _looks_like_mail(file):
            yield from _in_file(file, str(file.relative_to(path)), "")


def _looks_like_mail(file: Path) -> bool:
    """Whether a file without a telling ending begins with the header of a mail."""
    if file.suffix and not file.suffix[1:].isalnum():
        return False
    with open(file, "rb") as handle:
        start = handle.read(8192).removeprefix(_BYTE_ORDER_MARK)
    lines = start.splitlines()[:3]
    begins = len(lines) > 1 and all(_FIELD.match(line) for line in lines if line)
    return begins and _FIELD_OF_MAIL.search(start) is not None


def _in_file(path: Path, name: str, folder: str) -> Iterator[Source]:
    with open(path, "rb") as handle:
        start = handle.read(8)
        if not start and _is_mbox(path, 0):
            return  # a folder of Thunderbird without messages
        if start.removeprefix(_BYTE_ORDER_MARK).startswith(b"From "):
            with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
                separators = [match.span() for match in _SEPARATOR.finditer(content)]
                if separators and _is_mbox(path, len(separators)):
                    yield from _in_mbox(path, name, folder, content, separators)
                    return
        if start == outlook.MAGIC and path.suffix.lower() == ".msg":
            yield OutlookSource(path=path, name=name, position=0, folder=folder)
            return
    # One message, with the separator some programs leave on top: it is kept as it stands.
    yield Source(path=path, name=name, position=0, folder=folder)


def _is_mbox(path: Path, separators: int) -> bool:
    """By its name, else by its separators: a message may quote a whole mbox."""
    ending = path.suffix.lower()
    if ending in _MAIL_ENDINGS:
        return ending in _MBOX_ENDINGS
    return separators > 1 or path.name.lower() == "mbox"


def _in_mbox(
    path: Path, name: str, folder: str, content: mmap.mmap, separators: list[tuple[int, int]]
) -> Iterator[Source]:
    ends = [start for start, _ in separators[1:]] + [len(content)]
    for position, ((_, start), end) in enumerate(zip(separators, ends, strict=True)):
        length = _without_last_blank_line(content, start, end) - start
        head = _HEADER_END.split(content[start : min(end, start + 65536)], maxsplit=1)[0]
        yield Source(
            path=path,
            name=name,
            position=position,
            folder=folder,
            start=start,
            length=length,
            flags=_mbox_flags(head),
            quoted=True,
        )


def _without_last_blank_line(content: mmap.mmap, start: int, end: int) -> int:
    """The blank line before the next separator belongs to the mbox, not to the message."""
    for ending, size in ((b"\r\n\r\n", 2), (b"\n\n", 1)):
        if end - start >= len(ending) and content[end - len(ending) : end] == ending:
            return end - size
    return end


def _mbox_flags(head: bytes) -> int:
    said = b"".join(_STATUS.findall(head))
    return sum({flag for letter, flag in _MBOX_FLAGS.items() if letter in said})


def _in_maildir(path: Path) -> Iterator[Source]:
    """A Maildir, and the folders of Maildir++ in it (`.Sent`, `.Customers.North`)."""
    yield from _in_one_maildir(path, "", "")
    for below in sorted(each for each in path.iterdir() if each.name.startswith(".")):
        if (below / "cur").is_dir() or (below / "new").is_dir():
            levels = [_readable(level) for level in below.name[1:].split(".")]
            yield from _in_one_maildir(below, SEPARATOR.join(levels), f"{below.name}/")


def _readable(level: str) -> str:
    """A level of a Maildir++ name; one that is no modified UTF-7 stands for itself."""
    try:
        return utf7.decode(level.encode("utf-8", "replace"))
    except ValueError:
        return level.encode("utf-8", "replace").decode()


def _in_one_maildir(path: Path, folder: str, prefix: str) -> Iterator[Source]:
    files = [
        (entry.name, path / part / entry.name)
        for part in ("cur", "new")
        if (path / part).is_dir()
        for entry in os.scandir(path / part)
        if entry.name[0] != "." and entry.is_file()
    ]
    for file_name, file in sorted(files):
        unique, _, info = file_name.partition(":2,")
        flags = sum({flag for letter, flag in _MAILDIR_FLAGS.items() if letter in info})
        yield Source(path=file, name=prefix + unique, position=0, folder=folder, flags=flags)
