"""What verification found, summed up for a badge beside the sender."""

from collections.abc import Mapping
from typing import Any

from posthouse.mail.listing.views import Authentication, Result

_RESULTS: Mapping[str, Result] = {"pass": "pass", "fail": "fail"}


def authentication(verdict: Mapping[str, Any] | None, sender: str) -> Authentication | None:
    """The badge of a kept verdict; None for mail nobody verified, such as imports.

    DMARC decides, because it speaks for the address people read. Without a policy the mail is
    neither good nor bad, whatever SPF and DKIM say of other names. A trusted sealer (RFC 8617) who
    saw it pass speaks for it in DMARC's place.
    """
    if verdict is None:
        return None
    if verdict.get("internal"):
        domain = sender.rpartition("@")[2]
        return Authentication(
            verdict="pass",
            domain=domain,
            spf="none",
            dkim="none",
            dmarc="none",
            arc="none",
            sealers=[],
            vouched_by="",
        )
    spf, dmarc = verdict.get("spf") or {}, verdict.get("dmarc") or {}
    signatures = verdict.get("dkim") or []
    best = next((s for s in signatures if s["result"] == "pass"), None)
    best = best or (signatures[0] if signatures else {})
    said = dmarc.get("result", "none")
    chain = verdict.get("arc") or {}
    vouched_by = chain.get("vouched_by", "")
    return Authentication(
        verdict="pass" if vouched_by else _RESULTS.get(said, "none"),
        domain=dmarc.get("domain") or best.get("domain") or spf.get("domain") or "",
        spf=spf.get("result", "none"),
        dkim=best.get("result", "none"),
        dmarc=said,
        arc=chain.get("result", "none"),
        sealers=list(chain.get("sealers") or ()),
        vouched_by=vouched_by,
    )
