"""Requests of EWS about items and news; each function is one operation, named as there."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from posthouse.protocols.ews.parts import (
    Property,
    boolean,
    distinguished_ids,
    extended_property,
    folder_ids,
    item_ids,
    item_shape,
    property_uri,
    quoted,
    set_field,
    text_of,
)

Version = Literal["Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1"]
# The newest that says anything we need, then older ones (EWS: requestserverversion).
VERSIONS: tuple[Version, ...] = ("Exchange2013_SP1", "Exchange2013", "Exchange2010_SP2")
MOST_CHANGES = 512  # SyncFolderItems returns no more, whatever is asked for

_TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
_MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_EVENTS = ("NewMail", "Created", "Deleted", "Modified", "Moved", "Copied")


def envelope(version: Version, body: str) -> bytes:
    """A request as it is sent."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{_SOAP}" xmlns:t="{_TYPES}" xmlns:m="{_MESSAGES}">'
        f'<s:Header><t:RequestServerVersion Version="{version}"/></s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def sync_folder_items(folder: str, state: str, most: int) -> str:
    """What happened in a folder since `state`; all there is with ""."""
    known = f"<m:SyncState>{text_of(state)}</m:SyncState>" if state else ""
    return (
        f"<m:SyncFolderItems>{item_shape()}<m:SyncFolderId>{folder_ids([folder])}</m:SyncFolderId>"
        f"{known}<m:MaxChangesReturned>{min(most, MOST_CHANGES)}</m:MaxChangesReturned>"
        "<m:SyncScope>NormalItems</m:SyncScope></m:SyncFolderItems>"
    )


def find_newest(folder: str, most: int) -> str:
    """FindItem: the newest of a folder, the newest first."""
    return (
        f'<m:FindItem Traversal="Shallow">{item_shape()}'
        f'<m:IndexedPageItemView MaxEntriesReturned="{most}" Offset="0" BasePoint="Beginning"/>'
        '<m:SortOrder><t:FieldOrder Order="Descending">'
        '<t:FieldURI FieldURI="item:DateTimeReceived"/></t:FieldOrder></m:SortOrder>'
        f"<m:ParentFolderIds>{folder_ids([folder])}</m:ParentFolderIds></m:FindItem>"
    )


def find_message_ids(
    folder: str, message_ids: Sequence[str], *, distinguished: bool = False
) -> str:
    """FindItem: those with one of some Message-IDs."""
    place = distinguished_ids([folder]) if distinguished else folder_ids([folder])
    tests = "".join(
        '<t:IsEqualTo><t:FieldURI FieldURI="message:InternetMessageId"/><t:FieldURIOrConstant>'
        f"<t:Constant Value={quoted(each)}/></t:FieldURIOrConstant></t:IsEqualTo>"
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
    return f"<m:GetItem>{item_shape()}<m:ItemIds>{item_ids(items)}</m:ItemIds></m:GetItem>"


def get_content(items: Sequence[str]) -> str:
    """Their MIME content."""
    return (
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>"
        "<t:IncludeMimeContent>true</t:IncludeMimeContent></m:ItemShape>"
        f"<m:ItemIds>{item_ids(items)}</m:ItemIds></m:GetItem>"
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
    key = f" ChangeKey={quoted(change_key)}" if change_key else ""
    return (
        f"<t:ItemChange><t:ItemId Id={quoted(item)}{key}/>"
        f"<t:Updates>{''.join(updates)}</t:Updates></t:ItemChange>"
    )


def set_read(read: bool) -> str:
    """An update: read or not."""
    return set_field("message:IsRead", f"<t:IsRead>{boolean(read)}</t:IsRead>")


def set_categories(words: Sequence[str]) -> str:
    """An update: all its categories."""
    if not words:
        return '<t:DeleteItemField><t:FieldURI FieldURI="item:Categories"/></t:DeleteItemField>'
    strings = "".join(f"<t:String>{text_of(word)}</t:String>" for word in words)
    return set_field("item:Categories", f"<t:Categories>{strings}</t:Categories>")


def set_property(name: Property, value: int) -> str:
    """An update of a MAPI property."""
    told = f"<t:Message>{extended_property(name, str(value))}</t:Message>"
    return f"<t:SetItemField>{property_uri(name)}{told}</t:SetItemField>"


def drop_property(name: Property) -> str:
    """An update: without that MAPI property."""
    return f"<t:DeleteItemField>{property_uri(name)}</t:DeleteItemField>"


def move_items(items: Sequence[str], target: str) -> str:
    """Their new ids are in the answer, in the same order."""
    return (
        f"<m:MoveItem><m:ToFolderId>{folder_ids([target])}</m:ToFolderId>"
        f"<m:ItemIds>{item_ids(items)}</m:ItemIds></m:MoveItem>"
    )


def delete_items(items: Sequence[str]) -> str:
    """To the dumpster, as EXPUNGE over Exchange's IMAP does: its owner may still bring it back."""
    return (
        '<m:DeleteItem DeleteType="SoftDelete" SendMeetingCancellations="SendToNone" '
        f'AffectedTaskOccurrences="AllOccurrences"><m:ItemIds>{item_ids(items)}</m:ItemIds>'
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
    place = folder_ids([folder]) if folder else distinguished_ids(["drafts"])
    content = b64encode(raw).decode()
    words = "".join(f"<t:String>{text_of(word)}</t:String>" for word in categories)
    told = f"<t:Categories>{words}</t:Categories>" if words else ""
    told += "".join(extended_property(name, value) for name, value in properties)
    seen = "" if read is None else f"<t:IsRead>{boolean(read)}</t:IsRead>"
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
        f"<t:ItemId Id={quoted(item)} ChangeKey={quoted(change_key)}/></m:ItemIds>"
        f"<m:SavedItemFolderId>{distinguished_ids(['sentitems'])}</m:SavedItemFolderId></m:SendItem>"
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
        f"{text_of(subscription)}</t:SubscriptionId></m:SubscriptionIds>"
        f"<m:ConnectionTimeout>{minutes}</m:ConnectionTimeout></m:GetStreamingEvents>"
    )
