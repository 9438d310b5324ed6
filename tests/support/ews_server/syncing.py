"""SyncFolderItems."""

import base64
import binascii
from xml.etree.ElementTree import Element

from tests.support.ews_server.items import shown
from tests.support.ews_server.mailbox import Mailbox, StoredFolder
from tests.support.ews_server.reading import (
    NAMES,
    Failed,
    answer,
    failure,
    item_id,
    success,
    text,
    wanted,
)

_MOST = 512  # EWS syncfolderitems-operation: "will return a maximum of 512 changes"


def sync_folder_items(mailbox: Mailbox, asked: Element) -> str:
    """EWS syncfolderitems-operation; of read flags alone EWS readflagchange."""
    (place,) = asked.findall("m:SyncFolderId/*", NAMES)
    folder = mailbox.folders.get(place.get("Id", ""))
    if folder is None:
        # HOW handling-synchronization-related-errors-in-ews-in-exchange
        return _failed(Failed("ErrorSyncFolderNotFound"))
    try:
        begin = _place(mailbox, folder, text(asked, "m:SyncState"))
    except Failed as failed:
        return _failed(failed)
    most = min(int(text(asked, "m:MaxChangesReturned")), _MOST)
    if most < 1:
        return _failed(Failed("ErrorInvalidMaxChangesReturned"))
    changes, end = mailbox.since(folder, begin, most)
    told = "".join(_change(folder, happened, id, wanted(asked)) for happened, id in changes)
    last = "true" if end >= len(folder.log) else "false"
    return answer(
        "SyncFolderItems",
        success(
            "SyncFolderItems",
            f"<m:SyncState>{_state(mailbox, folder, end)}</m:SyncState>"
            f"<m:IncludesLastItemInRange>{last}</m:IncludesLastItemInRange>"
            f"<m:Changes>{told}</m:Changes>",
        ),
    )


def _change(folder: StoredFolder, happened: str, id: str, shape: set[str]) -> str:
    """HOW how-to-synchronize-items-by-using-ews-in-exchange."""
    if happened == "delete":
        return f"<t:Delete>{item_id(id, 'AAAAAA==')}</t:Delete>"
    item = folder.items[id]
    if happened == "read":
        read = "true" if item.read else "false"
        return (
            f"<t:ReadFlagChange>{item_id(id, item.change_key)}<t:IsRead>{read}</t:IsRead>"
            "</t:ReadFlagChange>"
        )
    kind = "Create" if happened == "create" else "Update"
    return f"<t:{kind}>{shown(item, shape)}</t:{kind}>"


def _state(mailbox: Mailbox, folder: StoredFolder, place: int) -> str:
    return base64.b64encode(f"{mailbox.epoch} {folder.id} {place}".encode()).decode()


def _place(mailbox: Mailbox, folder: StoredFolder, state: str) -> int:
    if not state:
        return 0
    try:
        epoch, id, place = base64.b64decode(state, validate=True).decode().split(" ")
    except (binascii.Error, ValueError):
        epoch, id, place = "", "", "0"
    if epoch != str(mailbox.epoch) or id != folder.id:
        raise Failed(
            "ErrorInvalidSyncStateData",
            "Synchronization state data is corrupt or otherwise invalid.",
        )
    return int(place)


def _failed(failed: Failed) -> str:
    """EWS syncfolderitems-operation, "SyncFolderItems error response"."""
    content = "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>"
    return answer("SyncFolderItems", failure("SyncFolderItems", failed, content))
