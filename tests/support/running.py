"""`posthouse serve` as a real program for whole-system tests: started, asked, killed, stopped."""

import asyncio
import contextlib
import imaplib
import json
import os
import poplib
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from posthouse.commands.house import state_file
from posthouse.foundation.postgres import EmbeddedPostgres
from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings
from posthouse.security.members import Scope
from tests.support.api import Api
from tests.support.dns_server import DnsServer
from tests.support.ports import free_ports
from tests.support.postgres import data_folder
from tests.support.settling import until_settled_from_outside
from tests.support.templates import copy_of

PASSWORD = "four horses at the gate"
ANNA = "anna@acme.example"
BEN = "ben@acme.example"
_READY = "posthouse ready"
_LONGEST_START = 60.0
_SLOWEST_ANSWER = 30.0
_LOOK = 0.02


@dataclass(frozen=True, slots=True)
class Running:
    """A process of the house; `name` is mail, work, web …, supervisor, keeper or postgres.

    `number` tells several of one name apart, through all their lives.
    """

    name: str
    pid: int
    number: int = 0


class RunningPosthouse:
    """One data folder and the program that serves it, on ports of its own."""

    def __init__(
        self, data: Path, environment: Mapping[str, str] | None = None, logs: Path | None = None
    ) -> None:
        self.data = data
        self.output = (logs or data) / "serve.out"
        self.errors = (logs or data) / "serve.err"
        self.ports = dict(zip(DEFAULT_LISTENERS, free_ports(len(DEFAULT_LISTENERS)), strict=True))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("POSTHOUSE_")}
        self.environment = {
            **inherited,
            "POSTHOUSE_DATA": str(data),
            **{f"POSTHOUSE_{n.upper()}": f"127.0.0.1:{p}" for n, p in self.ports.items()},
            **(environment or {}),
        }
        self._server: subprocess.Popen[bytes] | None = None

    # -- life

    def start(self, *options: str) -> None:
        """Start `serve`, and come back when it says that it is ready."""
        self.launch(*options)
        self.wait_until_ready()

    def launch(self, *options: str) -> None:
        """Start `serve` without waiting for it."""
        self.output.write_bytes(b"")
        with self.output.open("wb") as output, self.errors.open("ab") as errors:
            self._server = subprocess.Popen(
                posthouse("serve", *options), env=self.environment, stdout=output, stderr=errors
            )

    def wait_until_ready(self) -> None:
        """Raises RuntimeError, with what it said, when `serve` ends instead."""
        assert self._server is not None
        end = time.monotonic() + _LONGEST_START
        while _READY not in self.output.read_text():
            if self._server.poll() is not None:
                raise RuntimeError(f"serve ended with {self._server.returncode}:\n{self.log()}")
            if time.monotonic() > end:
                raise TimeoutError(f"serve is not ready:\n{self._state()}")
            time.sleep(_LOOK)

    def stop(self, patience: float = 20.0) -> float:
        """SIGTERM; how many seconds it took to end. Raises TimeoutExpired."""
        assert self._server is not None
        began = time.monotonic()
        self._server.send_signal(signal.SIGTERM)
        self._server.wait(patience)
        return time.monotonic() - began

    @property
    def runs(self) -> bool:
        """Whether `serve` lives."""
        return self._server is not None and self._server.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How `serve` ended; None while it runs."""
        return None if self._server is None else self._server.poll()

    def wait(self, patience: float) -> int:
        """Until `serve` has ended by itself; its exit code."""
        assert self._server is not None
        return self._server.wait(patience)

    def end(self) -> None:
        """Leave nothing behind, however the test went."""
        if self._server is not None and self._server.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                for process in self.processes():
                    kill(process.pid)
                self._server.wait(10)
        wait_for(lambda: not self.processes(), 30, "processes are left")

    # -- what runs

    def processes(self) -> list[Running]:
        """All processes that live, straight from the files that `posthouse ps` reads."""
        found: list[Running] = []
        if self._server is not None and self._server.poll() is None:
            found.append(Running("supervisor", self._server.pid))
        with contextlib.suppress(OSError, ValueError):
            state = json.loads(state_file(Settings(data=self.data)).read_text())
            found += [
                Running(process["name"], process["pid"], process["number"])
                for process in state["processes"]
                if alive(process["pid"])
            ]
        postmaster = EmbeddedPostgres(self.data).process_id()
        if postmaster is not None:
            found.append(Running("postgres", postmaster))
            if (keeper := _parent(postmaster)) > 1 and _runs(keeper, "keeper.py"):
                found.append(Running("keeper", keeper))
        return found

    def pid_of(self, name: str) -> int:
        """The (first) process called `name`. Raises LookupError while there is none."""
        return self.pids_of(name)[0]

    def pids_of(self, name: str) -> list[int]:
        """All processes called `name`. Raises LookupError while there is none."""
        found = [process.pid for process in self.processes() if process.name == name]
        if not found:
            raise LookupError(name)
        return found

    # -- asking it

    def run(
        self, *arguments: str | Path, typed: str = "", timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """One command of the operator, `typed` on its standard input."""
        return subprocess.run(
            posthouse(*map(str, arguments)),
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def must(self, *arguments: str | Path, typed: str = "", timeout: float = 60) -> str:
        """Standard output of a command that has to succeed."""
        done = self.run(*arguments, typed=typed, timeout=timeout)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def settle(self, *members: str) -> None:
        """Make the workspace Acme with Anna as its administrator, and more members."""
        self.must(
            *("init", "--workspace", "Acme", "--domain", "acme.example", "--admin", ANNA),
            "--password-stdin",
            typed=PASSWORD,
        )
        for address in members:
            self.must("member", "add", address, "--password-stdin", typed=PASSWORD)

    def wait_for_listeners(self, seconds: float = 60) -> None:
        """Until every listener has caught up. Raises TimeoutError, also when an event is dead."""
        waiting = until_settled_from_outside(EmbeddedPostgres(self.data).owner_dsn, seconds)
        try:
            with ThreadPoolExecutor(1) as beside:  # a browser has the event loop of this thread
                beside.submit(asyncio.run, waiting).result()
        except TimeoutError:
            raise TimeoutError(f"it does not settle: {self.run('doctor').stdout}") from None

    def smtp(self, listener: str = "smtp", timeout: float = _SLOWEST_ANSWER) -> smtplib.SMTP:
        """A client of a clear-text SMTP listener."""
        return smtplib.SMTP("127.0.0.1", self.ports[listener], timeout=timeout)

    def imap(
        self, address: str = ANNA, password: str = PASSWORD, timeout: float = _SLOWEST_ANSWER
    ) -> imaplib.IMAP4:
        """A signed-in IMAP client."""
        client = imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=timeout)
        try:
            client.login(address, password)
        except BaseException:
            client.shutdown()
            raise
        return client

    def pop3(
        self, address: str = ANNA, password: str = PASSWORD, timeout: float = _SLOWEST_ANSWER
    ) -> poplib.POP3:
        """A signed-in POP3 client."""
        client = poplib.POP3("127.0.0.1", self.ports["pop3"], timeout=timeout)
        try:
            client.user(address)
            client.pass_(password)
        except BaseException:
            client.close()
            raise
        return client

    def api(self, key: str | None = None, address: str = ANNA) -> Api:
        """A client of the API with a key of its own, of every scope; `key=""`: with none."""
        if key is None:
            scopes = [option for scope in Scope for option in ("--scope", scope)]
            key = self.must("key", "add", "--member", address, *scopes).strip()
        return Api(f"http://127.0.0.1:{self.ports['http']}/api/v1", key)

    def connect(self, listener: str, timeout: float = _SLOWEST_ANSWER) -> socket.socket:
        """A bare connection to a listener."""
        return socket.create_connection(("127.0.0.1", self.ports[listener]), timeout)

    def _state(self) -> str:
        """What runs, and the last lines of every log."""
        logs = [self.errors, *sorted((self.data / "log" / "postgres").glob("*.log"))]
        tails = ["\n".join(log.read_text(errors="replace").splitlines()[-30:]) for log in logs]
        return "\n\n".join([str(self.processes()), *tails])

    def log(self) -> str:
        """What `serve` wrote to standard error, over all its starts."""
        return self.errors.read_text(errors="replace")


def posthouse(*arguments: str) -> list[str]:
    """The command line of the program under test."""
    return [sys.executable, "-m", "posthouse", *arguments]


def wait_for(what, seconds: float, complaint: str) -> None:
    """Until `what()` is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError(complaint)
        time.sleep(_LOOK)


