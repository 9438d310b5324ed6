"""Who really sent it: forged results out, SPF, DKIM and DMARC in, under one deadline."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from posthouse.mail.intake.model import Arrival
from posthouse.protocols.dns import Resolver
from posthouse.protocols.mailauth.arc import ArcResult
from posthouse.protocols.mailauth.dmarc import public_suffixes
from posthouse.protocols.mailauth.message import field_spans, header_end
from posthouse.protocols.mailauth.results import forged_spans
from posthouse.protocols.mailauth.verify import AuthResults, verify

SPAM_FIELD = b"X-Posthouse-Spam"

public_suffixes()  # read here, not at the first message


@dataclass(frozen=True, slots=True)
class Verified:
    """The message without forged Authentication-Results, our own field, and the verdict to keep."""

    raw: bytes
    field: bytes
    verdict: dict[str, Any]
    disposition: str


async def verify_arrival(
    arrival: Arrival,
    resolver: Resolver,
    authserv_id: str,
    trusted_sealers: Collection[str] = (),
) -> Verified:
    """Check what a stranger's server says. Mail that never left the house is what we signed.

    Forged fields are cut out after the check: a signature may cover them.
    """
    if arrival.peer_ip is None:
        forged = forged_spans(arrival.raw, (authserv_id,))
        verdict: dict[str, Any] = {"internal": True, "forged_results_removed": len(forged)}
        raw = _unjudged(_without(arrival.raw, forged))
        return Verified(raw, b"", verdict, "none")
    results = await verify(
        arrival.raw,
        arrival.peer_ip,
        arrival.helo,
        arrival.mail_from,
        resolver,
        authserv_id,
        trusted_sealers=trusted_sealers,
    )
    verdict = _verdict(results)
    verdict["forged_results_removed"] = len(results.forged)
    raw = _unjudged(_without(arrival.raw, results.forged))
    return Verified(raw, results.field, verdict, str(results.disposition))


def _unjudged(raw: bytes) -> bytes:
    """Without what others say in our name about junk: rules and mail programs go by that field."""
    header = raw[: header_end(raw)]
    if SPAM_FIELD.lower() not in header.lower():
        return raw
    spans = [(start, end) for name, start, end in field_spans(header) if name == SPAM_FIELD.lower()]
    return _without(raw, spans)


def _without(raw: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    # RFC 8601 5: fields that speak in our name came from somebody else.
    pieces: list[bytes] = []
    position = 0
    for start, end in spans:
        pieces.append(raw[position:start])
        position = end
    return b"".join([*pieces, raw[position:]]) if spans else raw


def _verdict(results: AuthResults) -> dict[str, Any]:
    """What the page's badge is drawn from."""
    chain: dict[str, Any] = {}
    if results.arc.result is not ArcResult.NONE:
        chain = {"result": str(results.arc.result), "sealers": list(results.arc.sealers)}
        if results.vouched_by:
            chain["vouched_by"] = results.vouched_by
    return {
        **({"arc": chain} if chain else {}),
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
