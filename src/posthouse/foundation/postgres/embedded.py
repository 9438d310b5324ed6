"""One PostgreSQL server per data folder, shared by every process that holds it.

Holding is a shared file lock. The first holder makes and starts the server through its keeper
(keeper.py), later ones attach; when the last lets go, in whatever way, the keeper stops it.
"""

import asyncio
import dataclasses
import json
import os
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from posthouse.foundation.postgres import keeper, locks
from posthouse.foundation.postgres.binaries import binaries_in, readable_by, wheel_folder
from posthouse.foundation.postgres.cluster import (
    DATABASE,
    OWNER,
    Layout,
    check_version,
    lay_out,
    make_cluster,
    write_config,
)
from posthouse.foundation.postgres.errors import PostgresUnusable
from posthouse.foundation.postgres.system_user import SystemUser, server_user

_LOOK = 0.02  # seconds between two looks while waiting
_LONGEST_START = 900.0  # seconds: after a crash, years of mail can need minutes of recovery


class EmbeddedPostgres:
    """The server of one data folder, as this process holds it.

    `binaries`: another PostgreSQL's bin folder (default: the wheel's 18). `system_user`: who runs
    the server when we are root. `durable=False` (tests only) gives up safety for speed.
    `settings` go over our own postgresql.conf and count only for whoever starts the server.
    """

    def __init__(
        self,
        data: Path,
        *,
        binaries: Path | None = None,
        system_user: str = "posthouse",
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._layout = Layout(data.resolve())
        self._binaries = binaries
        self._system_user = system_user
        self._durable = durable
        careless = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        self._settings = {**({} if durable else careless), **(settings or {})}
        self._hold: int | None = None

    @property
    def owner_dsn(self) -> str:
        """Where the database is, for its owner."""
        return self.dsn()

    def dsn(self, *, role: str = OWNER, database: str = DATABASE) -> str:
        """A connection URL over the socket, which only the server's user and root can reach."""
        socket = quote(str(self._layout.socket), safe="/")
        return f"postgresql://{quote(role)}@/{quote(database)}?host={socket}&port=5432"

    def is_running(self) -> bool:
        """Whether the server takes connections (as far as its pid file tells)."""
        postmaster = keeper.postmaster_of(self._layout.cluster)
        return postmaster is not None and postmaster.ready

    def process_id(self) -> int | None:
        """The postmaster's process id, None when it is down."""
        postmaster = keeper.postmaster_of(self._layout.cluster)
        return postmaster.pid if postmaster else None

    async def start(self) -> str:
        """Attach to the running server, or make and start it; gives the owner's DSN.

        A cold start takes about a second, a warm one 0.2 s, attaching milliseconds. Raises
        PostgresUnusable, and then holds nothing.
        """
        if self._hold is not None:
            return self.owner_dsn
        try:
            user = await asyncio.to_thread(server_user, self._layout.home, self._system_user)
            lay_out(self._layout, user)
            self._hold = await locks.lock(self._layout.holders, shared=True)
            await self._until_ready(user)
        except BaseException as error:
            self._let_go()
            if isinstance(error, OSError):
                raise PostgresUnusable(f"PostgreSQL's folder cannot be used: {error}") from error
            raise
        return self.owner_dsn

    async def ensure_running(self) -> bool:
        """Sees to it that a keeper is there, who restarts the server whenever it ends.

        Costs some system calls while all is well: call it every second. Tells whether the server
        takes connections now; it does not during recovery, or as long as the disk is full.
        """
        if self._hold is None:
            raise PostgresUnusable("The embedded PostgreSQL is not held by this process.")
        if not locks.is_locked(self._layout.keeper):
            user = await asyncio.to_thread(server_user, self._layout.home, self._system_user)
            await self._keep(user)
        return self.is_running()

    async def stop_if_last(self) -> bool:
        """Let go; the last holder waits until the server has stopped. Tells whether it has."""
        if self._hold is None:
            return not self.is_running()
        self._let_go()
        while True:
            if (mine := locks.try_lock(self._layout.holders, shared=False)) is not None:
                try:
                    if not locks.is_locked(self._layout.keeper):
                        await asyncio.to_thread(keeper.stop_postmaster, self._layout.cluster)
                        return True
                finally:
                    os.close(mine)  # a keeper that lives takes it at its next look
            elif (theirs := locks.try_lock(self._layout.holders, shared=True)) is not None:
                os.close(theirs)
                return False
            await asyncio.sleep(_LOOK)

    async def _keep(self, user: SystemUser | None) -> bool:
        """Makes the cluster when there is none and launches a keeper when there is none."""
        async with locks.turn(self._layout.start) as turn:
            if locks.is_locked(self._layout.keeper):
                return False
            folder = self._binaries or wheel_folder()
            binaries = await asyncio.to_thread(
                lambda: readable_by(binaries_in(folder), user, self._layout.home)
            )
            if not self._layout.cluster.exists():
                await make_cluster(self._layout, binaries, user, turn=turn, durable=self._durable)
            check_version(self._layout, binaries)
            write_config(self._layout, user, self._settings)
            await self._launch_keeper(binaries.path("postgres"), user)
            return True

    async def _launch_keeper(self, postgres: str, user: SystemUser | None) -> None:
        layout = self._layout
        command = [postgres, "-D", str(layout.cluster)]
        for name, file in (("config_file", layout.config_file), ("hba_file", layout.hba_file)):
            command += ["-c", f"{name}={file}"]
        spec = keeper.Spec(
            command=command,
            cluster=str(layout.cluster),
            holders=str(layout.holders),
            keeper=str(layout.keeper),
            log=str(layout.start_log),
            uid=user.uid if user else None,
            gid=user.gid if user else None,
        )
        layout.start_log.unlink(missing_ok=True)
        # -I -S: nothing of the environment, no site-packages: it stays at 11 MB.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", keeper.__file__, json.dumps(dataclasses.asdict(spec))),
            stdin=asyncio.subprocess.DEVNULL,
            cwd="/",
        )
        if await process.wait():
            raise PostgresUnusable(f"The keeper of {layout.cluster} could not be started.")

    async def _until_ready(self, user: SystemUser | None) -> None:
        """A keeper that is gone was another's, dying as we came; our own that goes has given up."""
        launched = await self._keep(user)
        try:
            async with asyncio.timeout(_LONGEST_START):
                while not self.is_running():
                    if not locks.is_locked(self._layout.keeper):
                        if launched:
                            raise PostgresUnusable(
                                f"PostgreSQL does not start.\n{self._last_words()}"
                            )
                        launched = await self._keep(user)
                    await asyncio.sleep(_LOOK)
        except TimeoutError:
            raise PostgresUnusable(
                f"PostgreSQL was not ready after {_LONGEST_START:.0f} s.\n{self._last_words()}"
            ) from None

    def _last_words(self) -> str:
        """The last lines of the newest logs, for the operator."""
        logs = sorted(self._layout.log.glob("*.log"), key=lambda file: file.stat().st_mtime)
        lines: deque[str] = deque(maxlen=12)
        for log in logs[-2:]:
            lines.extend(log.read_text(errors="replace").splitlines()[-6:])
        return "\n".join([*lines, f"More in {self._layout.log}."])

    def _let_go(self) -> None:
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None
