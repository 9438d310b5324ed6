"""Accepting in turn from one socket, as two processes do; here both are in one loop."""

import asyncio
import os
import socket
from collections.abc import Iterator

import pytest

from posthouse.foundation.census import Census, census_size
from posthouse.foundation.entrance import Entrance, Share, open_sockets

HERE = "127.0.0.1"


class Guest(asyncio.Protocol):
    """Counts as a connection until it is lost."""

    def __init__(self, census: Census) -> None:
        self.census = census

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.census.admit(HERE)

    def connection_lost(self, exc: Exception | None) -> None:
        self.census.leave(HERE)


class Pair:
    """Two that share a listening socket."""

    def __init__(self) -> None:
        board, key = memoryview(bytearray(census_size(1, 2))), os.urandom(16)
        self.sockets = open_sockets(HERE, 0)
        self.port = self.sockets[0].getsockname()[1]
        self.census = [
            Census(board, key, listener=0, listeners=1, number=number) for number in range(2)
        ]
        self.guests: list[socket.socket] = []

    def entrance(self, number: int) -> Entrance:
        """Of one of the two, with its own descriptor as in a process of its own."""
        census = self.census[number]
        return Entrance(Share([each.dup() for each in self.sockets], census), lambda: Guest(census))

    def come(self, count: int) -> None:
        """So many connections; they wait in the backlog until somebody accepts."""
        for _ in range(count):
            self.guests.append(socket.create_connection((HERE, self.port), 5))

    @property
    def held(self) -> list[int]:
        """How many each has."""
        return [census.held for census in self.census]


@pytest.fixture
def pair() -> Iterator[Pair]:
    found = Pair()
    yield found
    for each in (*found.guests, *found.sockets):
        each.close()


async def until(pair: Pair, count: int) -> None:
    for _ in range(1000):
        if sum(pair.held) == count:
            return
        await asyncio.sleep(0.005)
    raise TimeoutError(pair.held)


@pytest.mark.parametrize("count", [8, 16, 100])
async def test_a_burst_is_shared(pair: Pair, count: int):
    entrances = [pair.entrance(0), pair.entrance(1)]
    for entrance in entrances:
        entrance.open()
    pair.come(count)
    await until(pair, count)
    assert pair.held == [count // 2, count // 2]
    for entrance in entrances:
        entrance.close()


async def test_who_joins_later_gets_what_comes_then(pair: Pair):
    first, second = pair.entrance(0), pair.entrance(1)
    first.open()
    pair.come(4)
    await until(pair, 4)
    second.open()
    pair.come(4)
    await until(pair, 8)
    assert pair.held == [4, 4]
    first.close()
    second.close()


async def test_one_that_does_not_come_is_waited_for_once(pair: Pair):
    pair.census[1].open()  # it hangs: nobody accepts for it
    entrance = pair.entrance(0)
    entrance.open()
    pair.come(50)
    began = asyncio.get_running_loop().time()
    await until(pair, 50)
    assert asyncio.get_running_loop().time() - began < 1.0, "it was waited for again and again"
    assert pair.held == [50, 0]
    entrance.close()


async def test_what_leaves_makes_room(pair: Pair):
    entrances = [pair.entrance(0), pair.entrance(1)]
    for entrance in entrances:
        entrance.open()
    pair.come(4)
    await until(pair, 4)
    for guest in pair.guests:
        guest.close()
    await until(pair, 0)
    assert pair.held == [0, 0]
    for entrance in entrances:
        entrance.close()


async def test_nobody_is_taken_after_the_end(pair: Pair):
    entrance = pair.entrance(0)
    entrance.open()
    entrance.close()
    await asyncio.sleep(0)
    pair.come(1)  # the socket is still open elsewhere
    await asyncio.sleep(0.05)
    assert pair.held == [0, 0]
