"""The processes of a running Posthouse: started together, watched, started again, stopped.

The parent holds the embedded database and the sockets of the mail processes, and serves nobody.
Children end with it: each watches a pipe that closes when the parent is gone, however it went.
"""

import asyncio
import contextlib
import fcntl
import functools
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from posthouse.commands.house import (
    close_house,
    open_house,
    prepare_folder,
    running_database,
    state_file,
)
from posthouse.foundation.errors import Busy, Invalid
from posthouse.foundation.metrics import FOLDER_VARIABLE, forget_process, fresh_folder
from posthouse.foundation.postgres import EmbeddedPostgres
from posthouse.foundation.settings import Settings
from posthouse.foundation.sharing import Shares, Sharing
from posthouse.roles import MAIL, WORK, Role, chosen_roles, running_in

_STOP_SECONDS = 7.0
_STEADY_SECONDS = 3.0
_LONGEST_PAUSE = 5.0
_READY = b"ready\n"
# Who waits for an answer goes before what follows behind; it still gets a tenth of a busy core.
_BACKGROUND_NICE = 10

log = logging.getLogger(__name__)


def _metrics_folder(settings: Settings) -> Path:
    return settings.data / "run" / "metrics"


@dataclass(slots=True)
class Child:
    """One process and how it is doing. `number` tells several of one name apart."""

    name: str
    roles: list[str]
    number: int = 0
    pid: int | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """What all children run in. `lifeline` closes by itself when the supervisor ends."""

    settings: Settings
    dsn: str
    lifeline: int
    stop: asyncio.Event
    children: list[Child]
    sharing: Sharing


async def supervise(
    settings: Settings,
    names: list[str],
    stop: asyncio.Event,
    when_ready: Callable[[], None],
) -> None:
    """Run the chosen roles until `stop` is set or a signal comes.

    Raises Invalid for an unknown role, Busy when this data folder is served already.
    """
    prepare_folder(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    roles = chosen_roles(names, settings)
    if not roles:
        raise Invalid("Every role is switched off.")
    with _only_one(settings):
        async with running_database(settings) as dsn:
            await _run_children(settings, dsn, roles, stop, when_ready)


async def _run_children(
    settings: Settings,
    dsn: str,
    roles: dict[str, Role],
    stop: asyncio.Event,
    when_ready: Callable[[], None],
) -> None:
    sharing = Sharing(_mail_addresses(settings, roles), settings.mail_processes)
    fresh_folder(_metrics_folder(settings))
    lifeline, held = os.pipe()
    house = _House(
        settings=settings,
        dsn=dsn,
        lifeline=lifeline,
        stop=stop,
        children=_children(settings, roles),
        sharing=sharing,
    )
    watching = [asyncio.create_task(_keep_running(house, child)) for child in house.children]
    watching.append(asyncio.create_task(_keep_database(settings, stop)))
    watching.append(asyncio.create_task(_close_doors(house)))
    ready = asyncio.create_task(_all_ready(house.children, when_ready))
    try:
        await asyncio.wait(watching, return_when=asyncio.FIRST_EXCEPTION)
        stop.set()
        await asyncio.gather(*watching)
    finally:
        ready.cancel()
        os.close(lifeline)
        os.close(held)
        state_file(settings).unlink(missing_ok=True)


def _mail_addresses(settings: Settings, roles: dict[str, Role]) -> dict[str, tuple[str, int]]:
    addresses = {
        role.listener: settings.listener(role.listener)
        for role in roles.values()
        if role.process == MAIL and role.listener is not None
    }
    return {name: address for name, address in addresses.items() if address is not None}


def _children(settings: Settings, roles: dict[str, Role]) -> list[Child]:
    children = []
    for process in dict.fromkeys(role.process for role in roles.values()):
        names = [name for name, role in roles.items() if role.process == process]
        count = settings.mail_processes if process == MAIL else 1
        children += [Child(process, names, number) for number in range(count)]
    return children


async def _close_doors(house: _House) -> None:
    """Who comes while we stop is refused, and does not wait for nobody."""
    await house.stop.wait()
    house.sharing.close()


async def _all_ready(children: list[Child], when_ready: Callable[[], None]) -> None:
    for child in children:
        await child.ready.wait()
    when_ready()
    sys.stdout.flush()


async def _keep_database(settings: Settings, stop: asyncio.Event) -> None:
    """See to it that the embedded server is kept alive, each second."""
    if settings.database_url is not None:
        return
    embedded = EmbeddedPostgres(settings.data)
    await embedded.start()
    while not stop.is_set():
        try:
            await embedded.ensure_running()
        except Exception as error:
            log.warning("the database is not kept: %s", error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1)
    await embedded.stop_if_last()


async def _keep_running(house: _House, child: Child) -> None:
    """Start a child, and again when it ends, with growing pauses if it does not last."""
    pause = 0.05
    while not house.stop.is_set():
        started = time.monotonic()
        code = await _run_once(house, child)
        if house.stop.is_set():
            return
        if code == 1 and not child.ready.is_set():
            raise Invalid(f"The process “{child.name}” could not start; see above.")
        log.warning("process %s ended with %s; starting it again", child.name, code)
        if time.monotonic() - started > _STEADY_SECONDS:
            pause = 0.05
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(house.stop.wait(), pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _run_once(house: _House, child: Child) -> int:
    reading, writing = os.pipe()
    process = await _start(house, child, writing)
    os.close(writing)
    child.pid = process.pid
    _write_state(house.settings, house.children)
    hearing = asyncio.create_task(_hear_ready(reading, child))
    stopping = asyncio.create_task(house.stop.wait())
    ending = asyncio.create_task(process.wait())
    try:
        await asyncio.wait([stopping, ending], return_when=asyncio.FIRST_COMPLETED)
        if not ending.done():
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(ending), _STOP_SECONDS)
        if not ending.done():
            log.warning("process %s did not stop in time", child.name)
            process.kill()
        return await ending
    finally:
        stopping.cancel()
        hearing.cancel()
        child.pid = None
        forget_process(_metrics_folder(house.settings), process.pid)
        if child.name == MAIL:
            house.sharing.forget(child.number)


async def _start(house: _House, child: Child, ready: int) -> asyncio.subprocess.Process:
    settings, shared = house.settings, child.name == MAIL
    return await asyncio.create_subprocess_exec(
        *_command(settings, child),
        pass_fds=(house.lifeline, ready, *(house.sharing.descriptors if shared else ())),
        env={
            **os.environ,
            "POSTHOUSE_DATABASE_URL": house.dsn,
            "POSTHOUSE_LIFELINE": str(house.lifeline),
            "POSTHOUSE_READY": str(ready),
            FOLDER_VARIABLE: str(_metrics_folder(settings)),
            **settings_environment(settings),
            **(house.sharing.environment(child.number) if shared else {}),
        },
        start_new_session=True,
    )


def _command(settings: Settings, child: Child) -> list[str]:
    command = [sys.executable, "-m", "posthouse", "serve", "--data", str(settings.data)]
    return [*command, "--process", child.name, "--roles", ",".join(child.roles)]


def settings_environment(settings: Settings) -> dict[str, str]:
    """Settings as a child reads them: it knows nothing of options and `--config`."""
    named = {one.name: getattr(settings, one.name) for one in fields(settings)}
    values = {**named, **settings.listeners, "listeners": None, "database_url": None}
    return {f"POSTHOUSE_{n.upper()}": str(v) for n, v in values.items() if v is not None}


async def _hear_ready(reading: int, child: Child) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb")
    )
    try:
        if await reader.readline() == _READY:
            child.ready.set()
    finally:
        transport.close()


