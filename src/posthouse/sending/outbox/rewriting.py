"""Return paths of mail that is sent on for others (SRS), and the keys they are made with.

A key makes return paths for thirty days. The next one follows by itself; the old one is kept for as
long as what it made may come back, and erased then.
"""

import os
from datetime import datetime, timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import NotFound
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.foundation.sql import load_queries
from posthouse.mail.intake import Recipient
from posthouse.protocols.mime import canonical
from posthouse.protocols.smtp.address import BadAddress, parse_address
from posthouse.protocols.srs import NotOurs, TooOld, is_rewritten, restore, rewrite
from posthouse.security.vault import Vault
from posthouse.sending.outbox import store

SQL = load_queries("posthouse.sending.outbox", "rewriting.sql")
_MAKES_FOR = timedelta(days=30)
_SECRET = "srs_keys", "secret"
_VOID = "This return path is not of a message from here."
_LATE = "This return path is too old: the message left long ago."


async def rewritten(tx: Tx, mail_from: str, domain: str) -> str:
    """The return path at `domain` for mail of that sender; "" stays "".

    RFC 5321 4.5.1 lets a sender be just `postmaster`: nobody elsewhere could answer him.
    """
    if "@" not in mail_from:
        return ""
    now = clock.now()
    return str(rewrite(parse_address(mail_from), domain, await _making_key(tx, now), now))


async def srs_route(tx: Tx, address: str) -> Recipient | None:
    """For `mail/intake`: reports go on to the sender whose mail we sent on. An ExtraRoute.

    Raises NotFound for a return path that nobody here made, or too long ago.
    """
    local, _, domain = address.rpartition("@")
    if not is_rewritten(local):
        return None
    workspace_id = await store.workspace_of_domain(tx, canonical(f"x@{domain}")[2:])
    if workspace_id is None:
        raise NotFound(_VOID)
    now, days = clock.now(), tx.database.service(Settings).srs_days
    keys = [secret for _, secret in await _keys(tx, workspace_id, now)]
    try:
        sender = restore(parse_address(address).local, keys, now, days)
        onward = str(parse_address(str(sender)))
    except TooOld:
        raise NotFound(_LATE) from None
    except (NotOurs, BadAddress):
        raise NotFound(_VOID) from None
    return Recipient(
        workspace_id=workspace_id,
        mailbox_id=None,
        address=canonical(address),
        door="dsn",
        onward=(onward,),
    )


async def _making_key(tx: Tx, now: datetime) -> bytes:
    """The newest one. Two processes that make one at once leave two, and both read."""
    known = await _keys(tx, tx.workspace, now)
    if known and now - known[0][0] < _MAKES_FOR:
        return known[0][1]
    keys = await tx.database.service(Vault).keyring(tx)
    key_id, secret = new_id(), os.urandom(32)
    sealed = keys.encrypt(*_SECRET, key_id, secret)
    here = {"workspace_id": tx.workspace}
    await tx.execute(SQL["insert_key"], **here, id=key_id, secret=sealed, now=now)
    await tx.execute(SQL["forget_keys"], **here, before=_oldest(tx, now))
    return secret


async def _keys(tx: Tx, workspace_id: UUID, now: datetime) -> list[tuple[datetime, bytes]]:
    """The newest first; none whose last return path is too old."""
    since = _oldest(tx, now)
    rows = await tx.rows(SQL["read_keys"], workspace_id=workspace_id, since=since)
    if not rows:
        return []
    keys = await tx.database.service(Vault).keyring_of(tx, workspace_id)
    return [(row["made_at"], keys.decrypt(*_SECRET, row["id"], row["secret"])) for row in rows]


def _oldest(tx: Tx, now: datetime) -> datetime:
    return now - _MAKES_FOR - timedelta(days=tx.database.service(Settings).srs_days + 1)
