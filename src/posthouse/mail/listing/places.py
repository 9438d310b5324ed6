"""Which mailbox and folder a request means: by id, or by the names people know them by."""

from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.mail.mailboxes.folders import find_folder, list_folders
from posthouse.protocols import mime
from posthouse.security.access import mailboxes_of
from posthouse.security.members import Actor


async def locate(
    tx: Tx, actor: Actor, mailbox: str | None, folder: str | None
) -> tuple[UUID | None, UUID | None]:
    """(mailbox, folder) as ids; None where nothing was named.

    A mailbox is named by its id or its address, a folder by its id, its name or its use ("inbox",
    "sent" …) in that mailbox, or in the actor's own. Raises NotFound for what the actor does not
    have, Invalid for what can be no mailbox.
    """
    mailbox_id = await _mailbox(tx, actor, mailbox) if mailbox else None
    folder_id = _as_id(folder) if folder else None
    if folder and folder_id is None:
        folder_id = await _folder(tx, mailbox_id or await _own(tx, actor), folder)
    return mailbox_id, folder_id


async def _mailbox(tx: Tx, actor: Actor, named: str) -> UUID:
    known = _as_id(named)
    if known is not None:
        return known
    if "@" not in named:
        raise Invalid("A mailbox is named by its id or its address.", field="mailbox")
    wanted = mime.canonical(named)
    for each in await mailboxes_of(tx, actor):
        if each.address == wanted:
            return each.id
    raise NotFound("There is no such mailbox.")


async def _own(tx: Tx, actor: Actor) -> UUID:
    for each in await mailboxes_of(tx, actor):
        return each.id
    raise Invalid("Name the mailbox of the folder.", field="mailbox")


async def _folder(tx: Tx, mailbox_id: UUID, named: str) -> UUID:
    for each in await list_folders(tx, mailbox_id):
        if named.casefold() == each.special_use:
            return each.id
    return await find_folder(tx, mailbox_id, named)


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
