"""Where imports read from: mbox files, Maildirs, message files, what Outlook and Foxmail keep.

None is altered.
"""

import mmap
import os
import re
from collections.abc import Iterator
from pathlib import Path

from posthouse.foundation.errors import Invalid
from posthouse.mail.mailboxes.model import SEPARATOR, Flags
from posthouse.mail.transfer.from_foxmail import MARK, find_in_box, folder_of_box
from posthouse.mail.transfer.from_outlook import STORE_ENDINGS, OutlookSource, find_in_store
from posthouse.mail.transfer.report import ImportReport
from posthouse.mail.transfer.source import Source
from posthouse.protocols import outlook
from posthouse.protocols.imap import utf7

# RFC 4155: a separator follows a blank line (or nothing) and ends in a date. Anything less in a
# body is text that somebody did not quote. Linear: the line is short, its first time of day counts.
_SEPARATOR = re.compile(
    rb"(?:\A(?:\xef\xbb\xbf)?|(?<=\n\n)|(?<=\n\r\n))From (?=[^\n]{1,400}\n)"
    rb"(?>[^\n]*?\d\d:\d\d)[^\n]*?(?:19|20)\d\d[^\n]*\n"
)
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


def find_sources(path: Path, report: ImportReport | None = None) -> Iterator[Source]:
    """Every message under `path`, in a stable order. Raises Invalid when there is nothing.

    `report` is told what cannot be looked into.
    """
    report = report or ImportReport()
    if not path.exists():
        raise Invalid(f"There is nothing at {path}.")
    if path.is_file():
        if not _is_wanted(path):
            raise Invalid(f"{path} is no mail: it does not begin with header fields.")
        yield from _in_file(path, path.name, "", report)
    elif (path / "cur").is_dir() or (path / "new").is_dir():
        yield from _in_maildir(path)
    else:
        yield from _in_folder(path, report)


def _in_folder(path: Path, report: ImportReport) -> Iterator[Source]:
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        if _is_wanted(file):
            folder = folder_of_box(file) if _is_box(file) else ""
            yield from _in_file(file, str(file.relative_to(path)), folder, report)


def _is_wanted(file: Path) -> bool:
    endings = _MAIL_ENDINGS | STORE_ENDINGS
    return file.suffix.lower() in endings or _is_box(file) or _looks_like_mail(file)


def _is_box(file: Path) -> bool:
    with open(file, "rb") as handle:
        return handle.read(len(MARK)) == MARK


def _looks_like_mail(file: Path) -> bool:
    """Whether a file without a telling ending begins with the header of a mail."""
    if file.suffix and not file.suffix[1:].isalnum():
        return False
    with open(file, "rb") as handle:
        start = handle.read(8192).removeprefix(_BYTE_ORDER_MARK)
    lines = start.splitlines()[:3]
    begins = len(lines) > 1 and all(_FIELD.match(line) for line in lines if line)
    return begins and _FIELD_OF_MAIL.search(start) is not None


def _in_file(path: Path, name: str, folder: str, report: ImportReport) -> Iterator[Source]:
    if path.suffix.lower() in STORE_ENDINGS:
        yield from find_in_store(path, name, report)
        return
    if _is_box(path):
        yield from find_in_box(path, name, folder)
        return
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
            yield OutlookSource(path=str(path), name=name, position=0, folder=folder)
            return
    # One message, with the separator some programs leave on top: it is kept as it stands.
    yield Source(path=str(path), name=name, position=0, folder=folder)


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
            path=str(path),
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
        (entry.name, entry.path)
        for part in ("cur", "new")
        if (path / part).is_dir()
        for entry in os.scandir(path / part)
        if entry.name[0] != "." and entry.is_file()
    ]
    for file_name, file in sorted(files):
        unique, _, info = file_name.partition(":2,")
        flags = sum({flag for letter, flag in _MAILDIR_FLAGS.items() if letter in info})
        yield Source(path=file, name=prefix + unique, position=0, folder=folder, flags=flags)
