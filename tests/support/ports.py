"""Ports for the servers of tests, which no connection and no other run of tests takes.

The kernel gives a port of its own range to whoever connects or binds to 0, also between the moment
a free one was found and the moment its server listens. These lie below that range, and a run keeps
them by the block.
"""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

_FIRST, _END, _BLOCK = 12_000, 32_000, 200  # Linux's own range begins at 32,768
_FOLDER = Path(tempfile.gettempdir()) / "posthouse-ports"


def free_port() -> int:
    """A port that nobody listens on and that nobody else is told of."""
    return next(_found)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; all different."""
    return [free_port() for _ in range(count)]


def _free() -> Iterator[int]:
    yield from filter(_is_free, _kept())
    raise RuntimeError(f"all ports are taken: see {_FOLDER}")


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _kept() -> Iterator[int]:
    """The ports of all blocks that no other run has; a block is kept as long as this run lives."""
    _FOLDER.mkdir(mode=0o777, exist_ok=True)
    for block in range(_FIRST, _END, _BLOCK):
        lock = os.open(_FOLDER / str(block), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            yield from range(block, block + _BLOCK)


_found = _free()
