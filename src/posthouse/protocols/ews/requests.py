"""Requests of EWS as bytes; each function is one operation, named as there."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

Version = Literal["Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1"]
# The newest that says anything we need, then older ones (EWS: requestserverversion).
VERSIONS: tuple[Version, ...] = ("Exchange2013_SP1", "Exchange2013", "Exchange2010_SP2")
MOST_CHANGES = 512  # SyncFolderItems returns no more, whatever is asked for

# MAPI properties, as PropertyTag and PropertyType of ExtendedFieldURI.
FLAG_STATUS = ("0x1090", "Integer")  # [MS-OXOFLAG] 2.2.1.1 PidTagFlagStatus
LAST_VERB = ("0x1081", "Integer")  # [MS-OXOMSG] 2.2.1.4 PidTagLastVerbExecuted
MESSAGE_FLAGS = ("0xE07", "Integer")  # [MS-OXCMSG] 2.2.1.6 PidTagMessageFlags
DELIVERY_TIME = ("0xE06", "SystemTime")  # [MS-OXOMSG] 2.2.3.9 PidTagMessageDeliveryTime
HIDDEN = ("0x10F4", "Boolean")  # [MS-OXCFOLD] 2.2.2.2.2.1 PidTagAttributeHidden
Property = tuple[str, str]

_TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
_MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_ITEM_FIELDS = (
    "item:Size",
    "item:DateTimeReceived",
    "item:Categories",
    "item:IsDraft",
    "message:IsRead",
)
_FOLDER_FIELDS = (
    "folder:DisplayName",
    "folder:ParentFolderId",
    "folder:FolderClass",
    "folder:TotalCount",
    "folder:ChildFolderCount",
)
_EVENTS = ("NewMail", "Created", "Deleted", "Modified", "Moved", "Copied")


def envelope(version: Version, body: str) -> bytes:
    """A request as it is sent."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{_SOAP}" xmlns:t="{_TYPES}" xmlns:m="{_MESSAGES}">'
        f'<s:Header><t:RequestServerVersion Version="{version}"/></s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


# -- folders


def get_folder(folders: Sequence[str], *, distinguished: bool = False) -> str:
    """By ids, or by distinguished names."""
    ids = _distinguished(folders) if distinguished else _folders(folders)
    return f"<m:GetFolder>{_folder_shape()}<m:FolderIds>{ids}</m:FolderIds></m:GetFolder>"


def find_folder(offset: int, most: int) -> str:
    """All below the mailbox's root, page by page."""
    return (
        f'<m:FindFolder Traversal="Deep">{_folder_shape()}'
        f'<m:IndexedPageFolderView MaxEntriesReturned="{most}" Offset="{offset}" '
        'BasePoint="Beginning"/><m:ParentFolderIds>'
        f"{_distinguished(['msgfolderroot'])}</m:ParentFolderIds></m:FindFolder>"
    )


def create_folder(parent: str, name: str) -> str:
    """Below `parent`, or the mailbox's root with ""; for mail."""
    place = _folders([parent]) if parent else _distinguished(["msgfolderroot"])
    return (
        f"<m:CreateFolder><m:ParentFolderId>{place}</m:ParentFolderId><m:Folders><t:Folder>"
        f"<t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>{_text(name)}</t:DisplayName>"
        "</t:Folder></m:Folders></m:CreateFolder>"
    )


def rename_folder(folder: str, name: str) -> str:
    """UpdateFolder of its name."""
    return (
        f"<m:UpdateFolder><m:FolderChanges><t:FolderChange>{_folders([folder])}<t:Updates>"
        '<t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/><t:Folder>'
        f"<t:DisplayName>{_text(name)}</t:DisplayName></t:Folder></t:SetFolderField>"
        "</t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>"
    )


def move_folder(folder: str, parent: str) -> str:
    """Below `parent`, or the mailbox's root with ""."""
    place = _folders([parent]) if parent else _distinguished(["msgfolderroot"])
    return (
        f"<m:MoveFolder><m:ToFolderId>{place}</m:ToFolderId>"
        f"<m:FolderIds>{_folders([folder])}</m:FolderIds></m:MoveFolder>"
    )


def delete_folder(folder: str, *, for_good: bool) -> str:
    """EWS has no soft deletion of folders: what lies in them is gone with them."""
    kind = "HardDelete" if for_good else "MoveToDeletedItems"
    return (
        f'<m:DeleteFolder DeleteType="{kind}">'
        f"<m:FolderIds>{_folders([folder])}</m:FolderIds></m:DeleteFolder>"
    )


# -- items


