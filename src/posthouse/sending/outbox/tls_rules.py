"""What TLS the hosts of a domain must show: what the domain has published, or what they offer.

DANE comes before MTA-STS, host by host: what it says is never softened (RFC 8461 2).
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from posthouse.protocols.aggregate import is_tls_reporting
from posthouse.protocols.aggregate.tls_write import PolicySaid
from posthouse.protocols.dns import CachingResolver, Tlsa
from posthouse.protocols.tls_policy import Mode, Policy
from posthouse.protocols.tls_policy.dane import is_usable
from posthouse.sending.outbox.connection import Target, TlsPolicy
from posthouse.sending.outbox.policies import Policies
from posthouse.sending.outbox.tls_results import Reporting, TlsResults

log = logging.getLogger(__name__)


class TlsRules:
    """Of one process. Without a resolver that is believed there is no DANE.

    With `results` domains that ask for reports (RFC 8460) are told how TLS went.
    """

    def __init__(
        self,
        policies: Policies,
        validating: CachingResolver | None = None,
        results: TlsResults | None = None,
    ) -> None:
        self._policies = policies
        self._validating = validating
        self._results = results

    async def apply(self, domain: str, targets: Sequence[Target]) -> list[Target]:
        """The targets that may be used, each with what it must show; none when none may."""
        policy = await self._policies.policy_of(domain)
        records = await self._records(domain, targets)
        reported = await self._asks_for_reports(domain)
        trouble = self._policies.trouble_of(domain)
        usable: list[Target] = []
        for target in targets:
            found = records.get(target.host, ())
            ruled = _ruled(target, domain, policy, found)
            reporting = _reporting(target, domain, policy, found, trouble)
            if ruled is not None:
                usable.append(replace(ruled, reporting=reporting) if reported else ruled)
            elif reported and self._results is not None:
                what = "dnssec-invalid" if found is None else "validation-failure"
                self._results.failed(reporting, what, target.host, target.address)
        return usable

    async def _asks_for_reports(self, domain: str) -> bool:
        """RFC 8460 3: exactly one record, as for all that is published like this."""
        if self._results is None:
            return False
        answer = await self._policies.resolver.txt(f"_smtp._tls.{domain}")
        return sum(map(is_tls_reporting, answer.records)) == 1

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


def _reporting(
    target: Target,
    domain: str,
    policy: Policy | None,
    records: tuple[Tlsa, ...] | None,
    trouble: str,
) -> Reporting:
    """What a report says of the policy: the one that counts (RFC 8460 4.4)."""
    if records is None or any(map(is_usable, records)):
        written = tuple(
            f"{each.usage} {each.selector} {each.matching} {each.data.hex()}"
            for each in records or ()
        )
        said = PolicySaid(
            policy_type="tlsa", policy_domain=domain, policy_string=written, mx_host=(target.host,)
        )
        return Reporting(domain=domain, policy=said)
    if policy is not None and policy.mode is not Mode.NONE:
        said = PolicySaid(
            policy_type="sts",
            policy_domain=domain,
            policy_string=(
                "version: STSv1",
                f"mode: {policy.mode}",
                *(f"mx: {host}" for host in policy.mx),
                f"max_age: {int(policy.max_age.total_seconds())}",
            ),
            mx_host=policy.mx,
        )
        strange = policy.mode is Mode.TESTING and not policy.allows(target.host)
        return Reporting(
            domain=domain,
            policy=said,
            standing="validation-failure" if strange else "",
            testing=policy.mode is Mode.TESTING,
        )
    kind = "sts" if trouble else "no-policy-found"
    return Reporting(
        domain=domain,
        policy=PolicySaid(policy_type=kind, policy_domain=domain),
        standing=trouble,
    )
