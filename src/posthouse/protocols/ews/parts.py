"""Parts that requests of EWS have in common."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

# MAPI properties, as PropertyTag and PropertyType of ExtendedFieldURI.
FLAG_STATUS = ("0x1090", "Integer")  # [MS-OXOFLAG] 2.2.1.1 PidTagFlagStatus
LAST_VERB = ("0x1081", "Integer")  # [MS-OXOMSG] 2.2.1.4 PidTagLastVerbExecuted
MESSAGE_FLAGS = ("0xE07", "Integer")  # [MS-OXCMSG] 2.2.1.6 PidTagMessageFlags
DELIVERY_TIME = ("0xE06", "SystemTime")  # [MS-OXOMSG] 2.2.3.9 PidTagMessageDeliveryTime
HIDDEN = ("0x10F4", "Boolean")  # [MS-OXCFOLD] 2.2.2.2.2.1 PidTagAttributeHidden
Property = tuple[str, str]

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


def folder_shape() -> str:
    """What is asked of a folder."""
    return (
        "<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>"
        f"<t:AdditionalProperties>{field_uris(_FOLDER_FIELDS)}{property_uri(HIDDEN)}"
        "</t:AdditionalProperties></m:FolderShape>"
    )


def item_shape() -> str:
    """What is asked of an item."""
    return (
        "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
        f"{field_uris(_ITEM_FIELDS)}{property_uri(FLAG_STATUS)}{property_uri(LAST_VERB)}"
        "</t:AdditionalProperties></m:ItemShape>"
    )


def field_uris(names: Iterable[str]) -> str:
    """Of properties that EWS has names for."""
    return "".join(f'<t:FieldURI FieldURI="{name}"/>' for name in names)


def property_uri(name: Property) -> str:
    """Of a property of MAPI."""
    tag, kind = name
    return f'<t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="{kind}"/>'


def extended_property(name: Property, value: str) -> str:
    """A property of MAPI with its value."""
    told = f"<t:Value>{text_of(value)}</t:Value>"
    return f"<t:ExtendedProperty>{property_uri(name)}{told}</t:ExtendedProperty>"


def set_field(name: str, value: str) -> str:
    """An update of a message."""
    return (
        f'<t:SetItemField><t:FieldURI FieldURI="{name}"/>'
        f"<t:Message>{value}</t:Message></t:SetItemField>"
    )


def folder_ids(ids: Iterable[str]) -> str:
    """Folders by their ids."""
    return "".join(f"<t:FolderId Id={quoted(each)}/>" for each in ids)


def distinguished_ids(names: Iterable[str]) -> str:
    """Folders by what they are for."""
    return "".join(f"<t:DistinguishedFolderId Id={quoted(each)}/>" for each in names)


def item_ids(ids: Iterable[str]) -> str:
    """Items by their ids."""
    return "".join(f"<t:ItemId Id={quoted(each)}/>" for each in ids)


def text_of(text: str) -> str:
    """XML 1.0 2.2 has no control characters, not even as references."""
    return escape("".join(each for each in text if each >= " " or each in "\t\n\r"))


def quoted(text: str) -> str:
    """As an attribute, with its quotes."""
    return quoteattr("".join(each for each in text if each >= " "))


def boolean(value: bool) -> str:
    """As XML Schema has it."""
    return "true" if value else "false"
