"""Why a message went to Junk by itself, from what was kept when it came."""

from collections.abc import Mapping
from typing import Any, get_args

from posthouse.mail.listing.views import JunkReason, ReasonKind

_KINDS = frozenset(get_args(ReasonKind))
_ASKS_FOR_JUNK = ("quarantine", "reject")


def junk_reasons(verdict: Mapping[str, Any] | None, *, in_full: bool) -> list[JunkReason]:
    """The strongest first; empty when it did not, or a person moved it there. The message's own
    words are only for who may read it `in_full`.
    """
    if verdict is None:
        return []
    reasons: list[JunkReason] = []
    dmarc = verdict.get("dmarc") or {}
    if dmarc.get("result") == "fail" and dmarc.get("policy") in _ASKS_FOR_JUNK:
        reasons.append(JunkReason(kind="forged", examples=[dmarc.get("domain") or ""]))
    if "virus" in verdict:
        reasons.append(JunkReason(kind="virus", examples=[verdict["virus"]]))
    outside = verdict.get("rspamd") or {}
    if outside.get("junk"):
        reasons.append(JunkReason(kind="rspamd", examples=outside["symbols"]))
    said = verdict.get("filter") or {}
    if said.get("junk"):
        reasons += [
            JunkReason(kind=reason["kind"], examples=reason["examples"] if in_full else [])
            for reason in said.get("reasons") or ()
            if reason.get("kind") in _KINDS
        ]
    return reasons
