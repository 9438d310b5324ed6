"""Operations on items."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from email import message_from_bytes, policy
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from tests.support.ews_server.mailbox import Mailbox, StoredFolder, StoredItem
from tests.support.ews_server.reading import (
    NAMES,
    Failed,
    answer,
    failure,
    ids,
    item_id,
    local,
    success,
    tag,
    text,
    true,
    wanted,
)

FLAG_STATUS, LAST_VERB, MESSAGE_FLAGS, DELIVERY_TIME = "0x1090", "0x1081", "0xe07", "0xe06"
_UNSENT = 8  # [MS-OXCMSG] 2.2.1.6: mfUnsent
_MOST = 1000


def get_item(mailbox: Mailbox, asked: Element, codes: dict[str, str]) -> str:
    """EWS getitem-operation-email-message; `codes`: items it cannot give, and what it says."""
    shape = wanted(asked)
    mime = true(asked, "m:ItemShape/t:IncludeMimeContent") or "item:MimeContent" in shape
    messages = []
    for id, _ in ids(asked, "m:ItemIds/t:ItemId"):
        try:
            folder = _holding(mailbox, id)
            if mime and id in codes:
                raise Failed(codes[id])
        except Failed as failed:
            messages.append(failure("GetItem", failed, "<m:Items/>"))
        else:
            element = shown(folder.items[id], shape, mime=mime)
            messages.append(success("GetItem", f"<m:Items>{element}</m:Items>"))
    return answer("GetItem", "".join(messages))


def find_item(mailbox: Mailbox, asked: Element) -> str:
    """EWS finditem-operation: the newest first, or those with some Message-IDs."""
    (place,) = asked.findall("m:ParentFolderIds/*", NAMES)
    folder = _folder(mailbox, place)
    found = sorted(folder.items.values(), key=lambda each: each.received, reverse=True)
    constants = asked.findall("m:Restriction//t:Constant", NAMES)
    if asked.find("m:Restriction", NAMES) is not None:
        values = {each.get("Value") for each in constants}
        found = [each for each in found if each.message_id in values]
    view = asked.find("m:IndexedPageItemView", NAMES)
    most = min(int(view.get("MaxEntriesReturned", "1000")) if view is not None else _MOST, _MOST)
    page = "".join(shown(each, wanted(asked)) for each in found[:most])
    last = "true" if len(found) <= most else "false"
    return answer(
        "FindItem",
        success(
            "FindItem",
            f'<m:RootFolder IndexedPagingOffset="{min(most, len(found))}" '
            f'TotalItemsInView="{len(found)}" IncludesLastItemInRange="{last}">'
            f"<t:Items>{page}</t:Items></m:RootFolder>",
        ),
    )


def update_item(mailbox: Mailbox, asked: Element) -> str:
    """EWS updateitem-operation."""
    if asked.get("MessageDisposition") is None:
        raise Failed("ErrorMessageDispositionRequired")  # EWS updateitem: required for messages
    resolution = asked.get("ConflictResolution", "AutoResolve")
    silent = asked.get("SuppressReadReceipts") == "true"
    messages = []
    for change in asked.findall("m:ItemChanges/t:ItemChange", NAMES):
        ((id, key),) = ids(change, "t:ItemId")
        try:
            folder = _holding(mailbox, id)
            if not key and resolution != "AlwaysOverwrite":
                raise Failed("ErrorChangeKeyRequiredForWriteOperations")
            # EWS updateitem: "If there is a conflict, the update operation fails".
            if resolution == "NeverOverwrite" and key != folder.items[id].change_key:
                raise Failed("ErrorIrresolvableConflict")
            changed = _update(mailbox, folder, id, change, silent=silent)
        except Failed as failed:
            messages.append(failure("UpdateItem", failed, "<m:Items/>"))
        else:
            element = f"<t:Message>{item_id(changed.id, changed.change_key)}</t:Message>"
            messages.append(success("UpdateItem", f"<m:Items>{element}</m:Items>"))
    return answer("UpdateItem", "".join(messages))


def move_item(mailbox: Mailbox, asked: Element) -> str:
    """EWS moveitem-operation: the new ids, within one mailbox."""
    (place,) = asked.findall("m:ToFolderId/*", NAMES)
    target = _folder(mailbox, place)

    def move(folder: StoredFolder, id: str) -> str:
        moved = mailbox.move(folder, id, target)
        element = f"<t:Message>{item_id(moved.id, moved.change_key)}</t:Message>"
        return f"<m:Items>{element}</m:Items>"

    return _each(mailbox, asked, "MoveItem", move)


def delete_item(mailbox: Mailbox, asked: Element) -> str:
    """EWS deleteitem-operation."""
    kind = asked.get("DeleteType")

    def delete(folder: StoredFolder, id: str) -> str:
        if kind == "MoveToDeletedItems":
            mailbox.move(folder, id, mailbox.folder("deleteditems"))
        else:
            mailbox.remove(folder, id, recoverable=kind == "SoftDelete")
        return ""

    return _each(mailbox, asked, "DeleteItem", delete)


def create_item(mailbox: Mailbox, asked: Element, rewritten: Callable[[bytes], bytes]) -> str:
    """EWS createitem-operation-email-message, from MimeContent, saved. `rewritten` is what Exchange
    makes of it: content is kept as properties and made into MIME again.
    """
    if asked.get("MessageDisposition") != "SaveOnly":
        raise Failed("ErrorInvalidRequest", "Nobody here sends like that.")
    place = asked.find("m:SavedItemFolderId/*", NAMES)
    messages = []
    for each in asked.findall("m:Items/*", NAMES):
        raw = b64decode(text(each, "t:MimeContent"), validate=True)
        try:
            folder = _folder(mailbox, place) if place is not None else mailbox.folder("drafts")
            made = _create(mailbox, folder, each, rewritten(raw))
        except Failed as failed:
            messages.append(failure("CreateItem", failed, "<m:Items/>"))
            continue
        element = f"<t:Message>{item_id(made.id, made.change_key)}</t:Message>"
        messages.append(success("CreateItem", f"<m:Items>{element}</m:Items>"))
    return answer("CreateItem", "".join(messages))


def send_item(mailbox: Mailbox, asked: Element) -> str:
    """EWS senditem-operation: with the newest change key only; the copy is a new item."""
    (place,) = asked.findall("m:SavedItemFolderId/*", NAMES)
    keys = dict(ids(asked, "m:ItemIds/t:ItemId"))

    def leave(folder: StoredFolder, id: str) -> str:
        item = folder.items[id]
        if not keys[id]:
            raise Failed("ErrorChangeKeyRequired")
        if keys[id] != item.change_key:
            raise Failed("ErrorStaleObject")
        mailbox.sent.append(_sent(item.raw))
        copy = mailbox.move(folder, id, _folder(mailbox, place))
        mailbox.change(_folder(mailbox, place), copy.id, draft=False, read=True)
        return ""

    return _each(mailbox, asked, "SendItem", leave)


def shown(item: StoredItem, shape: set[str], *, mime: bool = False) -> str:
    """Only what was asked for, in the schema's order (EWS message-ex15websvcsotherref)."""
    parts = []
    if mime:
        content = b64encode(item.raw).decode()
        parts.append(f'<t:MimeContent CharacterSet="UTF-8">{content}</t:MimeContent>')
    parts.append(item_id(item.id, item.change_key))
    if "item:DateTimeReceived" in shape:
        received = item.received.strftime("%Y-%m-%dT%H:%M:%SZ")
        parts.append(f"<t:DateTimeReceived>{received}</t:DateTimeReceived>")
    if "item:Size" in shape:
        parts.append(f"<t:Size>{len(item.raw) + 900}</t:Size>")  # with all its properties
    if "item:Categories" in shape and item.categories:
        words = "".join(f"<t:String>{escape(each)}</t:String>" for each in item.categories)
        parts.append(f"<t:Categories>{words}</t:Categories>")
    if "item:IsDraft" in shape:
        parts.append(f"<t:IsDraft>{_bool(item.draft)}</t:IsDraft>")
    for name, value in ((FLAG_STATUS, item.flag), (LAST_VERB, item.verb)):
        if name in shape and value:
            parts.append(
                f'<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="{name}" '
                f'PropertyType="Integer"/><t:Value>{value}</t:Value></t:ExtendedProperty>'
            )
    if "message:IsRead" in shape and item.kind not in ("Contact", "CalendarItem"):
        parts.append(f"<t:IsRead>{_bool(item.read)}</t:IsRead>")
    if "message:InternetMessageId" in shape:
        parts.append(f"<t:InternetMessageId>{escape(item.message_id)}</t:InternetMessageId>")
    return f"<t:{item.kind}>{''.join(parts)}</t:{item.kind}>"