def _write_state(settings: Settings, children: list[Child]) -> None:
    file = state_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    state: dict[str, Any] = {
        "supervisor": os.getpid(),
        "processes": [
            {"name": each.name, "number": each.number, "roles": each.roles, "pid": each.pid}
            for each in children
            if each.pid
        ],
    }
    part = file.with_suffix(".part")
    part.write_text(json.dumps(state))
    part.replace(file)


@contextlib.contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """One `serve` per data folder. Raises Busy."""
    file = settings.data / "run" / "serve.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"Posthouse already serves {settings.data}.") from None
        yield


async def run_process(settings: Settings, name: str, roles: list[str]) -> None:
    """The life of a child: open the house, run its roles, stop with the parent."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    lifeline = int(os.environ["POSTHOUSE_LIFELINE"])

    def orphaned() -> None:
        loop.remove_reader(lifeline)  # a closed pipe stays readable for ever
        stop.set()

    loop.add_reader(lifeline, orphaned)
    assert settings.database_url is not None
    running = running_in(name)
    if name == WORK:
        os.nice(_BACKGROUND_NICE)
    if name == MAIL:
        from posthouse.security.members.passwords import share_lanes  # the supervisor needs none

        share_lanes(settings.mail_processes)
    database = await open_house(settings, settings.database_url)
    database.provide(Shares())
    carrying = asyncio.create_task(database.signals.run(database.connect))
    leaving = asyncio.create_task(_leave_in_time(name, stop))
    chosen = chosen_roles(roles, settings)
    waiting = set(chosen)

    def ready(role: str) -> None:
        waiting.discard(role)
        if not waiting:
            with contextlib.suppress(BrokenPipeError):  # the parent was killed meanwhile
                os.write(int(os.environ["POSTHOUSE_READY"]), _READY)

    try:
        async with asyncio.TaskGroup() as group:
            for role in chosen:
                work = running[role].serve(database, stop, functools.partial(ready, role))
                group.create_task(_run_role(role, work))
    finally:
        carrying.cancel()
        await close_house(database)
        leaving.cancel()
        log.info("process %s stopped", name)


async def _leave_in_time(name: str, stop: asyncio.Event) -> None:
    """Nobody else ends us when the parent is gone, and the next one wants our ports."""
    await stop.wait()
    await asyncio.sleep(_STOP_SECONDS)
    log.warning("process %s does not stop by itself", name)
    os._exit(1)


async def _run_role(name: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except OSError as error:
        raise Invalid(f"{name} cannot listen: {error.strerror or error}.") from error
