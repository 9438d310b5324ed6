"""Folders by the id that mail programs know them by (RFC 8474): it stays when they are renamed."""

import re
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.mailboxes.folders import read_folder

_FOLDER = re.compile("F([0-9a-f]{32})")


def folder_object_id(folder_id: UUID) -> str:
    return f"F{folder_id.hex}"


async def folder_by_object_id(tx: Tx, mailbox_id: UUID, object_id: str) -> UUID:
    """Raises NotFound, also for a folder of another mailbox."""
    match = _FOLDER.fullmatch(object_id)
    if match is not None:
        folder = await read_folder(tx, UUID(hex=match[1]))
        if folder.mailbox_id == mailbox_id:
            return folder.id
    raise NotFound("There is no folder of that id.")
