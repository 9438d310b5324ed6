"""What several processes of one kind share: listening sockets, connections and deeds as counted.

The supervisor opens both and keeps them while a process is started again: who comes meanwhile
waits, or is taken by another process, and is not refused.
"""

import json
import mmap
import os
import socket
import tempfile
from collections.abc import Mapping

from posthouse.foundation.census import Census, census_size, forget_process
from posthouse.foundation.entrance import Share, open_sockets
from posthouse.foundation.errors import Invalid
from posthouse.foundation.tally import Tally, tally_size

_VARIABLE = "POSTHOUSE_SHARED"
# What is counted besides connections, and over how many seconds.
TALLIES = {
    "source connections": 60,
    "source messages": 60,
    "source recipients": 60,
    "member messages": 3600,
    "member recipients": 3600,
}


class Sharing:
    """The supervisor's side."""

    def __init__(self, addresses: Mapping[str, tuple[str, int]], processes: int) -> None:
        """Listen at `addresses`, for so many processes. Raises Invalid when one cannot be had."""
        self._listeners = len(addresses)
        self._key = os.urandom(16).hex()
        self._sockets: dict[str, list[socket.socket]] = {}
        self._counted = census_size(self._listeners, processes)
        size = max(1, self._counted + tally_size(len(TALLIES), processes))
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the processes)
        self._file.truncate(size)
        self._board = memoryview(mmap.mmap(self._file.fileno(), size))
        for name, (host, port) in addresses.items():
            try:
                self._sockets[name] = open_sockets(host, port)
            except OSError as error:
                self.close()
                raise Invalid(f"{name} cannot listen: {error.strerror or error}.") from error

    @property
    def descriptors(self) -> list[int]:
        """What a process inherits."""
        sockets = [each.fileno() for found in self._sockets.values() for each in found]
        return [self._file.fileno(), *sockets]

    def environment(self, number: int) -> dict[str, str]:
        """How process `number` finds it."""
        sockets = {name: [each.fileno() for each in s] for name, s in self._sockets.items()}
        shared = {"number": number, "key": self._key, "sockets": sockets, "counted": self._counted}
        return {_VARIABLE: json.dumps({**shared, "board": self._file.fileno()})}

    def forget(self, number: int) -> None:
        """Process `number` ended, and its connections with it."""
        forget_process(self._board[: self._counted], number, self._listeners)

    def close(self) -> None:
        """Listen no more; processes that hold the sockets still may."""
        for found in self._sockets.values():
            for each in found:
                each.close()


class Shares:
    """The side of a process: its part of every listener."""

    def __init__(self) -> None:
        """Take over what the environment names; empty in a process that shares nothing."""
        shared = json.loads(os.environ.pop(_VARIABLE, "null"))
        self._shares: dict[str, Share] = {}
        self.tallies: dict[str, Tally] = {}
        if shared is None:
            self.tallies = {name: Tally.alone(seconds) for name, seconds in TALLIES.items()}
            return
        with os.fdopen(shared["board"], "r+b") as file:
            board = memoryview(mmap.mmap(file.fileno(), 0))
        key, names = bytes.fromhex(shared["key"]), list(shared["sockets"])
        counted, told = board[: shared["counted"]], board[shared["counted"] :]
        self.tallies = {
            name: Tally(
                told, key, seconds=seconds, tally=i, tallies=len(TALLIES), number=shared["number"]
            )
            for i, (name, seconds) in enumerate(TALLIES.items())
        }
        for index, name in enumerate(names):
            sockets = [socket.socket(fileno=each) for each in shared["sockets"][name]]
            for each in sockets:
                each.set_inheritable(False)
            census = Census(
                counted, key, listener=index, listeners=len(names), number=shared["number"]
            )
            self._shares[name] = Share(sockets, census)

    def of(self, name: str) -> Share | None:
        """This process's share of a listener."""
        return self._shares.get(name)
