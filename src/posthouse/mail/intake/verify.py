"""Who really sent it: forged results out, SPF, DKIM and DMARC in, under one deadline."""

from dataclasses import dataclass
from typing import Any

from posthouse.mail.intake.model import Arrival
from posthouse.protocols.dns import Resolver
from posthouse.protocols.mailauth.results import forged_spans
from posthouse.protocols.mailauth.verify import AuthResults, verify


@dataclass(frozen=True, slots=True)
class Verified:
    """The message without forged Authentication-Results, our own field, and the verdict to keep."""

    raw: bytes
    field: bytes
    verdict: dict[str, Any]
    disposition: str


async def verify_arrival(arrival: Arrival, resolver: Resolver, authserv_id: str) -> Verified:
    """Check what a stranger's server says. Mail that never left the house is what we signed."""
    raw, removed = _without_forgeries(arrival.raw, authserv_id)
    if arrival.peer_ip is None:
        return Verified(raw, b"", {"internal": True, "forged_results_removed": removed}, "none")
    results = await verify(
        raw, arrival.peer_ip, arrival.helo, arrival.mail_from, resolver, authserv_id
    )
    verdict = _verdict(results)
    verdict["forged_results_removed"] = removed
    return Verified(raw, results.field, verdict, str(results.dmarc.disposition))


def _without_forgeries(raw: bytes, authserv_id: str) -> tuple[bytes, int]:
    # RFC 8601 5: fields that speak in our name came from somebody else.
    spans = forged_spans(raw, (authserv_id,))
    pieces: list[bytes] = []
    position = 0
    for start, end in spans:
        pieces.append(raw[position:start])
        position = end
    return (b"".join([*pieces, raw[position:]]) if spans else raw), len(spans)


def _verdict(results: AuthResults) -> dict[str, Any]:
    """What the page's badge is drawn from."""
    return {
        "spf": {"result": str(results.spf.result), "domain": results.spf.domain},
        "dkim": [
            {"result": str(outcome.result), "domain": outcome.domain}
            for outcome in results.dkim or ()
        ],
        "dmarc": {
            "result": str(results.dmarc.result),
            "domain": results.dmarc.domain,
            "policy": str(results.dmarc.policy),
        },
    }
