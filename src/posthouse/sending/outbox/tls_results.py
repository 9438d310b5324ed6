"""How TLS went with the hosts of domains that ask for reports: counted in memory, kept by the day.

Only what begins a session counts (RFC 8460 4.2). A process that is killed loses a minute of it.
"""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

import asyncpg
import msgspec

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.foundation.sql import load_queries
from posthouse.protocols.aggregate.tls_write import FailureSaid, PolicySaid

SQL = load_queries("posthouse.sending.outbox", "tls_results.sql")
_SECONDS = 60.0
_AWAY = (Busy, OSError, asyncpg.InterfaceError, asyncpg.PostgresError)
_MOST_KINDS = 50_000
# OpenSSL's X509_V_ERR_…, as SSLCertVerificationError has them.
_EXPIRED, _OTHER_NAMES = (10,), (62, 63, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What is said of a session in the report to `domain`.

    `standing` is a failure of the policy itself, which every session has. `testing`: the policy is
    to be kept as far as it can be found out, and then left alone (RFC 8461 5).
    """

    domain: str
    policy: PolicySaid
    standing: str = ""
    testing: bool = False


@dataclass(frozen=True, slots=True)
class _Kind:
    day: date
    domain: str
    policy: PolicySaid
    failure: FailureSaid | None


@dataclass(slots=True)
class TlsResults:
    """Of one process."""

    _counted: Counter[_Kind] = field(default_factory=Counter)

    def succeeded(self, reporting: Reporting, host: str, address: str) -> None:
        """A session with TLS, as its policy wants it."""
        self.failed(reporting, reporting.standing, host, address)

    def failed(
        self,
        reporting: Reporting,
        result: str,
        host: str,
        address: str = "",
        *,
        source: str = "",
        reason: str = "",
    ) -> None:
        """A session that failed with one of the result types; "" is none that failed."""
        if len(self._counted) >= _MOST_KINDS:
            return
        failure = None
        if result:
            failure = FailureSaid(
                result_type=result,
                sending_mta_ip=source,
                receiving_mx_hostname=host,
                receiving_ip=address,
                failure_reason_code=reason,
            )
        kind = _Kind(clock.now().date(), reporting.domain, reporting.policy, failure)
        self._counted[kind] += 1

    async def write_down(self, database: Database) -> None:
        """Add what was counted to the days in the database."""
        counted, self._counted = self._counted, Counter()
        if not counted:
            return
        try:
            async with database.system() as tx:
                await tx.execute(SQL["add_sessions"], **_columns(counted.items()))
        except BaseException:
            self._counted += counted
            raise

    async def keep_writing(self, database: Database) -> None:
        """Each minute, until it is cancelled, and then once more. A database may be away."""
        try:
            while True:
                await asyncio.sleep(_SECONDS)
                with contextlib.suppress(*_AWAY):
                    await self.write_down(database)
        finally:
            with contextlib.suppress(*_AWAY):
                await self.write_down(database)


def result_of(error: BaseException | None) -> str:
    """The result type of a TLS handshake that failed (RFC 8460 4.2.1, 4.2.3)."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _EXPIRED:
            return "certificate-expired"
        if error.verify_code in _OTHER_NAMES:
            return "certificate-host-mismatch"
        return "certificate-not-trusted"
    return "validation-failure"


def _columns(counted: Iterable[tuple[_Kind, int]]) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {
        name: [] for name in ("days", "domains", "ids", "policies", "failures", "sessions")
    }
    for kind, sessions in counted:
        policy = msgspec.json.encode(kind.policy).decode()
        failure = msgspec.json.encode(kind.failure).decode() if kind.failure else None
        columns["days"].append(kind.day)
        columns["domains"].append(kind.domain)
        columns["ids"].append(sha256(f"{policy}\n{failure}".encode()).digest())
        columns["policies"].append(policy)
        columns["failures"].append(failure)
        columns["sessions"].append(sessions)
    return columns
