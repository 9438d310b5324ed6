"""Validating the Authenticated Received Chain (RFC 8617 5.2)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from posthouse.protocols.dns import Resolver
from posthouse.protocols.mailauth.arc_fields import (
    NAMES,
    ArcSet,
    BrokenChain,
    Seal,
    read_seal,
    read_sets,
    read_signature,
)
from posthouse.protocols.mailauth.canonical import relaxed_field
from posthouse.protocols.mailauth.dkim import Canonical, matches
from posthouse.protocols.mailauth.keys import BadKey, KeyKind, KeyRecord, dns_name, parse_key_record
from posthouse.protocols.mailauth.message import SplitMessage
from posthouse.protocols.mailauth.results import parse_results
from posthouse.protocols.mailauth.signature import Signature, without_value


class ArcResult(StrEnum):
    """RFC 8617 4.4; `temperror` when DNS did not answer (RFC 8601 2.7.1)."""

    NONE = "none"
    PASS = "pass"
    FAIL = "fail"
    TEMPERROR = "temperror"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcOutcome:
    """What the chain is worth. `sealers` are the domains that sealed, the first one first;
    `said` what each wrote down of the message as it came to him.
    """

    result: ArcResult
    reason: str = ""
    sealers: tuple[str, ...] = ()
    said: tuple[bytes, ...] = ()

    def vouches_for_dmarc(self, trusted: Collection[str]) -> str:
        """The sealer who saw DMARC pass, when he and all after him are trusted; else "".

        A chain says only who says so: without trust in each of them it proves nothing
        (RFC 8617 7.2.1).
        """
        if self.result is not ArcResult.PASS:
            return ""
        voucher = ""
        for sealer, said in zip(reversed(self.sealers), reversed(self.said), strict=True):
            if sealer not in trusted:
                break
            results = parse_results(said)
            if results and any(r.method == "dmarc" and r.result == "pass" for r in results.results):
                voucher = sealer
        return voucher


NO_CHAIN = ArcOutcome(result=ArcResult.NONE)


class _NoAnswer(Exception):
    """DNS gave no key for now."""


def has_chain(message: SplitMessage) -> bool:
    """Whether there is anything of ARC; without it `verify_arc` finds NO_CHAIN."""
    return any(field.name in NAMES for field in message.fields)


async def verify_arc(
    message: SplitMessage, resolver: Resolver, *, heavy: bool = False
) -> ArcOutcome:
    """The state of the whole chain: every seal, and the newest message signature.

    Older message signatures are broken by whoever changes a message, which is what ARC is for;
    they are not asked (RFC 8617 5.2, step 5). Linear in the message's size. Never raises.
    """
    try:
        sets = read_sets(message.fields)
        if not sets:
            return NO_CHAIN
        seals = [read_seal(each.seal) for each in sets]
        _check_claims(seals)
        signature = read_signature(sets[-1].signature)
        key = await _key(resolver, signature.domain, signature.selector, signature.kind)
        if heavy:
            await asyncio.to_thread(_check_message, message, signature, key)
        else:
            _check_message(message, signature, key)
        await _check_seals(sets, seals, resolver)
    except BrokenChain as error:
        return ArcOutcome(result=ArcResult.FAIL, reason=str(error))
    except _NoAnswer:
        return ArcOutcome(result=ArcResult.TEMPERROR, reason="no key for now")
    return ArcOutcome(
        result=ArcResult.PASS,
        sealers=tuple(seal.domain for seal in seals),
        said=tuple(each.results_value for each in sets),
    )


def _check_claims(seals: Sequence[Seal]) -> None:
    """What each sealer says of the chain before him (RFC 8617 5.2, steps 2 and 3)."""
    if seals[-1].validation == "fail":
        raise BrokenChain("the chain had failed before")
    for position, seal in enumerate(seals):
        if seal.validation != ("pass" if position else "none"):
            raise BrokenChain(f"cv={seal.validation[:8]} in set {position + 1}")


def _check_message(message: SplitMessage, signature: Signature, key: KeyRecord) -> None:
    work = Canonical(message)
    body_hash, _ = work.body(signature)
    if not hmac.compare_digest(body_hash, signature.body_hash):
        raise BrokenChain("body has changed")
    if not matches(work.header_digest(signature), signature.value, key):
        raise BrokenChain("message signature does not match")


async def _check_seals(sets: Sequence[ArcSet], seals: Sequence[Seal], resolver: Resolver) -> None:
    """From the newest to the oldest: the newest is the one whose key may be asked for."""
    digests = seal_digests(sets)
    for position in range(len(seals) - 1, -1, -1):
        seal = seals[position]
        key = await _key(resolver, seal.domain, seal.selector, seal.kind)
        if not matches(digests[position], seal.value, key):
            raise BrokenChain(f"seal {position + 1} does not match")


def seal_digests(sets: Sequence[ArcSet]) -> list[bytes]:
    """What each seal signs: all sets up to its own, itself last and without `b=`.

    (RFC 8617 5.1.1.) One pass: each digest goes on from the one before.
    """
    digests: list[bytes] = []
    so_far = hashlib.sha256()
    for each in sets:
        so_far.update(relaxed_field(each.results.raw))
        so_far.update(relaxed_field(each.signature.raw))
        own = so_far.copy()
        own.update(relaxed_field(without_value(each.seal)).removesuffix(b"\r\n"))
        digests.append(own.digest())
        so_far.update(relaxed_field(each.seal.raw))
    return digests


async def _key(resolver: Resolver, domain: str, selector: str, kind: KeyKind) -> KeyRecord:
    answer = await resolver.txt(dns_name(domain, selector))
    if answer.temporary:
        raise _NoAnswer
    reason = "no key"
    for record in answer.records:
        try:
            key = parse_key_record(record)
        except BadKey as error:
            reason = str(error)
            continue
        if key.kind is kind:
            return key
        reason = "key is of another kind"
    raise BrokenChain(reason)
