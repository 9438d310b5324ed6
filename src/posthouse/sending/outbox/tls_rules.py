"""What TLS the hosts of a domain must show: what the domain has published, or what they offer."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from posthouse.protocols.tls_policy import Mode
from posthouse.sending.outbox.connection import Target, TlsPolicy
from posthouse.sending.outbox.policies import Policies

log = logging.getLogger(__name__)


class TlsRules:
    """Of one process."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies

    async def apply(self, domain: str, targets: Sequence[Target]) -> list[Target]:
        """The targets that may be used, each with what it must show; none when none may."""
        policy = await self._policies.policy_of(domain)
        if policy is None or policy.mode is Mode.NONE:
            return list(targets)
        allowed = [target for target in targets if policy.allows(target.host)]
        if policy.mode is Mode.TESTING:  # RFC 8461 5: as if it were not there, but told of
            if len(allowed) < len(targets):
                log.warning("outbox: hosts of %s are not in its MTA-STS policy (testing)", domain)
            return list(targets)
        return [replace(target, tls=TlsPolicy.VERIFIED) for target in allowed]
