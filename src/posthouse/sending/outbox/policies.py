"""MTA-STS policies of domains: looked for, fetched, kept as long as they hold (RFC 8461 3, 5)."""

import asyncio
import logging
import ssl
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpcore

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.guarded import (
    FAILURES,
    Guarded,
    MayReach,
    content_of,
    header_of,
    is_public,
)
from posthouse.foundation.sql import load_queries
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.tls_policy import BadPolicy, Policy, parse_policy, record_id
from posthouse.protocols.tls_policy.mta_sts import LARGEST_POLICY

SQL = load_queries("posthouse.sending.outbox", "policies.sql")
_SECONDS = 20.0
_TIMEOUT = {"connect": 10.0, "read": 10.0, "write": 10.0, "pool": 10.0}
_LOOK_AGAIN = timedelta(minutes=5)  # RFC 8461 3.3: not more often after a failure
_REFRESH = timedelta(days=1)  # RFC 8461 10.2: long before it expires
_REMEMBER = timedelta(hours=1)
_MOST_REMEMBERED = 10_000

log = logging.getLogger(__name__)


class NoPolicy(Exception):
    """It could not be fetched as the RFC wants it."""


@dataclass(slots=True)
class _Known:
    """What is known of a domain. Without a policy it was looked for in vain."""

    read_at: datetime
    policy_id: str = ""
    policy: Policy | None = None
    fetched_at: datetime | None = None
    expires_at: datetime | None = None
    not_before: datetime | None = None
    trouble: str = ""

    def holds(self, now: datetime) -> bool:
        return self.expires_at is not None and now < self.expires_at


class Policies:
    """Of one process. `verifying` replaces the system's authorities, `port` 443, in tests."""

    def __init__(
        self,
        database: Database,
        resolver: CachingResolver,
        *,
        verifying: ssl.SSLContext | None = None,
        port: int = 443,
        may_reach: MayReach = is_public,
    ) -> None:
        self._database = database
        self.resolver = resolver
        self._verifying = verifying
        self._port = port
        self._may_reach = may_reach
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Policy | None]] = {}

    async def policy_of(self, domain: str) -> Policy | None:
        """The policy that holds now. A record that vanished does not end it (RFC 8461 5.1)."""
        task = self._asking.get(domain)
        if task is None:
            task = self._asking[domain] = asyncio.create_task(self._look(domain))
            task.add_done_callback(lambda _: self._asking.pop(domain))
        return await asyncio.shield(task)

    def trouble_of(self, domain: str) -> str:
        """Why there is no policy though one is announced: a result type of RFC 8460 4.2.2.2."""
        known = self._known.get(domain)
        return "" if known is None or known.policy is not None else known.trouble

    async def _look(self, domain: str) -> Policy | None:
        now = clock.now()
        answer = await self.resolver.txt(f"_mta-sts.{domain}")
        wanted = record_id(answer.records) if answer.found else None
        known = await self._recall(domain, now)
        if wanted is not None and self._is_due(known, wanted, now):
            await self._renew(domain, wanted, known, now)
        return known.policy if known.holds(now) else None

    def _is_due(self, known: _Known, wanted: str, now: datetime) -> bool:
        if known.not_before is not None and now < known.not_before:
            return False
        if not known.holds(now) or known.policy_id != wanted:
            return True
        return known.fetched_at is None or now - known.fetched_at > _REFRESH

    async def _renew(self, domain: str, wanted: str, known: _Known, now: datetime) -> None:
        known.not_before = now + _LOOK_AGAIN
        try:
            content = await self._fetch(domain)
            policy = parse_policy(content)
        except (NoPolicy, BadPolicy) as error:
            known.trouble = _result_of(error)
            log.warning("outbox: no MTA-STS policy of %s (%s)", domain, error)
            return
        known.policy_id, known.policy, known.fetched_at = wanted, policy, now
        known.trouble = ""
        known.expires_at = now + policy.max_age
        async with self._database.system() as tx:
            await tx.execute(
                SQL["put_policy"],
                domain=domain,
                policy_id=wanted,
                policy=content.decode(),
                fetched_at=now,
                expires_at=known.expires_at,
            )

    async def _recall(self, domain: str, now: datetime) -> _Known:
        known = self._known.get(domain)
        if known is not None and (known.holds(now) or now - known.read_at < _REMEMBER):
            self._known.move_to_end(domain)
            return known
        known = _Known(read_at=now)
        async with self._database.system() as tx:
            row = await tx.row(SQL["read_policy"], domain=domain, now=now)
        if row is not None:
            known.policy_id, known.policy = row["policy_id"], parse_policy(row["policy"].encode())
            known.fetched_at, known.expires_at = row["fetched_at"], row["expires_at"]
        self._known[domain] = known
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return known

    async def _fetch(self, domain: str) -> bytes:
        """RFC 8461 3.3: HTTPS with a valid certificate, no redirects, text/plain."""
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._verifying or ssl.create_default_context(),
            network_backend=Guarded(self.resolver, self._may_reach),
        )
        port = "" if self._port == 443 else f":{self._port}"
        url = f"https://mta-sts.{domain}{port}/.well-known/mta-sts.txt"
        try:
            async with pool, asyncio.timeout(_SECONDS):
                return await _read(pool, url)
        except FAILURES as error:
            raise NoPolicy(type(error).__name__) from error


def _result_of(error: NoPolicy | BadPolicy) -> str:
    if isinstance(error, BadPolicy):
        return "sts-policy-invalid"
    cause = error.__cause__
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return "sts-policy-fetch-error" if cause is None else "sts-webpki-invalid"


async def _read(pool: httpcore.AsyncConnectionPool, url: str) -> bytes:
    async with pool.stream("GET", url, extensions={"timeout": _TIMEOUT}) as response:
        kind = header_of(response, b"content-type").partition(";")[0].strip().lower()
        if response.status != 200 or kind != "text/plain":
            raise NoPolicy(f"status {response.status}")
        content = await content_of(response, LARGEST_POLICY)
        if content is None:
            raise NoPolicy("too large")
        return content
