"""Sealing what the house sends on: one more ARC set (RFC 8617 5.1)."""

from __future__ import annotations

import base64
import hashlib
import time

from posthouse.protocols.dns import ascii_name
from posthouse.protocols.mailauth.arc import seal_digests
from posthouse.protocols.mailauth.arc_fields import ArcSet, BrokenChain, read_seal, read_sets
from posthouse.protocols.mailauth.canonical import relaxed_body, relaxed_field
from posthouse.protocols.mailauth.keys import load_private_key
from posthouse.protocols.mailauth.message import Field, SplitMessage, split_message
from posthouse.protocols.mailauth.results import (
    AuthenticationResults,
    parse_results,
    write_results,
)
from posthouse.protocols.mailauth.sign import (
    OVERSIGNED,
    SIGNED,
    SigningKey,
    algorithm_of,
    folded,
    folded_names,
    sign_digest,
)

# RFC 8617 4.1.2: what DKIM signs, and the signatures that were there.
_COVERED = (*OVERSIGNED, *SIGNED, b"dkim-signature")
_FIELD = b"authentication-results"


def seal(raw: bytes, authserv_id: str, key: SigningKey, *, now: float | None = None) -> bytes:
    """The three fields, CRLF included, to be put before a message that is sent on unchanged.

    What was found out is read from our own Authentication-Results in it (`authserv_id`), the state
    of the chain among it; without them, and when the chain was marked as failed before, there is
    nothing to seal: b"". Raises BadKey or BadName.
    """
    message = split_message(raw)
    found = _own_results(message, authserv_id)
    if found is None:
        return b""
    before, validation = _chain_before(message, found)
    if before is None:
        return b""
    seconds = int(time.time() if now is None else now)
    instance = len(before) + 1
    results = _results_field(found, instance)
    signature = _signature_field(message, key, instance, seconds)
    # RFC 8617 5.1.2: of a chain that failed only the own set is sealed.
    covered = before if validation != "fail" else []
    return _seal_field(covered, results, signature, key, instance, validation, seconds)


def _own_results(message: SplitMessage, authserv_id: str) -> AuthenticationResults | None:
    """What our fields say together (RFC 8617 5.1, step 3)."""
    said = [parse_results(field.value) for field in message.fields if field.name == _FIELD]
    ours = [each for each in said if each and each.authserv_id.lower() == authserv_id.lower()]
    if not ours:
        return None
    return AuthenticationResults(authserv_id, tuple(r for each in ours for r in each.results))


def _chain_before(
    message: SplitMessage, found: AuthenticationResults
) -> tuple[list[ArcSet] | None, str]:
    """(the sets there are, cv= for ours); None when nobody may add to them."""
    state = next((each.result for each in found.results if each.method == "arc"), "none")
    if state == "temperror":
        return None, ""  # a chain that could not be judged is neither continued nor condemned
    try:
        sets = read_sets(message.fields)
        failed = bool(sets) and read_seal(sets[-1].seal).validation == "fail"
    except BrokenChain:
        return None, ""
    if failed:
        return None, ""
    if not sets:
        return [], "none"
    return sets, "pass" if state == "pass" else "fail"


def _results_field(found: AuthenticationResults, instance: int) -> Field:
    value = write_results(found).partition(b":")[2]
    return _field(b"ARC-Authentication-Results: i=%d;%b" % (instance, value))


def _signature_field(message: SplitMessage, key: SigningKey, instance: int, now: int) -> Field:
    by_name: dict[bytes, list[bytes]] = {}
    for field in message.fields:
        by_name.setdefault(field.name, []).append(field.raw)
    names = [name for name in _COVERED for _ in by_name.get(name, ())]
    body = hashlib.sha256()
    for piece in relaxed_body(message.body):
        body.update(piece)
    head = _head(b"ARC-Message-Signature", key, instance, now)
    unsigned = b"\r\n".join(
        (
            head + b" c=relaxed/relaxed;",
            *folded_names(names),
            b"\tbh=" + base64.b64encode(body.digest()) + b";",
            b"\tb=",
        )
    )
    digest = hashlib.sha256()
    for name in dict.fromkeys(names):
        for raw in reversed(by_name[name]):
            digest.update(relaxed_field(raw))
    digest.update(relaxed_field(unsigned).removesuffix(b"\r\n"))
    return _signed(unsigned, digest.digest(), key)


def _seal_field(
    before: list[ArcSet],
    results: Field,
    signature: Field,
    key: SigningKey,
    instance: int,
    validation: str,
    now: int,
) -> bytes:
    head = _head(b"ARC-Seal", key, instance, now)
    unsigned = _field(b"%b cv=%b;\r\n\tb=" % (head, validation.encode()))
    own = ArcSet(results=results, signature=signature, seal=unsigned)
    made = _signed(unsigned.raw, seal_digests([*before, own])[-1], key)
    return made.raw + signature.raw + results.raw


def _head(name: bytes, key: SigningKey, instance: int, now: int) -> bytes:
    return b"%b: i=%d; a=%b; t=%d;\r\n\td=%b; s=%b;" % (
        name,
        instance,
        algorithm_of(key).encode(),
        now,
        ascii_name(key.domain).encode(),
        ascii_name(key.selector).encode(),
    )


def _signed(unsigned: bytes, digest: bytes, key: SigningKey) -> Field:
    value = sign_digest(load_private_key(key.encoded), digest)
    return _field(unsigned + folded(base64.b64encode(value)) + b"\r\n")


def _field(raw: bytes) -> Field:
    return Field(raw.partition(b":")[0].lower(), raw)
