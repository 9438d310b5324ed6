"""The folders and files of one embedded server, and making its database cluster."""

import asyncio
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from posthouse.foundation.postgres import config
from posthouse.foundation.postgres.binaries import Binaries
from posthouse.foundation.postgres.errors import PostgresUnusable
from posthouse.foundation.postgres.system_user import SystemUser, closed_folder

OWNER = "posthouse_owner"
DATABASE = "posthouse"

# sockaddr_un holds 108 bytes with the final NUL; the server adds its file's name and ".lock".
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432.lock")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are: everything of the server below `home`, its log below `log`."""

    data: Path

    @property
    def home(self) -> Path:
        return self.data / "postgres"

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def config_file(self) -> Path:
        return self.home / "posthouse.conf"

    @property
    def hba_file(self) -> Path:
        return self.home / "pg_hba.conf"

    @property
    def holders(self) -> Path:
        """Locked (shared) by every process that needs the server."""
        return self.home / "holders.lock"

    @property
    def keeper(self) -> Path:
        """Locked by the one keeper."""
        return self.home / "keeper.lock"

    @property
    def start(self) -> Path:
        """Locked by whoever is making or starting the server."""
        return self.home / "start.lock"

    @property
    def log(self) -> Path:
        return self.data / "log" / "postgres"

    @property
    def start_log(self) -> Path:
        """What the keeper and the server say before the server's own log is open."""
        return self.log / "start.log"

    @property
    def socket(self) -> Path:
        """The socket's folder: in `home`, or a short one when that path is too long."""
        folder = self.home / "socket"
        if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
            return folder
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"posthouse-{name}"


def lay_out(layout: Layout, user: SystemUser | None) -> None:
    """Makes the folders, each the server's own; cheap when they are there.

    Raises PostgresUnusable when the server's user cannot get to them.
    """
    for folder in (layout.data, layout.data / "log"):
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        if user and folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)  # may pass, not look
    if user and (closed := closed_folder(layout.log.parent, user)):
        raise PostgresUnusable(
            f"PostgreSQL runs as the system user “{user.name}”, which may not enter {closed}. "
            f"Choose another data folder (--data or POSTHOUSE_DATA), "
            f"or allow it: chmod o+x {closed}"
        )
    for folder in (layout.home, layout.log, layout.socket):
        _own_folder(folder, user)
    for file in (layout.holders, layout.keeper, layout.start):
        if not file.exists():
            file.touch(mode=0o600)
            _give(file, user)


def check_version(layout: Layout, binaries: Binaries) -> None:
    """Raises PostgresUnusable when the data were written by another major version."""
    written = (layout.cluster / "PG_VERSION").read_text().strip()
    if written != str(binaries.major):
        raise PostgresUnusable(
            f"{layout.cluster} was written by PostgreSQL {written}, "
            f"and this Posthouse brings PostgreSQL {binaries.major}. Nothing was changed. "
            f"Move the data with pg_upgrade or pg_dump (docs/operating/postgres.md), "
            f"or set POSTHOUSE_DATABASE_URL to a server of version {written}."
        )


async def make_cluster(
    layout: Layout, binaries: Binaries, user: SystemUser | None, *, turn: int, durable: bool
) -> None:
    """A new cluster with our owner role and database; nothing is left of one cut short.

    The programs inherit `turn`, the handle of the start lock: if we are killed, the next process
    waits until they have ended.
    """
    new = layout.home / "cluster.new"
    if new.exists():
        shutil.rmtree(new)
    # The builtin provider (17 and newer) sorts alike on every machine and C library.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    await _run(
        user,
        turn,
        binaries.path("initdb"),
        f"--pgdata={new}",
        f"--username={OWNER}",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        *(builtin if binaries.major >= 17 else []),
        "--data-checksums",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    )
    single = [binaries.path("postgres"), "--single", "-D", str(new)]
    if not durable:
        single += ["-c", "fsync=off"]
    await _run(user, turn, *single, "postgres", said=f"CREATE DATABASE {DATABASE};\n")
    new.rename(layout.cluster)


def write_config(layout: Layout, user: SystemUser | None, extra: dict[str, str]) -> None:
    """The server's settings for this machine, `extra` over ours and local.conf over both."""
    settings = config.server_settings(
        memory=config.machine_memory(), socket_folder=layout.socket, log_folder=layout.log
    )
    text = config.render({**settings, **extra}, include=layout.home / "local.conf")
    for file, content in ((layout.config_file, text), (layout.hba_file, config.HBA)):
        file.write_text(content)
        file.chmod(0o600)
        _give(file, user)


def _own_folder(folder: Path, user: SystemUser | None) -> None:
    try:
        folder.mkdir(mode=0o700)
        _give(folder, user)
    except FileExistsError:
        wanted = user.uid if user else os.geteuid()
        found = folder.lstat()
        if found.st_uid != wanted or not stat.S_ISDIR(found.st_mode):
            raise PostgresUnusable(
                f"{folder} is not a folder of the user that runs PostgreSQL. "
                f"Move it away, or choose another data folder (--data)."
            ) from None
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)  # whoever gets to the socket is the database's owner


def _give(path: Path, user: SystemUser | None) -> None:
    if user:
        os.chown(path, user.uid, user.gid)


async def _run(user: SystemUser | None, turn: int, *command: str, said: str = "") -> None:
    # In a thread: uvloop's own subprocesses cannot change user, groups and umask.
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        input=said.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
        umask=0o077,
        pass_fds=(turn,),
        check=False,
    )
    if done.returncode:
        raise PostgresUnusable(
            f"{Path(command[0]).name} failed ({done.returncode}): "
            f"{done.stdout.decode(errors='replace').strip()[-2000:]}"
        )
