"""A Resolver that remembers: bounded, true to the TTL, and equal questions are asked once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol, cast

from posthouse.protocols.dns.model import (
    Answer,
    IPAddress,
    MailExchanger,
    Record,
    RecordType,
    ServiceHost,
    Status,
    Tlsa,
)
from posthouse.protocols.dns.names import BadName, ascii_name, reverse_name

MAX_TTL = 86_400  # RFC 8767 6: cap at a day to a week
MAX_CACHED_BYTES = 8_192  # a larger TXT answer is asked again, so that entries stay small

_Question = tuple[str, RecordType]


class Upstream(Protocol):
    """Asks the network once. May raise only for programming errors; says TEMPORARY otherwise."""

    async def ask(self, name: str, kind: RecordType) -> Answer[Record]: ...

    async def close(self) -> None: ...


class CachingResolver:
    """Resolver over an Upstream. One per event loop.

    `timeout` bounds a question in seconds, all tries together. Negative answers are kept at most
    `negative_ttl` (RFC 2308 5 wants the SOA's minimum, which upstreams do not always pass on), and
    failures `failure_ttl` (RFC 2308 7.1), so that a dead zone does not stall every message.
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        max_entries: int = 10_000,
        timeout: float = 10.0,
        negative_ttl: int = 60,
        failure_ttl: int = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._upstream = upstream
        self._max_entries = max_entries
        self._timeout = timeout
        self._negative_ttl = negative_ttl
        self._failure_ttl = failure_ttl
        self._clock = clock
        self._kept: OrderedDict[_Question, tuple[float, Answer[Record]]] = OrderedDict()
        self._asking: dict[_Question, asyncio.Task[Answer[Record]]] = {}

    async def mx(self, name: str) -> Answer[MailExchanger]:
        return cast(Answer[MailExchanger], await self._resolve(name, RecordType.MX))

    async def a(self, name: str) -> Answer[IPv4Address]:
        return cast(Answer[IPv4Address], await self._resolve(name, RecordType.A))

    async def aaaa(self, name: str) -> Answer[IPv6Address]:
        return cast(Answer[IPv6Address], await self._resolve(name, RecordType.AAAA))

    async def txt(self, name: str) -> Answer[bytes]:
        return cast(Answer[bytes], await self._resolve(name, RecordType.TXT))

    async def ptr(self, address: IPAddress) -> Answer[str]:
        return cast(Answer[str], await self._resolve(reverse_name(address), RecordType.PTR))

    async def srv(self, name: str) -> Answer[ServiceHost]:
        return cast(Answer[ServiceHost], await self._resolve(name, RecordType.SRV))

    async def tlsa(self, name: str) -> Answer[Tlsa]:
        """Worth asking of an upstream that tells what is authentic."""
        return cast(Answer[Tlsa], await self._resolve(name, RecordType.TLSA))

    async def close(self) -> None:
        """Ends what is being asked; those who wait get a temporary failure."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await self._upstream.close()

    async def _resolve(self, name: str, kind: RecordType) -> Answer[Record]:
        try:
            question = (ascii_name(name), kind)
        except BadName as error:
            return Answer(status=Status.NXDOMAIN, detail=str(error))
        kept = self._kept.get(question)
        if kept is not None:
            expires, answer = kept
            if self._clock() < expires:
                self._kept.move_to_end(question)
                return answer
            del self._kept[question]
        task = self._asking.get(question)
        if task is None:
            task = asyncio.create_task(self._ask(question))
            self._asking[question] = task
        return await _wait_unless_closed(task)

    async def _ask(self, question: _Question) -> Answer[Record]:
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._upstream.ask(*question)
        except TimeoutError:
            answer = Answer(status=Status.TEMPORARY, detail="no answer in time")
        finally:
            del self._asking[question]
        self._keep(question, answer)
        return answer

    def _keep(self, question: _Question, answer: Answer[Record]) -> None:
        if answer.temporary:
            seconds = self._failure_ttl
        elif answer.void:
            seconds = min(answer.ttl or self._negative_ttl, self._negative_ttl)
        else:
            seconds = min(answer.ttl, MAX_TTL)
        if seconds <= 0 or _size(answer) > MAX_CACHED_BYTES:
            return
        self._kept[question] = (self._clock() + seconds, answer)
        if len(self._kept) > self._max_entries:
            self._kept.popitem(last=False)


async def _wait_unless_closed(task: asyncio.Task[Answer[Record]]) -> Answer[Record]:
    """Waits without owning: a waiter that is cancelled leaves the question to the others."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if task.cancelled():
            return Answer(status=Status.TEMPORARY, detail="the resolver was closed")
        raise


def _size(answer: Answer[Record]) -> int:
    return sum(_size_of(record) for record in answer.records)


def _size_of(record: Record) -> int:
    match record:
        case bytes() | str():
            return len(record)
        case Tlsa():
            return len(record.data)
        case _:
            return 64
