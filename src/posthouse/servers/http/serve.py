"""The HTTP role: uvicorn inside this process's event loop, started and stopped by us."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.servers.http.app import make_app
from posthouse.servers.http.once import forget_old
from posthouse.servers.http.tail import Tail

_GRACE_SECONDS = 5
_BACKLOG = 512
_TIDY_SECONDS = 3600.0


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Answer requests until `stop`. Raises OSError when the address is taken."""
    address = database.service(Settings).listener("http")
    if address is None:
        ready()
        await stop.wait()
        return
    listening = _listen(*address)
    tail = Tail(database)
    server = _Server(database, tail, ready)
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(tail.run()), group.create_task(_tidy(database))]
        serving = group.create_task(server.serve(sockets=[listening]))
        await stop.wait()
        tail.close()
        server.should_exit = True
        await serving
        for task in beside:
            task.cancel()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    def __init__(self, database: Database, tail: Tail, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                make_app(database, tail),
                http="httptools",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                timeout_keep_alive=75,
                h11_max_incomplete_event_size=64 * 1024,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True


async def _tidy(database: Database) -> None:
    while True:
        with contextlib.suppress(Exception):
            await forget_old(database)
        await asyncio.sleep(_TIDY_SECONDS)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    listening.listen(_BACKLOG)
    listening.setblocking(False)
    return listening
