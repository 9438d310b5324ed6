"""Whom a mailbox knows: the people of the house, and those it wrote to."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.model import Role
from posthouse.mail.mailboxes.prepare import address_row
from posthouse.protocols import mime
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.mailboxes", "correspondents.sql")
_MOST_LOOKED_AT = 10_000


async def first_known(tx: Tx, mailbox_id: UUID, addresses: Sequence[str]) -> str | None:
    """The first of these that the mailbox knows, as it is known by."""
    keys = await keyring(tx)
    asked = [mime.canonical(_writable(address)) for address in addresses]
    place: int | None = await tx.value(
        SQL["first_known"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        addresses=asked,
        address_ids=[address_row(keys, address).id for address in asked],
        roles=[Role.TO, Role.CC],
        most=_MOST_LOOKED_AT,
    )
    return None if place is None else asked[place - 1]


def _writable(address: str) -> str:
    """What a header says may be no text that a database can be asked for."""
    return address.encode("utf-8", "replace").decode().replace("\0", "?")
