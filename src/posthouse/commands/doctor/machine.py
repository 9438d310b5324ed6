"""The machine: room on its disk, its clock, who may read the master key."""

import ctypes
import os
import shutil
from collections.abc import Iterator

from posthouse.commands.doctor.finding import Finding, Level, judged
from posthouse.foundation.settings import Settings

_LITTLE_SPACE = 1 << 30
_FEW_FILES = 10_000
# adjtimex(2): what the kernel answers when nobody sets its clock, and the size of what it fills.
_TIME_ERROR = 5
_TIMEX_OCTETS = 256


def look_at_machine(settings: Settings) -> Iterator[Finding]:
    """What can be seen without asking anybody."""
    free = shutil.disk_usage(settings.data).free
    advice = "" if free > _LITTLE_SPACE else ": make room, mail is refused when it is full"
    yield judged("disk", free > _LITTLE_SPACE, f"{free >> 20} MiB free in the data folder{advice}")
    files = os.statvfs(settings.data)
    if files.f_files:  # some file systems have no such limit
        few = files.f_favail < _FEW_FILES
        advice = ": the file system has room for bytes, but not for files" if few else ""
        yield judged("files", not few, f"{files.f_favail} more can be made{advice}")
    key = settings.data / "keys" / "master.key"
    if settings.master_key is None and key.exists():
        mode = key.stat().st_mode & 0o777
        says = "only its owner reads it" if not mode & 0o077 else f"mode {mode:o}: chmod 600 {key}"
        yield judged("master key", not mode & 0o077, says)
    if (kept := is_clock_kept()) is not None:
        says = "kept by a time server" if kept else "no time server sets it: install chrony"
        yield judged("clock", kept, says, Level.WARNING)


def is_clock_kept() -> bool | None:
    """Whether the kernel's clock is synchronised, as NTP daemons tell it; None: it does not say."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    asking = ctypes.create_string_buffer(_TIMEX_OCTETS)  # all zero: nothing is set
    state = int(adjtimex(asking))
    return None if state < 0 else state != _TIME_ERROR
