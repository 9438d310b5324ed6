"""Messages that are here already under another number or in another folder, known by their headers:
moved there, or the folder was numbered anew (UIDVALIDITY). Their content is not fetched again.

What is leaving and of the same size and time (INTERNALDATE) as what is new may be the same. It is,
if the header is, and has a Message-ID; in any doubt the content is fetched and decides.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol
from uuid import UUID

from posthouse.foundation.db import Database, Row, Tx
from posthouse.mail.accounts import ledger
from posthouse.mail.accounts.headers import digest_and_name
from posthouse.mail.accounts.ledger import Waiting
from posthouse.mail.accounts.model import Body
from posthouse.mail.accounts.storing import Target, store_known
from posthouse.mail.mailboxes.reading import header_of, read_stored
from posthouse.protocols.mime import to_crlf
from posthouse.security.vault import keyring

_AT_ONCE = 200


class HasHeaders(Protocol):
    """As `Driver` has them."""

    async def headers(self, uids: Sequence[int]) -> list[Body]: ...


async def recognise(
    database: Database, driver: HasHeaders, target: Target, waiting: Sequence[Waiting]
) -> int:
    """Of the open folder's waiting items; how many are stored now. Raises AccountError."""
    count = 0
    for some in _slices(waiting):
        async with database.workspace(target.account.workspace_id) as tx:
            uids = [item.uid for item in some]
            alike = await ledger.leaving_alike(
                tx, target.account.id, target.folder, target.folder_id, uids
            )
            ours = await _digests(tx, {row["mailbox_message_id"] for row in alike})
        if not alike:
            continue
        wanted = sorted({row["new_uid"] for row in alike})
        theirs = {body.uid: digest_and_name(body.raw, 0) for body in await driver.headers(wanted)}
        known: list[tuple[Waiting, Row]] = []
        taken: set[UUID] = set()
        for item in some:
            digest, named = theirs.get(item.uid, (b"", False))
            row = _first(alike, item.uid, digest, ours, taken) if named else None
            if row is not None:
                taken.add(row["mailbox_message_id"])
                known.append((item, row))
        async with database.workspace(target.account.workspace_id) as tx:
            await store_known(tx, target, known)
        count += len(known)
    return count


def _first(
    alike: Sequence[Row],
    uid: int,
    digest: bytes,
    ours: dict[UUID, bytes],
    taken: set[UUID],
) -> Row | None:
    for row in alike:
        message = row["mailbox_message_id"]
        if row["new_uid"] == uid and message not in taken and ours.get(message) == digest:
            return row
    return None


async def _digests(tx: Tx, messages: set[UUID]) -> dict[UUID, bytes]:
    if not messages:
        return {}
    keys = await keyring(tx)
    return {
        row["mailbox_message_id"]: digest_and_name(to_crlf(header_of(keys, row)), 0)[0]
        for row in await read_stored(tx, sorted(messages))
    }


def _slices(waiting: Sequence[Waiting]) -> Iterator[Sequence[Waiting]]:
    for start in range(0, len(waiting), _AT_ONCE):
        yield waiting[start : start + _AT_ONCE]
