"""Verifying DKIM signatures (RFC 6376, RFC 8301, RFC 8463)."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from posthouse.protocols.dns import Resolver
from posthouse.protocols.mailauth.canonical import (
    relaxed_body,
    relaxed_field,
    simple_body,
    simple_field,
)
from posthouse.protocols.mailauth.keys import BadKey, KeyRecord, dns_name, parse_key_record
from posthouse.protocols.mailauth.message import (
    Field,
    SplitMessage,
    is_heavy,
    split_message,
)
from posthouse.protocols.mailauth.signature import (
    BadSignature,
    Claim,
    Signature,
    parse_signature,
    read_claim,
)

MAX_SIGNATURES = 8  # more than any honest path adds; each costs a question to DNS and a hash


class DkimResult(StrEnum):
    """RFC 8601 2.7.1."""

    PASS = "pass"
    FAIL = "fail"  # body or signature do not match
    POLICY = "policy"  # it matches, but leaves a part of the body open (`l=`)
    NEUTRAL = "neutral"  # not looked at: more signatures than we verify
    TEMPERROR = "temperror"  # DNS failed
    PERMERROR = "permerror"  # it can never match: broken, expired, no usable key


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimOutcome:
    """The result for one signature. `testing`: the key says `t=y`, so a failure means nothing."""

    result: DkimResult
    reason: str = ""
    claim: Claim
    domain: str = ""
    testing: bool = False


@dataclass(frozen=True, slots=True)
class _Pending:
    """A signature on its way: what it claims, and as far as it got, its tags and its key."""

    claim: Claim
    signature: Signature | None = None
    key: KeyRecord | None = None
    result: DkimResult = DkimResult.NEUTRAL
    reason: str = ""


async def verify_dkim(
    raw: bytes,
    resolver: Resolver,
    *,
    now: float | None = None,
    max_signatures: int = MAX_SIGNATURES,
) -> tuple[DkimOutcome, ...]:
    """One outcome for each DKIM-Signature, from the top; empty when the message has none.

    A signature with `l=` that leaves octets of the body open is POLICY, never PASS: whatever
    follows those octets is anybody's (RFC 6376 8.2). Linear in the size of the message.
    """
    heavy = is_heavy(raw)
    message = await asyncio.to_thread(split_message, raw) if heavy else split_message(raw)
    return await verify_split(
        message, resolver, now=now, max_signatures=max_signatures, heavy=heavy
    )


async def verify_split(
    message: SplitMessage,
    resolver: Resolver,
    *,
    now: float | None = None,
    max_signatures: int = MAX_SIGNATURES,
    heavy: bool = False,
) -> tuple[DkimOutcome, ...]:
    """As `verify_dkim`, for a message that is split already; a heavy one is left to threads."""
    seconds = time.time() if now is None else now
    if heavy:
        pending = await asyncio.to_thread(_read_all, message, seconds, max_signatures)
        with_keys = await asyncio.gather(*(_with_key(each, resolver) for each in pending))
        return await asyncio.to_thread(_judge_all, message, with_keys)
    pending = _read_all(message, seconds, max_signatures)
    if len(pending) == 1:  # most mail: no task beside this one
        with_keys = [await _with_key(pending[0], resolver)]
    else:
        with_keys = await asyncio.gather(*(_with_key(each, resolver) for each in pending))
    return _judge_all(message, with_keys)


def _read_all(message: SplitMessage, seconds: float, max_signatures: int) -> list[_Pending]:
    pending: list[_Pending] = []
    for position, field in enumerate(_signatures(message)):
        claim = read_claim(field)
        if position >= max_signatures:
            pending.append(_Pending(claim, reason="too many signatures"))
            continue
        try:
            pending.append(_Pending(claim, parse_signature(field, seconds)))
        except BadSignature as error:
            pending.append(_Pending(claim, None, None, DkimResult.PERMERROR, str(error)))
    return pending


def unverified(message: SplitMessage, reason: str) -> tuple[DkimOutcome, ...]:
    """Outcomes for when there was no time to verify: temperror for whatever is claimed."""
    return tuple(
        DkimOutcome(result=DkimResult.TEMPERROR, reason=reason, claim=read_claim(field))
        for field in _signatures(message)[:MAX_SIGNATURES]
    )


def _signatures(message: SplitMessage) -> list[Field]:
    return [field for field in message.fields if field.name == b"dkim-signature"]


async def _with_key(pending: _Pending, resolver: Resolver) -> _Pending:
    """Fetches the key of a signature that could be read (RFC 6376 6.1.2)."""
    signature, claim = pending.signature, pending.claim
    if signature is None:
        return pending
    answer = await resolver.txt(dns_name(signature.domain, signature.selector))
    if answer.temporary:
        return _Pending(claim, None, None, DkimResult.TEMPERROR, "no key for now")
    reason = "no key"
    for record in answer.records:
        try:
            key = parse_key_record(record)
            _check_fit(signature, key)
        except BadKey as error:
            reason = str(error)
        else:
            return _Pending(claim, signature, key)
    return _Pending(claim, None, None, DkimResult.PERMERROR, reason)


def _check_fit(signature: Signature, key: KeyRecord) -> None:
    if key.kind is not signature.kind:
        raise BadKey("key is of another kind")
    if key.strict and signature.identity_domain != signature.domain:
        raise BadKey("key does not allow i= below d=")


def _judge_all(message: SplitMessage, pending: Sequence[_Pending]) -> tuple[DkimOutcome, ...]:
    work = Canonical(message)
    return tuple(_judge(work, each) for each in pending)


def _judge(work: "Canonical", pending: _Pending) -> DkimOutcome:
    signature, key, claim = pending.signature, pending.key, pending.claim
    if signature is None or key is None:
        return DkimOutcome(result=pending.result, reason=pending.reason, claim=claim)
    result, reason = DkimResult.PASS, ""
    body_hash, length = work.body(signature)
    if signature.body_limit is not None and signature.body_limit > length:
        result, reason = DkimResult.PERMERROR, "l= is longer than the body"
    elif not hmac.compare_digest(body_hash, signature.body_hash):
        result, reason = DkimResult.FAIL, "body has changed"
    elif not matches(work.header_digest(signature), signature.value, key):
        result, reason = DkimResult.FAIL, "signature does not match"
    elif signature.body_limit is not None and signature.body_limit < length:
        result = DkimResult.POLICY
        reason = f"only {signature.body_limit} of {length} octets of the body are signed"
    return DkimOutcome(
        result=result, reason=reason, claim=claim, domain=signature.domain, testing=key.testing
    )


def matches(digest: bytes, value: bytes, key: KeyRecord) -> bool:
    """Whether `value` is the signature of what has this SHA-256."""
    try:
        if isinstance(key.public, RSAPublicKey):
            key.public.verify(value, digest, PKCS1v15(), Prehashed(SHA256()))
        else:
            key.public.verify(value, digest)
    except InvalidSignature:
        return False
    return True


class Canonical:
    """A message in its canonical forms, each made once however many signatures want it."""

    def __init__(self, message: SplitMessage) -> None:
        self._message = message
        self._bodies: dict[tuple[bool, int | None], tuple[bytes, int]] = {}
        self._by_name: dict[bytes, list[bytes]] = {}
        for field in message.fields:
            self._by_name.setdefault(field.name, []).append(field.raw)

    def body(self, signature: Signature) -> tuple[bytes, int]:
        """The hash of as much of the body as is signed, and the length of all of it."""
        wanted = (signature.relaxed_body, signature.body_limit)
        if wanted not in self._bodies:
            form = relaxed_body if signature.relaxed_body else simple_body
            self._bodies[wanted] = _hash_body(form(self._message.body), signature.body_limit)
        return self._bodies[wanted]

    def header_digest(self, signature: Signature) -> bytes:
        """Fields by the names in `h=`, of equal names the last one first (RFC 6376 5.4.2)."""
        form = relaxed_field if signature.relaxed_header else simple_field
        digest = hashlib.sha256()
        used: dict[bytes, int] = {}
        for name in signature.names:
            present = self._by_name.get(name, ())
            count = used.get(name, 0) + 1
            used[name] = count
            if count <= len(present):
                digest.update(form(present[-count]))
        digest.update(form(signature.unsigned_field()).removesuffix(b"\r\n"))
        return digest.digest()


def _hash_body(pieces: Iterable[bytes], limit: int | None) -> tuple[bytes, int]:
    digest, length = hashlib.sha256(), 0
    for piece in pieces:
        if limit is None or length + len(piece) <= limit:
            digest.update(piece)
        elif length < limit:
            digest.update(piece[: limit - length])
        length += len(piece)
    return digest.digest(), length
