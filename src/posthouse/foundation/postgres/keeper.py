"""Keeps one PostgreSQL server running while any process holds it, and stops it after the last.

A program of its own (`python -I -S keeper.py SPEC`, standard library only): neither kill -9 of a
holder nor of the server then needs anyone else to notice. A holder is whoever has a shared flock
on the holders' file: the kernel lets go of it however the holder ends.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

PULSE = 0.2  # seconds between two looks at the server and its holders
FIRST_TRIES = 5  # starts, within about three seconds, before a first good one
LONGEST_PAUSE = 5.0  # seconds between starts that fail, on a full disk for example
FAST_STOP = 60.0  # seconds for the last checkpoint, then the server is stopped without it


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What to keep, as JSON on the command line."""

    command: list[str]
    cluster: str
    holders: str
    keeper: str
    log: str
    uid: int | None
    gid: int | None


@dataclass(frozen=True, slots=True)
class Postmaster:
    pid: int
    ready: bool


def postmaster_of(cluster: Path) -> Postmaster | None:
    """The running server of a cluster; a stale or half-written pid file counts as none."""
    noted = _noted(cluster)
    return noted if noted and _serves(noted.pid, cluster) else None


def stop_postmaster(cluster: Path, *, patience: float = FAST_STOP) -> None:
    """Fast shutdown, then an immediate one when that takes longer than `patience` seconds."""
    for how, wait in ((signal.SIGINT, patience), (signal.SIGQUIT, 10.0)):
        postmaster = postmaster_of(cluster)
        if postmaster is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(postmaster.pid, how)
        end = time.monotonic() + wait
        while time.monotonic() < end and _serves(postmaster.pid, cluster):
            time.sleep(0.02)


def _noted(cluster: Path) -> Postmaster | None:
    """What the pid file says, whether it is still true or not."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if not lines or not lines[0].strip().isdigit():
        return None
    return Postmaster(int(lines[0]), ready=len(lines) > 7 and lines[7].strip() == "ready")


def _serves(pid: int, cluster: Path) -> bool:
    """Whether the process is a server of this cluster: pids are used again, zombies have no argv.

    The postmaster keeps its command line; it is readable where /proc/PID/cwd of another user is
    not (root in a container without CAP_SYS_PTRACE).
    """
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(cluster) in arguments


class _Keeper:
    def __init__(self, spec: Spec, lock: int) -> None:
        self._spec = spec
        self._lock = lock
        self._cluster = Path(spec.cluster)
        self._holders = os.open(spec.holders, os.O_RDONLY)

    def run(self) -> None:
        was_ready = False
        failures = 0
        while (self._cluster / "PG_VERSION").exists():
            ready = self._serve_once()
            if self._deserted():
                os.close(self._lock)  # before the holders' lock: who gets that must see us gone
                return
            was_ready = was_ready or ready
            failures = 0 if ready else failures + 1
            if not was_ready and failures == FIRST_TRIES:
                _note("the server does not start; giving up")
                return
            time.sleep(min(0.1 * 2**failures, LONGEST_PAUSE))
            _note("starting the server again")

    def _serve_once(self) -> bool:
        """Runs the server until it ends or nobody holds it; tells whether it was ever ready."""
        running = postmaster_of(self._cluster)
        if running:  # our predecessor was killed
            child, pid = None, running.pid
        else:
            child = self._spawn()
            pid = child.pid
        ready = False
        while True:
            ended = child.poll() is not None if child else not _serves(pid, self._cluster)
            noted = _noted(self._cluster)  # after a kill its file still tells how far it came
            ready = ready or (noted is not None and noted.pid == pid and noted.ready)
            if ended:
                _note(f"the server ended{f' with {child.returncode}' if child else ''}")
                return ready
            if self._deserted():
                stop_postmaster(self._cluster)
                if child:
                    _end(child)
                return ready
            time.sleep(PULSE)

    def _deserted(self) -> bool:
        """Whether no holder is left. Once true it stays true: the lock is kept until we end."""
        try:
            fcntl.flock(self._holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._disown_stale_pid()
        return subprocess.Popen(
            self._spec.command,
            stdin=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            cwd="/",
            user=self._spec.uid,
            group=self._spec.gid,
            extra_groups=None if self._spec.gid is None else [],
            umask=0o077,
            start_new_session=True,
        )

    def _disown_stale_pid(self) -> None:
        """Name ourselves in a pid file whose process is no longer the server.

        PostgreSQL refuses to start while that process exists: a zombie that nobody reaps, another
        program with the same number. Its parent's pid it takes for stale. The shared-memory line
        stays, so backends that outlived their postmaster still forbid a second server.
        """
        file = self._cluster / "postmaster.pid"
        noted = _noted(self._cluster)
        if noted is None or _serves(noted.pid, self._cluster):
            return
        with contextlib.suppress(OSError):
            rest = file.read_text().partition("\n")[2]
            with file.open("r+") as handle:  # in place: the owner stays who he is
                handle.write(f"{os.getpid()}\n{rest}")
                handle.truncate()


def _end(child: subprocess.Popen[bytes]) -> None:
    """A server so young that it has no pid file yet is stopped by its handle.

    It ignores SIGINT, as we do, until it has set up its own handling: say it again.
    """
    end = time.monotonic() + FAST_STOP
    while time.monotonic() < end:
        child.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(PULSE)
            return
    child.kill()
    child.wait()


def _note(what: str) -> None:
    with contextlib.suppress(OSError):  # a full disk must not end the keeper
        print(time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()), f"keeper: {what}", flush=True)


def _lock(path: str) -> int | None:
    """The keeper's own lock; None when another keeper is there. A look at it lasts microseconds."""
    handle = os.open(path, os.O_RDONLY)
    for _ in range(10):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return handle
    return None


def main() -> None:
    spec = Spec(**json.loads(sys.argv[1]))
    lock = _lock(spec.keeper)
    if lock is None:
        return
    if os.fork():
        os._exit(0)  # who called us knows now that a keeper is there
    os.setsid()
    for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)  # the holders decide when it ends
    log = os.open(spec.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    _Keeper(spec, lock).run()


if __name__ == "__main__":
    main()
