"""Annotations as IMAP shows them: those that are kept, and those that say what is so anyway."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Denied
from posthouse.mail.mailboxes.annotations import (
    ADMIN,
    SPECIAL_USE,
    list_annotations,
    read_values,
    said_anyway,
    set_annotations,
)
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.metadata import Asked
from posthouse.security.members import Actor
from posthouse.servers.imap.store import Place

_SHARED = "/shared/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Of one place: values by entry, None for what is asked for and not there; and how long the
    longest is that was left out.
    """

    values: Mapping[str, bytes | None]
    longest_left_out: int = 0


async def find(
    tx: Tx, actor: Actor, places: Sequence[Place | None], asked: Asked
) -> dict[UUID | None, Found]:
    """By the id of the folder; None is the house. A member sees what is shared, and his own."""
    ids = {place.folder.id if place else None: place for place in places}
    noted = await list_annotations(tx, ids, actor.member_id, asked.wants)
    values = await read_values(tx, [each for each in noted if each.size <= asked.max_size])
    found: dict[UUID | None, dict[str, bytes | None]] = {id: {} for id in ids}
    left_out: dict[UUID | None, dict[str, int]] = {id: {} for id in ids}
    for each in noted:
        if each.id in values:
            found[each.folder_id][each.entry] = values[each.id]
        elif each.size > asked.max_size:
            left_out[each.folder_id][each.entry] = each.size
    for id, place in ids.items():
        folder = place.folder if place else None
        for entry, value in said_anyway(folder, actor.address).items():
            if asked.wants(entry) and len(value) <= asked.max_size:
                found[id][entry] = value
        if not asked.depth:
            for entry in asked.entries:
                if entry not in left_out[id]:
                    found[id].setdefault(entry, None)
    return {
        id: Found(
            values=dict(sorted(found[id].items())),
            longest_left_out=max(left_out[id].values(), default=0),
        )
        for id in ids
    }


async def annotate(
    tx: Tx, actor: Actor, place: Place | None, values: Mapping[str, bytes | None]
) -> None:
    """All or none. What everybody sees needs the right to write, at the house to run it.

    Raises Denied, Refusal, ValueTooLong, TooManyAnnotations.
    """
    for entry in values:
        if place is not None and entry == SPECIAL_USE:
            raise Refusal("What a folder is for does not change", code="USEATTR")  # RFC 6154 5.4
        if place is None and entry == ADMIN:
            raise Denied("The address of the administrator does not change.")
    if any(entry.startswith(_SHARED) for entry in values):
        if place is None:
            actor.require_admin()
        elif not place.access.may_write:
            raise Denied("You may only read this mailbox.")
    assert actor.member_id is not None
    await set_annotations(tx, place.folder.id if place else None, actor.member_id, values)


def longest_left_out(found: Found, asked: Asked) -> int | None:
    """For the response code LONGENTRIES (RFC 5464 4.2.1)."""
    return found.longest_left_out if asked.max_size != math.inf and found.longest_left_out else None