def sync_folder_items(folder: str, state: str, most: int) -> str:
    """What happened in a folder since `state`; all there is with ""."""
    known = f"<m:SyncState>{_text(state)}</m:SyncState>" if state else ""
    return (
        f"<m:SyncFolderItems>{_item_shape()}<m:SyncFolderId>{_folders([folder])}</m:SyncFolderId>"
        f"{known}<m:MaxChangesReturned>{min(most, MOST_CHANGES)}</m:MaxChangesReturned>"
        "<m:SyncScope>NormalItems</m:SyncScope></m:SyncFolderItems>"
    )


def find_newest(folder: str, most: int) -> str:
    """FindItem: the newest of a folder, the newest first."""
    return (
        f'<m:FindItem Traversal="Shallow">{_item_shape()}'
        f'<m:IndexedPageItemView MaxEntriesReturned="{most}" Offset="0" BasePoint="Beginning"/>'
        '<m:SortOrder><t:FieldOrder Order="Descending">'
        '<t:FieldURI FieldURI="item:DateTimeReceived"/></t:FieldOrder></m:SortOrder>'
        f"<m:ParentFolderIds>{_folders([folder])}</m:ParentFolderIds></m:FindItem>"
    )


def find_message_ids(
    folder: str, message_ids: Sequence[str], *, distinguished: bool = False
) -> str:
    """FindItem: those with one of some Message-IDs."""
    place = _distinguished([folder]) if distinguished else _folders([folder])
    tests = "".join(
        '<t:IsEqualTo><t:FieldURI FieldURI="message:InternetMessageId"/><t:FieldURIOrConstant>'
        f"<t:Constant Value={_quoted(each)}/></t:FieldURIOrConstant></t:IsEqualTo>"
        for each in message_ids
    )
    test = f"<t:Or>{tests}</t:Or>" if len(message_ids) > 1 else tests
    return (
        '<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>'
        '<t:AdditionalProperties><t:FieldURI FieldURI="message:InternetMessageId"/>'
        "</t:AdditionalProperties></m:ItemShape>"
        f"<m:Restriction>{test}</m:Restriction>"
        f"<m:ParentFolderIds>{place}</m:ParentFolderIds></m:FindItem>"
    )


def get_items(items: Sequence[str]) -> str:
    """How they stand now."""
    return f"<m:GetItem>{_item_shape()}<m:ItemIds>{_items(items)}</m:ItemIds></m:GetItem>"


def get_content(items: Sequence[str]) -> str:
    """Their MIME content."""
    return (
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>"
        "<t:IncludeMimeContent>true</t:IncludeMimeContent></m:ItemShape>"
        f"<m:ItemIds>{_items(items)}</m:ItemIds></m:GetItem>"
    )


def update_items(changes: Iterable[str], *, overwrite: bool, version: Version) -> str:
    """Changes made by `item_change`. Nobody is told that a mail was read (SuppressReadReceipts, as
    far as the server knows it): that is for a person to say. `overwrite`: whatever happened
    meanwhile; else each change fails unless its item still has its change key.
    """
    resolution = "AlwaysOverwrite" if overwrite else "NeverOverwrite"
    silent = ' SuppressReadReceipts="true"' if version == "Exchange2013_SP1" else ""
    return (
        f'<m:UpdateItem ConflictResolution="{resolution}" MessageDisposition="SaveOnly"{silent}>'
        f"<m:ItemChanges>{''.join(changes)}</m:ItemChanges></m:UpdateItem>"
    )


def item_change(item: str, change_key: str, updates: Sequence[str]) -> str:
    """Updates of one item, for `update_items`; "" is no change key."""
    key = f" ChangeKey={_quoted(change_key)}" if change_key else ""
    return (
        f"<t:ItemChange><t:ItemId Id={_quoted(item)}{key}/>"
        f"<t:Updates>{''.join(updates)}</t:Updates></t:ItemChange>"
    )


def set_read(read: bool) -> str:
    """An update: read or not."""
    return _set_field("message:IsRead", f"<t:IsRead>{_bool(read)}</t:IsRead>")


def set_categories(words: Sequence[str]) -> str:
    """An update: all its categories."""
    if not words:
        return '<t:DeleteItemField><t:FieldURI FieldURI="item:Categories"/></t:DeleteItemField>'
    strings = "".join(f"<t:String>{_text(word)}</t:String>" for word in words)
    return _set_field("item:Categories", f"<t:Categories>{strings}</t:Categories>")


def set_property(name: Property, value: int) -> str:
    """An update of a MAPI property."""
    return (
        f"<t:SetItemField>{_uri(name)}<t:Message>{_extended(name, str(value))}</t:Message>"
        "</t:SetItemField>"
    )


def drop_property(name: Property) -> str:
    """An update: without that MAPI property."""
    return f"<t:DeleteItemField>{_uri(name)}</t:DeleteItemField>"


def move_items(items: Sequence[str], target: str) -> str:
    """Their new ids are in the answer, in the same order."""
    return (
        f"<m:MoveItem><m:ToFolderId>{_folders([target])}</m:ToFolderId>"
        f"<m:ItemIds>{_items(items)}</m:ItemIds></m:MoveItem>"
    )


