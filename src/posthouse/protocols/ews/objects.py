"""Folders, items and changes of EWS as objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from posthouse.protocols.ews.elements import BadAnswer, Element
from posthouse.protocols.ews.parts import FLAG_STATUS, HIDDEN, LAST_VERB, Property

# EWS, items-nonemptyarrayofallitemstype: those that are mail. The others are appointments,
# contacts, tasks, whose "MIME content" is iCalendar or vCard.
_MAIL = frozenset(
    (
        "Item",  # whatever Exchange has no type of its own for, such as reports
        "Message",
        "MeetingMessage",
        "MeetingRequest",
        "MeetingResponse",
        "MeetingCancellation",
        "PostItem",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderInfo:
    """`kind` is its class (IPF.Note …), "" where the server tells none."""

    id: str
    parent: str
    name: str
    kind: str
    count: int
    children: int
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemInfo:
    """So it stands. `flag` is PidTagFlagStatus, `verb` PidTagLastVerbExecuted; 0 without."""

    id: str
    change_key: str
    is_mail: bool
    read: bool = False
    draft: bool = False
    categories: tuple[str, ...] = ()
    size: int = 0
    received: datetime | None = None
    flag: int = 0
    verb: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """Create or Update: so it stands now."""

    item: ItemInfo


@dataclass(frozen=True, slots=True)
class ReadFlag:
    """ReadFlagChange: nothing else of it is told."""

    id: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """Delete: no longer in that folder."""

    id: str


ItemChange = Changed | ReadFlag | Deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """A page of SyncFolderItems; `last` when there is nothing more for now."""

    changes: tuple[ItemChange, ...]
    state: str
    last: bool


def read_folder(element: Element) -> FolderInfo:
    """Of FindFolder, GetFolder, CreateFolder. Raises BadAnswer."""
    return FolderInfo(
        id=_id(element, "FolderId"),
        parent=element.attribute("Id", "ParentFolderId"),
        name=element.say("DisplayName"),
        kind=element.say("FolderClass"),
        count=_number(element.say("TotalCount")),
        children=_number(element.say("ChildFolderCount")),
        hidden=_true(_property(element, HIDDEN)),
    )


def read_item(element: Element) -> ItemInfo:
    """Of SyncFolderItems, FindItem, GetItem. Raises BadAnswer."""
    return ItemInfo(
        id=_id(element, "ItemId"),
        change_key=element.attribute("ChangeKey", "ItemId"),
        is_mail=element.name in _MAIL,
        read=_true(element.say("IsRead")),
        draft=_true(element.say("IsDraft")),
        categories=tuple(each.text for each in element.within("Categories") if each.text),
        size=_number(element.say("Size")),
        received=_time(element.say("DateTimeReceived")),
        flag=_number(_property(element, FLAG_STATUS)),
        verb=_number(_property(element, LAST_VERB)),
    )


def read_items(message: Element) -> Iterator[Element]:
    """The items of a response message, whatever their type."""
    yield from message.within("Items")


def read_sync(message: Element) -> Synced:
    """A page; one that cannot be read in full raises BadAnswer: what is told here is not told
    again.
    """
    state = message.say("SyncState")
    if not state:
        raise BadAnswer("no place to go on from")
    return Synced(
        changes=tuple(_change(each) for each in message.within("Changes")),
        state=state,
        last=_true(message.say("IncludesLastItemInRange")),
    )


def _change(element: Element) -> ItemChange:
    if element.name == "Delete":
        return Deleted(_id(element, "ItemId"))
    if element.name == "ReadFlagChange":
        return ReadFlag(_id(element, "ItemId"))
    if element.name in ("Create", "Update") and element.children:
        return Changed(read_item(element.children[0]))
    raise BadAnswer("a change of no known kind")


def _id(element: Element, name: str) -> str:
    found = element.attribute("Id", name)
    if not found:
        raise BadAnswer("something without an id")
    return found


def _property(element: Element, name: Property) -> str:
    """The value of a MAPI property; servers write tags in small letters or capitals."""
    for each in element.all("ExtendedProperty"):
        tag = each.attribute("PropertyTag", "ExtendedFieldURI")
        if tag and int(tag, 16) == int(name[0], 16):
            return each.say("Value")
    return ""


def _true(text: str) -> bool:
    return text in ("true", "1")  # xs:boolean


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
