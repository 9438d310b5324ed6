"""What TLS the hosts of a domain must show: what the domain has published, or what they offer.

DANE comes before MTA-STS, host by host: what it says is never softened (RFC 8461 2).
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from posthouse.protocols.dns import CachingResolver, Tlsa
from posthouse.protocols.tls_policy import Mode, Policy
from posthouse.protocols.tls_policy.dane import is_usable
from posthouse.sending.outbox.connection import Target, TlsPolicy
from posthouse.sending.outbox.policies import Policies

log = logging.getLogger(__name__)


class TlsRules:
    """Of one process. Without a resolver that is believed there is no DANE."""

    def __init__(self, policies: Policies, validating: CachingResolver | None = None) -> None:
        self._policies = policies
        self._validating = validating

    async def apply(self, domain: str, targets: Sequence[Target]) -> list[Target]:
        """The targets that may be used, each with what it must show; none when none may."""
        policy = await self._policies.policy_of(domain)
        records = await self._records(domain, targets)
        usable: list[Target] = []
        for target in targets:
            ruled = _ruled(target, domain, policy, records.get(target.host, ()))
            if ruled is not None:
                usable.append(ruled)
        return usable

    async def _records(
        self, domain: str, targets: Sequence[Target]
    ) -> dict[str, tuple[Tlsa, ...] | None]:
        """Host → its authentic TLSA records; None where DNS fails, so that nobody knows."""
        if self._validating is None:
            return {}
        answer = await self._validating.mx(domain)
        hosts = list(dict.fromkeys(target.host for target in targets))
        if answer.temporary:  # RFC 7672 2.1.2: a proof that fails is no lack of one
            return dict.fromkeys(hosts)
        if not answer.authentic:
            return {}
        named = {record.host for record in answer.records} or {domain}
        hosts = [host for host in hosts if host in named]
        found = await asyncio.gather(*(self._of_host(each, targets[0].port) for each in hosts))
        return dict(zip(hosts, found, strict=True))

    async def _of_host(self, host: str, port: int) -> tuple[Tlsa, ...] | None:
        """RFC 7672 2.2: asked for only where the host's addresses are authentic."""
        assert self._validating is not None
        addresses = await asyncio.gather(self._validating.a(host), self._validating.aaaa(host))
        if any(answer.temporary for answer in addresses):
            return None
        if not all(answer.authentic for answer in addresses):
            return ()
        answer = await self._validating.tlsa(f"_{port}._tcp.{host}")
        if answer.temporary:
            return None
        return answer.records if answer.authentic else ()


def _ruled(
    target: Target, domain: str, policy: Policy | None, records: tuple[Tlsa, ...] | None
) -> Target | None:
    if records is None:
        return None
    usable = tuple(record for record in records if is_usable(record))
    if usable:
        names = (target.host, domain)
        return replace(target, tls=TlsPolicy.DANE, tlsa=usable, names=names)
    if policy is not None and policy.mode is Mode.ENFORCE:
        return replace(target, tls=TlsPolicy.VERIFIED) if policy.allows(target.host) else None
    if policy is not None and policy.mode is Mode.TESTING and not policy.allows(target.host):
        # RFC 8461 5: as if the policy were not there, but told of.
        log.warning("outbox: a host of %s is not in its MTA-STS policy (testing)", domain)
    # RFC 7672 2.2: records that nobody can use still say that there is TLS.
    return replace(target, tls=TlsPolicy.ENCRYPTED) if records else target
