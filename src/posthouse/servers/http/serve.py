"""The HTTP roles: uvicorn inside this process's event loop, started and stopped by us."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from litestar.types import ASGIApp

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.setup.claiming import is_taken, setup_link
from posthouse.security.certificates.showing import shown_certificate
from posthouse.servers.http.app import make_app
from posthouse.servers.http.challenges import challenges_app
from posthouse.servers.http.once import forget_old
from posthouse.servers.http.tail import Tail

log = logging.getLogger(__name__)

_GRACE_SECONDS = 5
_BACKLOG = 512
_TIDY_SECONDS = 3600.0


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """The page and the API until `stop`. Raises OSError when the address is taken."""
    await _serve_page("http", database, stop, ready, None)


async def serve_https(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """The same with TLS, and the certificate that our mail listeners show."""
    async with shown_certificate(database) as tls:
        await _serve_page("https", database, stop, ready, tls)


async def serve_challenges(
    database: Database, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """Port 80, for who gives certificates."""
    async with asyncio.TaskGroup() as group:
        app = challenges_app(database)
        await _serve_app("challenges", app, group, database, stop, ready)


async def _serve_page(
    name: str,
    database: Database,
    stop: asyncio.Event,
    ready: Callable[[], None],
    tls: ssl.SSLContext | None,
) -> None:
    if not await is_taken(database):
        log.warning("there is no workspace yet: set up the house at %s", setup_link(database))
    tail = Tail(database)
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(tail.run()), group.create_task(_tidy(database))]
        app = make_app(database, tail)
        await _serve_app(name, app, group, database, stop, ready, tls, tail.close)
        for task in beside:
            task.cancel()


async def _serve_app(
    name: str,
    app: ASGIApp,
    group: asyncio.TaskGroup,
    database: Database,
    stop: asyncio.Event,
    ready: Callable[[], None],
    tls: ssl.SSLContext | None = None,
    closing: Callable[[], None] = lambda: None,
) -> None:
    address = database.service(Settings).listener(name)
    if address is None:
        ready()
        await stop.wait()
        return
    listening = _listen(*address)
    server = _Server(app, ready, tls)
    serving = group.create_task(server.serve(sockets=[listening]))
    await stop.wait()
    closing()
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    def __init__(self, app: ASGIApp, ready: Callable[[], None], tls: ssl.SSLContext | None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
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
        self.config.load()
        self.config.ssl = tls  # it would make one of its own, from files
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
