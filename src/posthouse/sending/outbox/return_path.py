"""A return path of its own for each recipient, so that a bounce tells whom it is about.

`bounce+TOKEN@domain`, where the token is the recipient's id and a keyed hash of it: nobody else can
make one, so that nobody else can have our recipients marked as unreachable.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.intake import Recipient
from posthouse.protocols.mime import canonical
from posthouse.security.vault import Keyring, Vault
from posthouse.sending.outbox import store

_PREFIX = "bounce+"
_HASH_SIZE = 9  # with the 16 of the id 25 bytes: 40 characters of base32 without padding
# Servers give up after five days; what comes much later is not about a delivery.
_VALID_FOR = timedelta(days=30)
_VOID = "This return path is not of a message from here."


def make_return_path(keys: Keyring, recipient_id: UUID, mail_from: str) -> str:
    """The MAIL FROM for one recipient; "" stays ""."""
    if not mail_from:
        return ""
    token = recipient_id.bytes + _hash(keys, recipient_id)
    return f"{_PREFIX}{base64.b32encode(token).decode().lower()}@{mail_from.rpartition('@')[2]}"


def recipient_of(address: str) -> tuple[UUID, bytes] | None:
    """(recipient id, hash still to be checked) of a return path; None for other addresses."""
    local = address.partition("@")[0]
    if not local.startswith(_PREFIX):
        return None
    try:
        token = base64.b32decode(local.removeprefix(_PREFIX).upper())
    except (binascii.Error, ValueError):
        return None
    if len(token) != 16 + _HASH_SIZE:
        return None
    return UUID(bytes=token[:16]), token[16:]


def is_ours(keys: Keyring, recipient_id: UUID, given: bytes) -> bool:
    """Whether this workspace made the return path, not too long ago."""
    age = clock.now() - datetime.fromtimestamp((recipient_id.int >> 80) / 1000, UTC)
    return age < _VALID_FOR and hmac.compare_digest(_hash(keys, recipient_id), given)


async def return_path_route(tx: Tx, address: str) -> Recipient | None:
    """For `mail/intake`: bounces go to the mailbox that sent. An ExtraRoute.

    Raises NotFound for a return path that nobody here made, or too long ago.
    """
    address = canonical(address)
    found = recipient_of(address)
    if found is None:
        return None
    recipient_id, given = found
    workspace_id = await store.workspace_of_domain(tx, address.rpartition("@")[2])
    if workspace_id is None:
        raise NotFound(_VOID)
    keys = await tx.database.service(Vault).keyring_of(tx, workspace_id)
    if not is_ours(keys, recipient_id, given):
        raise NotFound(_VOID)
    rows = await store.find_recipients(tx, workspace_id, [recipient_id])
    if not rows or rows[0]["mailbox_id"] is None:
        raise NotFound(_VOID)
    return Recipient(
        workspace_id=workspace_id,
        mailbox_id=rows[0]["mailbox_id"],
        address=address,
        door="dsn",
    )


def _hash(keys: Keyring, recipient_id: UUID) -> bytes:
    return keys.hash("return-path", recipient_id.bytes, _HASH_SIZE)
