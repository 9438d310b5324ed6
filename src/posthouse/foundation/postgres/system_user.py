"""Which system user runs the server. PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from posthouse.foundation.postgres.errors import PostgresUnusable


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemUser:
    name: str
    uid: int
    gid: int


def server_user(folder: Path, name: str) -> SystemUser | None:
    """Who runs the server of `folder`; None for the calling user himself.

    Root hands over to whoever owns the folder already, else to the system user `name`, made when
    missing. Raises PostgresUnusable when the folder belongs to somebody else.
    """
    owner = folder.stat().st_uid if folder.exists() else None
    if os.geteuid() == 0:
        return _by_uid(owner) if owner else _system_user(name)
    if owner is not None and owner != os.geteuid():
        raise PostgresUnusable(
            f"{folder} belongs to “{_by_uid(owner).name}”. "
            f"Run the command as that user or as root, or choose another data folder (--data)."
        )
    return None


def closed_folder(path: Path, user: SystemUser) -> Path | None:
    """The first folder on the way to `path`, itself included, that `user` may not enter."""
    for folder in [*reversed(path.parents), path]:
        mode = folder.stat()
        if mode.st_uid == user.uid:
            bit = stat.S_IXUSR
        elif mode.st_gid == user.gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not mode.st_mode & bit:
            return folder
    return None


def _by_uid(uid: int) -> SystemUser:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return SystemUser(name=f"uid {uid}", uid=uid, gid=uid)
    return SystemUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _system_user(name: str) -> SystemUser:
    try:
        return _by_uid(pwd.getpwnam(name).pw_uid)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path=f"{os.defpath}:/usr/sbin:/sbin")
    if useradd is None:
        raise PostgresUnusable(
            f"PostgreSQL cannot run as root and there is no `useradd` to make the system user "
            f"“{name}”. Make that user, or run Posthouse as an ordinary user."
        )
    made = subprocess.run(
        [
            *(useradd, "--system", "--user-group", "--no-create-home"),
            *("--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"),
            *("--comment", "Posthouse database", name),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return _by_uid(pwd.getpwnam(name).pw_uid)  # also when another process was faster
    except KeyError:
        raise PostgresUnusable(
            f"PostgreSQL cannot run as root, and the system user “{name}” could not be made: "
            f"{made.stderr.strip()}"
        ) from None
