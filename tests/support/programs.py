"""Servers of others, started for a test: a folder of their own, and until they listen."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_START_SECONDS = 60


@contextlib.contextmanager
def folder_for(program: str) -> Iterator[Path]:
    """A folder that other users of this machine may look into, gone afterwards.

    Raises PermissionError for who is not root: Postfix and Dovecot do not start then.
    """
    if os.geteuid() != 0:
        raise PermissionError(f"{program} starts as root only.")
    folder = Path(tempfile.mkdtemp(prefix=f"posthouse-{program}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_it_listens(port: int, server: "subprocess.Popen[bytes]", log: Path | None) -> None:
    """On 127.0.0.1. Raises RuntimeError with the log when it ends, or does not for a minute."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    said = log.read_text("utf-8", "replace") if log is not None and log.exists() else ""
    raise RuntimeError(f"{server.args!r} does not listen:\n{said}")
