"""Sending by Exchange: first a draft, then SendItem, which moves it to Sent Items.

The draft is what tells whether an attempt went through of which nobody heard the end: as long as
it is a draft, it has not left. CreateItem with SendAndSaveCopy is one request less, and leaves
nothing to ask for.
"""

from posthouse.mail.accounts.errors import Broken, Refused
from posthouse.mail.accounts.ews.client import Client
from posthouse.mail.accounts.ews.items import items_now, read_one
from posthouse.mail.accounts.keyed.driver import Told
from posthouse.protocols import mime
from posthouse.protocols.ews import requests
from posthouse.protocols.ews.objects import ItemInfo

# Where it may be when it is no draft: Exchange works off its Outbox by itself.
_GONE_TO = ("sentitems", "outbox")
# An attempt is known by the id of its draft, which no copy in Sent may be taken for.
_DRAFT = b"draft "


async def send(client: Client, raw: bytes, begun: bytes | None, told: Told) -> None:
    """Once. Raises as `KeyedDriver.send` says."""
    identity = _message_id(raw)
    draft = await _draft(client, begun, identity)
    if draft is None:
        if begun is not None and await _has_left(client, identity):
            return
        draft = await _made(client, raw)
    await told(_DRAFT + draft.id.encode())
    try:
        await client.one(requests.send_item(draft.id, draft.change_key))
    except Refused:
        await client.each(requests.delete_items([draft.id]), [draft.id])
        raise


async def _draft(client: Client, begun: bytes | None, identity: str) -> ItemInfo | None:
    """The one of an attempt before; also when nobody heard that it was made."""
    if begun is not None:
        item_id = begun.removeprefix(_DRAFT).decode()
        return (await items_now(client, [item_id])).get(item_id)
    if not identity:
        return None
    for item_id in await _with_id(client, "drafts", identity):
        return (await items_now(client, [item_id])).get(item_id)
    return None


async def _made(client: Client, raw: bytes) -> ItemInfo:
    for each in (await client.one(requests.create_item(raw))).within("Items"):
        return read_one(each)
    raise Broken("The server does not say what it made of a message.")


async def _has_left(client: Client, identity: str) -> bool:
    if not identity:
        return True  # twice would be worse than not at all
    return any([await _with_id(client, folder, identity) for folder in _GONE_TO])


async def _with_id(client: Client, folder: str, identity: str) -> list[str]:
    asked = requests.find_message_ids(folder, [identity], distinguished=True)
    message = await client.one(asked)
    return [read_one(each).id for each in message.within("RootFolder", "Items")]


def _message_id(raw: bytes) -> str:
    """With its brackets; \"\" without one."""
    end = raw.find(b"\r\n\r\n")
    found = mime.message_id(mime.scan(raw if end < 0 else raw[: end + 4]))
    return f"<{found}>" if found else ""
