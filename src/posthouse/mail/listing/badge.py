"""What verification found, summed up for a badge beside the sender."""

from collections.abc import Mapping
from typing import Any

from posthouse.mail.listing.views import Authentication, Result

_RESULTS: Mapping[str, Result] = {"pass": "pass", "fail": "fail"}


def authentication(verdict: Mapping[str, Any] | None, sender: str) -> Authentication | None:
    """The badge of a kept verdict; None for mail nobody verified, such as imports.

    DMARC decides, because it speaks for the address people read. Without a policy the mail is
    neither good nor bad, whatever SPF and DKIM say of other names.
    """
    if verdict is None:
        return None
    if verdict.get("internal"):
        domain = sender.rpartition("@")[2]
        return Authentication(verdict="pass", domain=domain, spf="none", dkim="none", dmarc="none")
    spf, dmarc = verdict.get("spf") or {}, verdict.get("dmarc") or {}
    signatures = verdict.get("dkim") or []
    best = next((s for s in signatures if s["result"] == "pass"), None)
    best = best or (signatures[0] if signatures else {})
    said = dmarc.get("result", "none")
    return Authentication(
        verdict=_RESULTS.get(said, "none"),
        domain=dmarc.get("domain") or best.get("domain") or spf.get("domain") or "",
        spf=spf.get("result", "none"),
        dkim=best.get("result", "none"),
        dmarc=said,
    )