def _each(
    mailbox: Mailbox, asked: Element, operation: str, act: Callable[[StoredFolder, str], str]
) -> str:
    messages = []
    for id, _ in ids(asked, "m:ItemIds/t:ItemId"):
        try:
            messages.append(success(operation, act(_holding(mailbox, id), id)))
        except Failed as failed:
            messages.append(failure(operation, failed))
    return answer(operation, "".join(messages))


def _update(
    mailbox: Mailbox, folder: StoredFolder, id: str, change: Element, *, silent: bool
) -> StoredItem:
    told: dict[str, object] = {}
    for each in change.findall("t:Updates/*", NAMES):
        told.update(_field(each))
    now = folder.items[id]
    if told.get("read") and not now.read and now.wants_receipt and not silent:
        mailbox.receipts += 1  # EWS updateitem: sent unless SuppressReadReceipts says not to
    return mailbox.change(folder, id, **told)


def _field(update: Element) -> dict[str, object]:
    """One SetItemField or DeleteItemField; the path and what is set must be the same."""
    gone = local(update) == "DeleteItemField"
    uri = update.find("t:FieldURI", NAMES)
    extended = update.find("t:ExtendedFieldURI", NAMES)
    if uri is not None and uri.get("FieldURI") == "message:IsRead":
        return {"read": true(update, "t:Message/t:IsRead")}
    if uri is not None and uri.get("FieldURI") == "item:Categories":
        words = update.findall("t:Message/t:Categories/t:String", NAMES)
        return {"categories": tuple(each.text or "" for each in words)}
    if extended is not None:
        name = {FLAG_STATUS: "flag", LAST_VERB: "verb"}[tag(extended)]
        value = text(update, "t:Message/t:ExtendedProperty/t:Value")
        return {name: 0 if gone else int(value)}
    raise Failed("ErrorInvalidPropertySet")


