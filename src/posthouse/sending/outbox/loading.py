"""Opening what a worker leased: addresses and contents, one transaction for each workspace."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Database, Row, Tx
from posthouse.security.vault import Keyring, keyring
from posthouse.security.vault.blobs import read_blobs
from posthouse.sending.outbox import store
from posthouse.sending.outbox.model import Leased, Message, Parcel
from posthouse.sending.outbox.requests import open_request
from posthouse.sending.outbox.return_path import make_return_path
from posthouse.sending.outbox.rewriting import rewritten


async def load_parcels(database: Database, leased: Sequence[Leased]) -> list[Parcel]:
    """What is to be delivered; recipients that were finished meanwhile leave the queue."""
    by_workspace: dict[UUID, list[Leased]] = {}
    for each in leased:
        by_workspace.setdefault(each.workspace_id, []).append(each)
    parcels: list[Parcel] = []
    for workspace_id, group in by_workspace.items():
        async with database.workspace(workspace_id) as tx:
            parcels += await _load(tx, group)
    return parcels


async def _load(tx: Tx, leased: Sequence[Leased]) -> list[Parcel]:
    keys = await keyring(tx)
    rows = {row["recipient_id"]: row for row in await store.read_parcels(tx, _ids(leased))}
    bodies = await read_blobs(tx, list({row["body_blob_id"] for row in rows.values()}))
    messages: dict[UUID, Message] = {}
    parcels: list[Parcel] = []
    await store.forget(tx, [each for each in _ids(leased) if each not in rows])
    for each in leased:
        row = rows.get(each.recipient_id)
        if row is None:
            continue
        message = messages.get(row["id"])
        if message is None:
            message = messages[row["id"]] = _message(keys, row, bodies[row["body_blob_id"]])
        address = keys.decrypt("outbox_recipients", "address", each.recipient_id, row["address"])
        parcels.append(
            Parcel(
                leased=each,
                message=message,
                address=address.decode(),
                return_path=await _return_path(tx, keys, each, message),
                delay_told=row["delay_told"],
                request=open_request(keys, each.recipient_id, row["request"]),
            )
        )
    return parcels


def _message(keys: Keyring, row: Row, body: bytes) -> Message:
    key = keys.open_data_key(row["id"], row["wrapped"], row["generation"])
    header = key.decrypt("outbox_messages", "header", row["id"], row["header"])
    mail_from = keys.decrypt("outbox_messages", "mail_from", row["id"], row["mail_from"])
    return Message(
        id=row["id"],
        mailbox_id=row["mailbox_id"],
        mailbox_message_id=row["mailbox_message_id"],
        submitted_by=row["submitted_by"],
        mail_from=mail_from.decode(),
        content=header + body,
        header_size=len(header),
        smtputf8=row["smtputf8"],
        created_at=row["created_at"],
        held_until=row["held_until"],
        give_up_at=row["give_up_at"],
        forwarded_by=row["forwarded_by"],
    )


async def _return_path(tx: Tx, keys: Keyring, leased: Leased, message: Message) -> str:
    """Of our own mail it leads to the recipient, of others' mail to who sent it; an account's
    server takes no other than the account's address.
    """
    if leased.elsewhere is not None:
        return message.mail_from
    if message.forwarded_by is None:
        return make_return_path(keys, leased.recipient_id, message.mail_from)
    return await rewritten(tx, message.mail_from, message.forwarded_by)


def _ids(leased: Sequence[Leased]) -> list[UUID]:
    return [each.recipient_id for each in leased]
