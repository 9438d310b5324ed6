"""Messages as Graph shows them (A/resources/message) and as a feed tells of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from posthouse.mail.accounts.errors import Broken
from posthouse.mail.accounts.keyed.model import Change, Gone, Item
from posthouse.mail.mailboxes.model import Flags

# PidTagMessageSize and PidTagLastVerbExecuted (MS-OXPROPS): a message of Graph has no property for
# its size, nor for having been answered.
_SIZE = "Integer 0x0E08"
_VERB = "Integer 0x1081"
_REPLIED = {"102", "103"}  # to the sender, to all
SELECT = "isRead,isDraft,flag,categories,receivedDateTime,changeKey"
EXPAND = f"singleValueExtendedProperties($filter=id eq '{_SIZE}' or id eq '{_VERB}')"


def change_of(folder: bytes, told: Mapping[str, Any]) -> Change:
    """A row of a delta. Raises Broken."""
    try:
        if "@removed" in told:  # deleted, or changed: it lies in another folder
            return Gone(key=told["id"].encode(), folder=folder)
        return item_of(folder, told)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Broken("Graph tells of a message that makes no sense.") from None


def item_of(folder: bytes, told: Mapping[str, Any]) -> Item:
    """Properties may be missing where only others have changed."""
    properties = {
        int(each["id"].partition(" ")[2], 16): str(each["value"])
        for each in told.get("singleValueExtendedProperties", ())
    }
    arrived = told.get("receivedDateTime")
    return Item(
        key=told["id"].encode(),
        folder=folder,
        flags=_flags(told, properties) if "isRead" in told and "flag" in told else None,
        keywords=tuple(map(str, told["categories"])) if "categories" in told else None,
        size=int(properties.get(0x0E08, "0")),
        arrived=datetime.fromisoformat(arrived) if arrived else None,
        mark=str(told["changeKey"]).encode() if told.get("isDraft") else b"",
    )


def _flags(told: Mapping[str, Any], properties: Mapping[int, str]) -> Flags:
    flags = Flags(0)
    if told["isRead"]:
        flags |= Flags.SEEN
    if told["flag"]["flagStatus"] == "flagged":
        flags |= Flags.FLAGGED
    if told.get("isDraft"):
        flags |= Flags.DRAFT
    if properties.get(0x1081) in _REPLIED:
        flags |= Flags.ANSWERED
    return flags


def update_of(
    add: Flags,
    remove: Flags,
    categories: Sequence[str],
    add_keywords: Sequence[str],
    remove_keywords: Sequence[str],
) -> dict[str, Any]:
    """A/message-update: what makes these changes and no others; `categories` are those now."""
    update: dict[str, Any] = {}
    if (add | remove) & Flags.SEEN:
        update["isRead"] = bool(add & Flags.SEEN)
    if (add | remove) & Flags.FLAGGED:
        status = "flagged" if add & Flags.FLAGGED else "notFlagged"
        update["flag"] = {"flagStatus": status}
    if (add | remove) & Flags.ANSWERED:
        verb = "102" if add & Flags.ANSWERED else "0"
        update["singleValueExtendedProperties"] = [{"id": _VERB, "value": verb}]
    if add_keywords or remove_keywords:
        less = {word.casefold() for word in (*remove_keywords, *add_keywords)}
        kept = [each for each in categories if each.casefold() not in less]
        update["categories"] = [*kept, *add_keywords]
    return update