def _create(mailbox: Mailbox, folder: StoredFolder, element: Element, raw: bytes) -> StoredItem:
    """All begin as drafts, unless PidTagMessageFlags says otherwise."""
    told = {
        tag(each.find("t:ExtendedFieldURI", NAMES)): text(each, "t:Value")  # type: ignore[arg-type]
        for each in element.findall("t:ExtendedProperty", NAMES)
    }
    flags = int(told.get(MESSAGE_FLAGS, str(_UNSENT)))
    arrived = told.get(DELIVERY_TIME)
    words = element.findall("t:Categories/t:String", NAMES)
    return mailbox.deliver(
        folder,
        raw,
        received=datetime.fromisoformat(arrived) if arrived else None,
        read=true(element, "t:IsRead") or bool(flags & 1),
        draft=bool(flags & _UNSENT),
        categories=tuple(each.text or "" for each in words),
        flag=int(told.get(FLAG_STATUS, "0")),
        verb=int(told.get(LAST_VERB, "0")),
    )


def _sent(raw: bytes) -> bytes:
    """As recipients get it: without Bcc. Raises Failed when there are none."""
    message = message_from_bytes(raw, policy=policy.compat32)
    recipients: Sequence[str] = [
        each for name in ("To", "Cc", "Bcc") for each in message.get_all(name, [])
    ]
    if not recipients:
        raise Failed("ErrorMissingRecipients")
    del message["Bcc"]
    return message.as_bytes()


def _holding(mailbox: Mailbox, id: str) -> StoredFolder:
    folder = mailbox.holding(id)
    if folder is None:
        raise Failed("ErrorItemNotFound", "The specified object was not found in the store.")
    return folder


def _folder(mailbox: Mailbox, place: Element) -> StoredFolder:
    id = place.get("Id", "")
    if local(place) == "DistinguishedFolderId":
        id = mailbox.distinguished.get(id, "")
    if id not in mailbox.folders:
        raise Failed("ErrorFolderNotFound", "The specified folder could not be found.")
    return mailbox.folders[id]


def _bool(value: bool) -> str:
    return "true" if value else "false"
