"""What is noted at folders and at the house (RFC 5464): entries, shared or of one member.

An entry is a path in lower case, below `/shared` or `/private`; a value is octets.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict, TooLarge
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.model import Folder
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.mailboxes", "annotations.sql")

LONGEST_VALUE = 32_768
_MOST = 200  # of one owner at one place
_PRIVATE = "/private/"
ADMIN = "/shared/admin"  # RFC 5464 6.2.1.2
SPECIAL_USE = "/private/specialuse"  # RFC 6154 5.4
_USES = {"sent": "Sent", "drafts": "Drafts", "trash": "Trash", "junk": "Junk", "archive": "Archive"}


class TooManyAnnotations(Conflict):
    """RFC 5464 4.3: the response code TOOMANY."""


class ValueTooLong(TooLarge):
    """RFC 5464 4.3: the response code MAXSIZE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """An entry that is there; `folder_id` is None for the house as a whole."""

    id: UUID
    folder_id: UUID | None
    entry: str
    size: int


def said_anyway(folder: Folder | None, address: str) -> dict[str, bytes]:
    """Entries that nobody sets, of a folder or of the house as one of its addresses sees it."""
    if folder is None:
        # Every domain of the house receives mail for postmaster (RFC 5321 4.5.1).
        return {ADMIN: b"mailto:postmaster@" + address.rpartition("@")[2].encode()}
    use = _USES.get(folder.special_use or "")
    return {SPECIAL_USE: f"\\{use}".encode()} if use else {}


async def list_annotations(
    tx: Tx,
    places: Iterable[UUID | None],
    member_id: UUID | None,
    wanted: Callable[[str], bool],
) -> list[Annotation]:
    """Those at folders, and at the house where one place is None, whose name is `wanted`.

    Without a member what is shared alone.
    """
    asked = list(places)
    rows = await tx.rows(
        SQL["list_annotations"],
        workspace_id=tx.workspace,
        folder_ids=[each for each in asked if each is not None],
        of_house=None in asked,
        member_id=member_id,
    )
    if not rows:
        return []
    keys = await keyring(tx)
    found = (
        Annotation(
            id=row["id"],
            folder_id=row["folder_id"],
            entry=keys.decrypt("annotations", "entry", row["id"], row["entry"]).decode(),
            size=row["size"],
        )
        for row in rows
    )
    return [each for each in found if wanted(each.entry)]


async def read_values(tx: Tx, found: Sequence[Annotation]) -> dict[UUID, bytes]:
    """By the id of the annotation."""
    if not found:
        return {}
    rows = await tx.rows(
        SQL["read_values"], workspace_id=tx.workspace, ids=[each.id for each in found]
    )
    keys = await keyring(tx)
    return {
        row["id"]: keys.decrypt("annotations", "value", row["id"], row["value"]) for row in rows
    }


async def set_annotations(
    tx: Tx, folder_id: UUID | None, member_id: UUID, values: Mapping[str, bytes | None]
) -> None:
    """All of them or, when one cannot be, none; None takes an entry away.

    Raises ValueTooLong, TooManyAnnotations.
    """
    if any(value is not None and len(value) > LONGEST_VALUE for value in values.values()):
        raise ValueTooLong(f"A value has at most {LONGEST_VALUE} octets.")
    await tx.row(SQL["lock_annotated"], workspace_id=tx.workspace, folder_id=folder_id)
    keys = await keyring(tx)
    for entry, value in values.items():
        place = {
            "workspace_id": tx.workspace,
            "folder_id": folder_id,
            "member_id": _owner(entry, member_id),
            "entry_key": keys.hash("annotation", entry.encode()),
        }
        if value is None:
            await tx.execute(SQL["drop_annotation"], **place)
            continue
        annotation_id = new_id()
        await tx.execute(
            SQL["set_annotation"],
            **place,
            id=annotation_id,
            entry=keys.encrypt("annotations", "entry", annotation_id, entry.encode()),
            value=keys.encrypt("annotations", "value", annotation_id, value),
            size=len(value),
        )
    for owner in {_owner(entry, member_id) for entry, value in values.items() if value is not None}:
        count: int = await tx.value(
            SQL["count_annotations"],
            workspace_id=tx.workspace,
            folder_id=folder_id,
            member_id=owner,
        )
        if count > _MOST:
            raise TooManyAnnotations(f"There are at most {_MOST} entries at one place.")


def _owner(entry: str, member_id: UUID) -> UUID | None:
    return member_id if entry.startswith(_PRIVATE) else None
