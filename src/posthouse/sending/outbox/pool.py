"""Connections kept for the next mail to the same target, and the results of each recipient."""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from posthouse.protocols.smtp.client import Finished, Returned
from posthouse.protocols.smtp.envelope import (
    Fate,
    OutgoingEnvelope,
    RecipientFate,
    Stage,
    fate_of,
)
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox.connection import (
    CannotOpen,
    Connection,
    Target,
    TlsPolicy,
    open_connection,
)
from posthouse.sending.outbox.tls_results import Reporting, TlsResults, result_of

_WITHOUT_TLS = "starttls-not-supported"
# Of what we say ourselves of a handshake, or of what it showed (`connection.py`).
_HANDSHAKE = "4.7.5"
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """How much one target is burdened, whatever its site bears (`pacing.py`). Seconds."""

    connections_per_target: int = 20
    messages_per_connection: int = 100
    idle_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """What became of one envelope. `transcript` is empty when everybody got it."""

    envelope: OutgoingEnvelope
    fates: tuple[RecipientFate, ...]
    host: str
    address: str
    tls_version: str = ""
    transcript: tuple[str, ...] = ()


@dataclass(slots=True)
class _Site:
    """One target's connections: the idle ones, and leave to open more."""

    leave: asyncio.Semaphore
    idle: list[Connection] = field(default_factory=list)
    visitors: int = 0


class ConnectionPool:
    """`deliver()` may be called by many tasks; `close()` at the end."""

    def __init__(
        self,
        limits: PoolLimits | None = None,
        *,
        verifying: ssl.SSLContext | None = None,
        results: TlsResults | None = None,
    ) -> None:
        """`verifying` replaces the system's authorities for targets that must be verified.

        How TLS went is counted in `results`, for domains that ask for reports.
        """
        self._results = results
        self._limits = limits or PoolLimits()
        self._verifying = verifying
        self._sites: dict[Target, _Site] = {}
        self._expiries: dict[Connection, asyncio.TimerHandle] = {}

    async def deliver(
        self, target: Target, envelopes: Sequence[OutgoingEnvelope]
    ) -> list[DeliveryResult]:
        """Send the envelopes over one connection after the other; results in their order.

        Never raises for what a server or network does: that is in the results.
        """
        site = self._sites.setdefault(
            target, _Site(asyncio.Semaphore(self._limits.connections_per_target))
        )
        site.visitors += 1
        try:
            async with site.leave:
                return await self._deliver(target, site, list(envelopes))
        finally:
            site.visitors -= 1
            self._forget_if_empty(target, site)

    def close(self) -> None:
        """Say QUIT on every idle connection."""
        for connection in list(self._expiries):
            self._expire(connection)

    async def _deliver(
        self, target: Target, site: _Site, envelopes: list[OutgoingEnvelope]
    ) -> list[DeliveryResult]:
        results: dict[int, DeliveryResult] = {}
        left = list(range(len(envelopes)))
        while left:
            connection = self._take_idle(site)
            fresh = connection is None
            if connection is None:
                try:
                    connection = await self._open(target)
                except CannotOpen as error:
                    results |= {i: _failed(target, envelopes[i], error) for i in left}
                    break
            room = max(self._limits.messages_per_connection - connection.messages, 1)
            now, left = left[:room], left[room:]
            outcomes = await connection.deliver([envelopes[i] for i in now])
            returned: list[int] = []
            for index, outcome in zip(now, outcomes, strict=True):
                if isinstance(outcome, Returned):
                    returned.append(index)
                else:
                    results[index] = _result(connection, envelopes[index], outcome)
            # An old connection may have died unnoticed; one that was just opened may not.
            if fresh and len(returned) == len(now):
                results |= _all_returned(connection, envelopes, now, outcomes)
                returned = []
            left = returned + left
            self._put_back(site, connection)
        return [results[index] for index in range(len(envelopes))]

    async def _open(self, target: Target) -> Connection:
        reporting, results = target.reporting, self._results
        if reporting is None or results is None:
            return await self._open_once(target)
        if reporting.testing:
            # RFC 8461 5: as if the policy were in force, then as if it were not there.
            with contextlib.suppress(CannotOpen):
                strict = replace(target, tls=TlsPolicy.VERIFIED)
                return await self._watched(strict, reporting, results)
            return await self._open_once(target)
        return await self._watched(target, reporting, results)

    async def _watched(
        self, target: Target, reporting: Reporting, results: TlsResults
    ) -> Connection:
        """Open it and count how TLS went. What fails before TLS says nothing about TLS."""
        place = (target.host, target.address)
        try:
            connection = await open_connection(target, self._verifying)
        except CannotOpen as error:
            if error.stage is Stage.TLS:
                began = error.reply.enhanced == _HANDSHAKE
                what = result_of(error.__cause__) if began else _WITHOUT_TLS
                reason = error.reply.text[:_LONGEST_REASON]
                results.failed(reporting, what, *place, reason=reason)
            if error.stage is not Stage.TLS or not _may_be_plain(target):
                raise
            return await open_connection(target, self._verifying, plain=True)
        if connection.tls_version:
            results.succeeded(reporting, *place)
        else:
            results.failed(reporting, _WITHOUT_TLS, *place, source=connection.source)
        return connection

    async def _open_once(self, target: Target) -> Connection:
        try:
            return await open_connection(target, self._verifying)
        except CannotOpen as error:
            # RFC 7435 4: broken TLS is no worse than none, unless TLS was asked for.
            if error.stage is not Stage.TLS or not _may_be_plain(target):
                raise
        return await open_connection(target, self._verifying, plain=True)

    def _take_idle(self, site: _Site) -> Connection | None:
        while site.idle:
            connection = site.idle.pop()
            self._expiries.pop(connection).cancel()
            if connection.usable:
                return connection
            connection.close()
        return None

    def _put_back(self, site: _Site, connection: Connection) -> None:
        spent = connection.messages >= self._limits.messages_per_connection
        if spent or not connection.usable:
            connection.close()
            return
        site.idle.append(connection)
        loop = asyncio.get_running_loop()
        seconds = self._limits.idle_seconds
        self._expiries[connection] = loop.call_later(seconds, self._expire, connection)

    def _expire(self, connection: Connection) -> None:
        self._expiries.pop(connection).cancel()
        connection.close()
        for target, site in list(self._sites.items()):
            if connection in site.idle:
                site.idle.remove(connection)
                self._forget_if_empty(target, site)

    def _forget_if_empty(self, target: Target, site: _Site) -> None:
        if not site.visitors and not site.idle:
            self._sites.pop(target, None)


