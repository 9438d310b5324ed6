"""ARC for mail that the house sends on: what we saw of its sender, sealed with our key."""

import asyncio

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.settings import Settings
from posthouse.protocols import mime
from posthouse.protocols.mailauth.keys import KeyKind
from posthouse.protocols.mailauth.seal import seal
from posthouse.protocols.mailauth.sign import SigningKey
from posthouse.security.members import signing_keys

_LARGE = 128 * 1024


async def sealed(tx: Tx, raw: bytes, domain: str) -> bytes:
    """The message with our ARC set on top (RFC 8617 5.1), by the domain that sends it on.

    As it was when there is no key of the domain, nothing was verified, or the chain cannot go on.
    With an RSA key if there is one: not everybody reads others.
    """
    keys = await signing_keys(tx, domain) if domain else []
    keys.sort(key=lambda each: each.algorithm != KeyKind.RSA)
    if not keys:
        return raw
    key = SigningKey(domain=keys[0].domain, selector=keys[0].selector, encoded=keys[0].private_key)
    message = mime.to_crlf(raw)
    house, now = tx.database.service(Settings).hostname, clock.now().timestamp()
    if len(message) > _LARGE:
        return await asyncio.to_thread(seal, message, house, key, now=now) + message
    return seal(message, house, key, now=now) + message