def delete_items(items: Sequence[str]) -> str:
    """To the dumpster, as EXPUNGE over Exchange's IMAP does: its owner may still bring it back."""
    return (
        '<m:DeleteItem DeleteType="SoftDelete" SendMeetingCancellations="SendToNone" '
        f'AffectedTaskOccurrences="AllOccurrences"><m:ItemIds>{_items(items)}</m:ItemIds>'
        "</m:DeleteItem>"
    )


def create_item(
    raw: bytes,
    *,
    folder: str = "",
    categories: Sequence[str] = (),
    properties: Sequence[tuple[Property, str]] = (),
    read: bool | None = None,
) -> str:
    """A message from its MIME content, saved; without a folder as a draft."""
    place = _folders([folder]) if folder else _distinguished(["drafts"])
    content = b64encode(raw).decode()
    words = "".join(f"<t:String>{_text(word)}</t:String>" for word in categories)
    told = f"<t:Categories>{words}</t:Categories>" if words else ""
    told += "".join(_extended(name, value) for name, value in properties)
    seen = "" if read is None else f"<t:IsRead>{_bool(read)}</t:IsRead>"
    return (
        '<m:CreateItem MessageDisposition="SaveOnly">'
        f"<m:SavedItemFolderId>{place}</m:SavedItemFolderId><m:Items><t:Message>"
        f'<t:MimeContent CharacterSet="UTF-8">{content}</t:MimeContent>{told}{seen}'
        "</t:Message></m:Items></m:CreateItem>"
    )


def send_item(item: str, change_key: str) -> str:
    """A draft; the copy in Sent Items is another item."""
    return (
        '<m:SendItem SaveItemToFolder="true"><m:ItemIds>'
        f"<t:ItemId Id={_quoted(item)} ChangeKey={_quoted(change_key)}/></m:ItemIds>"
        f"<m:SavedItemFolderId>{_distinguished(['sentitems'])}</m:SavedItemFolderId></m:SendItem>"
    )


def system_time(when: datetime) -> str:
    """As a property of type SystemTime."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- news


def subscribe() -> str:
    """To all folders, for a stream."""
    events = "".join(f"<t:EventType>{each}Event</t:EventType>" for each in _EVENTS)
    return (
        '<m:Subscribe><m:StreamingSubscriptionRequest SubscribeToAllFolders="true">'
        f"<t:EventTypes>{events}</t:EventTypes>"
        "</m:StreamingSubscriptionRequest></m:Subscribe>"
    )


def get_streaming_events(subscription: str, minutes: int) -> str:
    """The stream itself."""
    return (
        "<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>"
        f"{_text(subscription)}</t:SubscriptionId></m:SubscriptionIds>"
        f"<m:ConnectionTimeout>{minutes}</m:ConnectionTimeout></m:GetStreamingEvents>"
    )


# -- parts


def _folder_shape() -> str:
    return (
        "<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>"
        f"<t:AdditionalProperties>{_fields(_FOLDER_FIELDS)}{_uri(HIDDEN)}"
        "</t:AdditionalProperties></m:FolderShape>"
    )


def _item_shape() -> str:
    return (
        "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
        f"{_fields(_ITEM_FIELDS)}{_uri(FLAG_STATUS)}{_uri(LAST_VERB)}"
        "</t:AdditionalProperties></m:ItemShape>"
    )


def _fields(names: Iterable[str]) -> str:
    return "".join(f'<t:FieldURI FieldURI="{name}"/>' for name in names)


def _uri(name: Property) -> str:
    tag, kind = name
    return f'<t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="{kind}"/>'


def _extended(name: Property, value: str) -> str:
    return f"<t:ExtendedProperty>{_uri(name)}<t:Value>{_text(value)}</t:Value></t:ExtendedProperty>"


def _set_field(name: str, value: str) -> str:
    return (
        f'<t:SetItemField><t:FieldURI FieldURI="{name}"/>'
        f"<t:Message>{value}</t:Message></t:SetItemField>"
    )


def _folders(ids: Iterable[str]) -> str:
    return "".join(f"<t:FolderId Id={_quoted(each)}/>" for each in ids)


def _distinguished(names: Iterable[str]) -> str:
    return "".join(f"<t:DistinguishedFolderId Id={_quoted(each)}/>" for each in names)


def _items(ids: Iterable[str]) -> str:
    return "".join(f"<t:ItemId Id={_quoted(each)}/>" for each in ids)


def _text(text: str) -> str:
    """XML 1.0 2.2 has no control characters, not even as references."""
    return escape("".join(each for each in text if each >= " " or each in "\t\n\r"))


def _quoted(text: str) -> str:
    return quoteattr("".join(each for each in text if each >= " "))


def _bool(value: bool) -> str:
    return "true" if value else "false"