def _may_be_plain(target: Target) -> bool:
    return (
        target.tls is TlsPolicy.OPPORTUNISTIC
        and not target.implicit_tls
        and target.credentials is None
    )


def _result(
    connection: Connection, envelope: OutgoingEnvelope, outcome: Finished
) -> DeliveryResult:
    fine = all(fate.fate is Fate.DELIVERED for fate in outcome.fates)
    return DeliveryResult(
        envelope=envelope,
        fates=outcome.fates,
        host=connection.target.host,
        address=connection.target.address,
        tls_version=connection.tls_version,
        transcript=() if fine else connection.transcript,
    )


def _failed(target: Target, envelope: OutgoingEnvelope, error: CannotOpen) -> DeliveryResult:
    return DeliveryResult(
        envelope=envelope,
        fates=_same_for_all(envelope, error.stage, error.reply),
        host=target.host,
        address=target.address,
        transcript=error.transcript,
    )


def _all_returned(
    connection: Connection,
    envelopes: Sequence[OutgoingEnvelope],
    indexes: Sequence[int],
    outcomes: Sequence[Finished | Returned],
) -> dict[int, DeliveryResult]:
    return {
        index: DeliveryResult(
            envelope=envelopes[index],
            fates=_same_for_all(envelopes[index], Stage.MAIL, outcome.reply),
            host=connection.target.host,
            address=connection.target.address,
            tls_version=connection.tls_version,
            transcript=connection.transcript,
        )
        for index, outcome in zip(indexes, outcomes, strict=True)
        if isinstance(outcome, Returned)
    }


def _same_for_all(
    envelope: OutgoingEnvelope, stage: Stage, reply: Reply
) -> tuple[RecipientFate, ...]:
    fate = fate_of(reply)
    return tuple(
        RecipientFate(address=address, fate=fate, stage=stage, reply=reply)
        for address in envelope.recipients
    )