def alive(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int) -> bool:
    """kill -9; False when it was gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def peak_memory(pid: int) -> int:
    """The most bytes a process has ever held in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise LookupError(pid)


def all_messages(
    client: imaplib.IMAP4, folder: str = "INBOX", step: int = 250
) -> Iterator[tuple[int, bytes]]:
    """UID and bytes of every message of a folder, in order."""
    client.select(folder, readonly=True)
    uids = [int(uid) for uid in client.uid("SEARCH", "ALL")[1][0].split()]
    for start in range(0, len(uids), step):
        wanted = ",".join(map(str, uids[start : start + step]))
        for item in client.uid("FETCH", wanted, "(UID BODY.PEEK[])")[1]:
            if isinstance(item, tuple):
                words = item[0].split()
                yield int(words[words.index(b"(UID") + 1]), item[1]


def trace_of(filed: bytes, sent: bytes) -> list[bytes]:
    """The names of the fields that we put on top of what was sent. Fails when more was changed."""
    assert filed.endswith(sent), f"changed on the way: {filed[-200:]!r} from {sent[-200:]!r}"
    top = filed[: len(filed) - len(sent)]
    lines = [line for line in top.split(b"\r\n") if line and line[:1] not in b" \t"]
    return [line.partition(b":")[0].lower() for line in lines]


@contextlib.contextmanager
def new_house(
    *,
    members: Sequence[str] = (BEN,),
    folder: Path | None = None,
    logs: Path | None = None,
    **settings: str,
) -> Iterator[RunningPosthouse]:
    """A fresh house with its people, not started. Its database is as durable as anybody's.

    Its resolver is a DNS server that knows no name. `settings`: more of POSTHOUSE_*.
    """
    folder = folder or data_folder()
    folder.mkdir(mode=0o711, exist_ok=True)
    with DnsServer({}) as dns:
        environment = {f"POSTHOUSE_{name.upper()}": value for name, value in settings.items()}
        environment = {"POSTHOUSE_RESOLVER": dns.address, **environment}
        house = RunningPosthouse(folder, environment, logs)
        try:
            copy_of(
                ("a house with", *members),
                lambda template: RunningPosthouse(template, environment).settle(*members),
                folder,
            )
            yield house
        finally:
            house.end()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh_house() -> Iterator[RunningPosthouse]:
    """A running house of one test."""
    with new_house() as house:
        house.start()
        yield house


@pytest.fixture(scope="module")
def shared_house() -> Iterator[RunningPosthouse]:
    """A running house for all tests of one file."""
    with new_house() as house:
        house.start()
        yield house


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _runs(pid: int, word: str) -> bool:
    try:
        return word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
