"""Flags and keywords as Exchange keeps them, and as our own."""

from collections.abc import Sequence

from posthouse.mail.accounts.keyed.model import Item
from posthouse.mail.mailboxes.model import Flags
from posthouse.protocols.ews import requests
from posthouse.protocols.ews.objects import ItemInfo
from posthouse.protocols.ews.parts import FLAG_STATUS, LAST_VERB, MESSAGE_FLAGS, Property

# What a change may set. \Draft is told, and never changed: a message is sent or it is not.
KEPT = Flags.SEEN | Flags.ANSWERED | Flags.FLAGGED
_FLAGGED = 2  # [MS-OXOFLAG] 2.2.1.1: followupFlagged; 1 is followupComplete, which is done with
_REPLIED = (102, 103)  # [MS-OXOMSG] 2.2.1.4: replied to the sender, to all
_MSGFLAG_READ = 1  # [MS-OXCMSG] 2.2.1.6; without mfUnsent (8) it is no draft


def item_of(found: ItemInfo, folder: bytes) -> Item:
    """So it stands. A draft may be edited and keep its id: its change key tells."""
    flags = Flags(0)
    if found.read:
        flags |= Flags.SEEN
    if found.flag == _FLAGGED:
        flags |= Flags.FLAGGED
    if found.verb in _REPLIED:
        flags |= Flags.ANSWERED
    if found.draft:
        flags |= Flags.DRAFT
    return Item(
        key=found.id.encode(),
        folder=folder,
        flags=flags,
        keywords=found.categories,
        size=found.size,
        arrived=found.received,
        mark=found.change_key.encode() if found.draft else b"",
    )


def updates_of(add: Flags, remove: Flags) -> list[str]:
    """For UpdateItem."""
    updates: list[str] = []
    for flag in (Flags.SEEN, Flags.FLAGGED, Flags.ANSWERED):
        if flag & (add | remove):
            updates.append(_update(flag, on=bool(flag & add)))
    return updates


def _update(flag: Flags, *, on: bool) -> str:
    if flag is Flags.SEEN:
        return requests.set_read(on)
    name, value = (FLAG_STATUS, _FLAGGED) if flag is Flags.FLAGGED else (LAST_VERB, _REPLIED[0])
    return requests.set_property(name, value) if on else requests.drop_property(name)


def properties_of(flags: Flags) -> list[tuple[Property, str]]:
    """For CreateItem: a message that is no draft says so, for all begin as drafts."""
    told: list[tuple[Property, str]] = []
    if not flags & Flags.DRAFT:
        told.append((MESSAGE_FLAGS, str(_MSGFLAG_READ if flags & Flags.SEEN else 0)))
    if flags & Flags.FLAGGED:
        told.append((FLAG_STATUS, str(_FLAGGED)))
    if flags & Flags.ANSWERED:
        told.append((LAST_VERB, str(_REPLIED[0])))
    return told


def changed_words(
    now: Sequence[str], add: Sequence[str], remove: Sequence[str]
) -> list[str] | None:
    """Categories after a change, None when they are so already; case makes no difference."""
    gone = {word.casefold() for word in remove}
    kept = [word for word in now if word.casefold() not in gone]
    there = {word.casefold() for word in kept}
    wanted = [*kept, *(word for word in add if word.casefold() not in there)]
    return wanted if wanted != list(now) else None
