"""Codes of their own that large providers print in their answers, as their help pages list them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from posthouse.protocols.dsn.model import Reason

_MOST = 2000


@dataclass(frozen=True, slots=True)
class _Provider:
    """How a provider writes its codes (`code` is the group), and what each says."""

    form: re.Pattern[str]
    reasons: Mapping[str, Reason]


def _reasons(**codes: str) -> dict[str, Reason]:
    """Code → reason, of reason="code code"."""
    return {code: Reason(reason) for reason, said in codes.items() for code in said.split()}


_PROVIDERS = (
    # NetEase (163, 126, yeah.net, 188) and other houses that run Coremail.
    _Provider(
        re.compile(r"\b(?P<code>(?:DT|HL|MI|RP|WM):[A-Z]{3})\b"),
        _reasons(
            spam="DT:SPM",
            sender_refused="DT:SUM MI:IMF WM:BLU",
            blocked="DT:RBL MI:SPB HL:REP HL:MEP HL:IHU HL:IPB WM:BLI",
            authentication="MI:SPF MI:DMA",
            rate_limited="HL:ICC HL:IFC HL:ITC MI:CCL MI:CEL MI:DMC MI:SFQ MI:STC RP:CCL "
            "RP:CEL RP:DRC RP:ORQ RP:QRC RP:RCL RP:TRC",
            policy="MI:NHD RP:FRL",
        ),
    ),
    # Orange and La Poste.
    _Provider(
        re.compile(r"\b(?:OFR|LPN)[0-9]{0,3}_(?P<code>[0-9]{3})\b"),
        _reasons(
            blocked="102 103 999",
            rate_limited="104 109",
            policy="305 402 630",
            authentication="401",
            sender_refused="403 405 421",
            user_unknown="416",
            mailbox_full="417",
            mailbox_inactive="420 426",
            system="505",
            spam="506",
        ),
    ),
    # Outlook.com.
    _Provider(
        re.compile(r"\b(?P<code>(?:DY|OU|RP|SC|S)-?[0-9]{3,4})\b(?![.:])"),
        _reasons(
            blocked="DY-001 OU-001 SC-002 SC-003 SC-004 S3114 S3140 S3150 S775 S844",
            virus="DY-002",
            spam="OU-002 SC-001",
            rate_limited="RP-001 RP-002 RP-003",
        ),
    ),
    # Yahoo and AOL.
    _Provider(
        re.compile(
            r"[\[(](?P<code>AU01|BL2[0-9]|GL01|PH01|(?:CON|DYN|HVU|RLY|RTR):[A-Z0-9]{2,4})[\])]"
        ),
        _reasons(
            authentication="AU01",
            blocked="BL20 BL21 BL22 BL23 CON:B1 DYN:T1 DYN:T2 RLY:B1 RLY:B2 RLY:B3 RLY:BD RLY:BL "
            "RTR:BL RTR:BB RTR:DU RTR:GE",
            spam="PH01 HVU:B1 HVU:B2",
            policy="GL01",  # greylisting
        ),
    ),
    # Comcast.
    _Provider(
        re.compile(r"\b(?P<code>BL|DM|PH|PT|RL|RP|SB)[0-9]{6}\b"),
        _reasons(
            blocked="BL PT RP SB",
            authentication="DM",
            spam="PH",
            rate_limited="RL",
        ),
    ),
    # Cox and Spectrum.
    _Provider(
        re.compile(r"\bAUP#(?P<code>CXBL|CXCNCT|CXDNS|CXMXRT|CXSNDR|CXTHRT|CDRBL|IPBL)[0-9]*\b"),
        _reasons(
            blocked="CXBL CXDNS CDRBL IPBL",
            rate_limited="CXCNCT CXMXRT CXTHRT",
            sender_refused="CXSNDR",
        ),
    ),
)


def reason_of_provider(text: str) -> Reason | None:
    """What a provider's own code says; None without one that is known. 2,000 characters count."""
    for provider in _PROVIDERS:
        for match in provider.form.finditer(text[:_MOST]):
            reason = provider.reasons.get(match["code"])
            if reason is not None:
                return reason
    return None
