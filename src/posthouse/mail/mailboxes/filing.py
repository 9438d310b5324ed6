"""Filing messages into folders: one lookup and one write for a whole batch.

Content, bodies and addresses that the workspace holds already are shared. Another writer may make
the same row first; then the batch is looked up and written again.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Busy
from posthouse.foundation.events import announce
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.events import MessagesFiled
from posthouse.mail.mailboxes.folders import keyword_numbers
from posthouse.mail.mailboxes.merging import merge_threads
from posthouse.mail.mailboxes.model import Filed, Filing
from posthouse.mail.mailboxes.prepare import Prepared, address_row, prepare_beside
from posthouse.mail.mailboxes.rows import Known, Rows
from posthouse.mail.threads.actions import place_messages, relative
from posthouse.mail.threads.macros import RELATIVES_MACROS
from posthouse.mail.threads.model import Newcomer, Placement
from posthouse.security.vault import Keyring, keyring
from posthouse.security.vault.blobs import write_files

SQL = load_queries("posthouse.mail.mailboxes", "filing.sql", macros=RELATIVES_MACROS)
_TRIES = 5
# Two batches with the same new rows in different order wait for each other: one has to go back.
_OUTRUN = (
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.DeadlockDetectedError,
)


class Outrun(Busy):
    """Another writer made the same rows first; trying again finds them."""


async def file_messages(tx: Tx, batch: Sequence[Filing], *, alone: bool = False) -> list[Filed]:
    """File `batch`, all or nothing, in order; one result each.

    `alone` says that nothing else happens in this transaction and the caller repeats it on
    `Outrun`: that saves a savepoint. Announces MessagesFiled per door and signals the folders.
    Raises Busy when other writers keep winning, OSError or asyncpg.DiskFullError when there is
    no room.
    """
    if not batch:
        return []
    keys = await keyring(tx)
    prepared = [filing.prepared or await prepare_beside(filing.raw, keys) for filing in batch]
    last: Exception | None = None
    for _ in range(_TRIES):
        try:
            if alone:
                return await _file(tx, keys, batch, prepared)
            async with tx.savepoint():  # the retry starts clean
                return await _file(tx, keys, batch, prepared)
        except _OUTRUN as error:
            if alone:
                raise Outrun("Another writer stored the same mail first.") from error
            last = error
    raise Outrun("Too many writers want to store the same mail.", retry_after=1) from last


async def _file(
    tx: Tx, keys: Keyring, batch: Sequence[Filing], prepared: Sequence[Prepared]
) -> list[Filed]:
    known = await _look_up(tx, keys, batch, prepared)
    todo = _without_repeats(batch, prepared, known)
    if not todo:
        return [_repeated(filing) for filing in batch]
    placement = _place(todo, known)
    if placement.merges:
        folders = sorted({filing.folder_id for filing in batch})
        await merge_threads(tx, placement.merges, folders)
        _follow(placement.merges, known)
    rows = Rows(tx.workspace, keys, known, placement, SQL["file_batch"].parameters)
    for index in todo:
        numbers = await keyword_numbers(tx, batch[index].mailbox_id, batch[index].keywords)
        rows.add(index, batch[index], prepared[index], sorted(numbers.values()))
    await write_files(tx, rows.files)
    uids = {
        row["mailbox_message_id"]: row["uid"]
        for row in await tx.rows(SQL["file_batch"], **rows.parameters)
    }
    _announce(tx, batch, rows)
    return [
        rows.filed(index, filing, uids) if index in rows.copies else _repeated(filing)
        for index, filing in enumerate(batch)
    ]


async def _look_up(
    tx: Tx, keys: Keyring, batch: Sequence[Filing], prepared: Sequence[Prepared]
) -> Known:
    named = {address for one in prepared for _, _, address in one.people}
    people = {address: address_row(keys, address) for address in named}
    rows = await tx.rows(
        SQL["find_known"],
        workspace_id=tx.workspace,
        digests=[p.digest for p in prepared],
        identities=[p.identity for p in prepared],
        blob_digests=[p.blob_digest for p in prepared],
        address_ids=sorted(row.id for row in people.values()),
        source_keys=[filing.source_key for filing in batch if filing.source_key is not None],
        source_mailboxes=list({f.mailbox_id for f in batch if f.source_key is not None}),
        thread_keys=sorted(_thread_keys(prepared)),
    )
    known = Known(people=people)
    for row in rows:
        _remember(known, row)
    return known


def _thread_keys(prepared: Sequence[Prepared]) -> set[bytes]:
    keys = {key for one in prepared for key in one.reference_keys}
    keys.update(one.message_id_key for one in prepared if one.message_id_key is not None)
    return keys


def _remember(known: Known, row: Row) -> None:
    kind, key = row["kind"], row["key"]
    if kind == "variant":
        known.variants[key] = (row["id"], row["message_id"], row["thread_id"])
    elif kind == "message":
        known.messages[key] = (row["id"], row["thread_id"])
    elif kind == "blob":
        known.blobs[key] = row["id"]
    elif kind == "address":
        known.addresses.add(row["id"])
    elif kind == "relative":
        known.relatives.append(relative(row))
    else:
        known.sources.add((row["id"], key))


def _without_repeats(
    batch: Sequence[Filing], prepared: Sequence[Prepared], known: Known
) -> dict[int, Prepared]:
    todo: dict[int, Prepared] = {}
    seen = set(known.sources)
    for index, filing in enumerate(batch):
        if filing.source_key is not None:
            source = (filing.mailbox_id, filing.source_key)
            if source in seen:
                continue
            seen.add(source)
        todo[index] = prepared[index]
    return todo


def _place(todo: dict[int, Prepared], known: Known) -> Placement:
    """Threads for the messages of the batch that are new to the workspace."""
    newcomers: dict[bytes, Newcomer] = {}
    for one in todo.values():
        if one.digest in known.variants or one.identity in known.messages:
            continue
        if one.identity not in newcomers:
            newcomers[one.identity] = Newcomer(
                message_id=new_id(),
                message_id_key=one.message_id_key,
                reference_keys=one.reference_keys,
                subject_key=one.subject_key,
                is_reply=one.is_reply,
            )
    placement = place_messages(list(newcomers.values()), known.relatives)
    known.messages.update(
        {
            identity: (newcomer.message_id, placement.threads[newcomer.message_id])
            for identity, newcomer in newcomers.items()
        }
    )
    return placement


def _follow(merges: dict[UUID, UUID], known: Known) -> None:
    """What was looked up names the threads by their new ids."""
    for digest, (variant, message, thread) in known.variants.items():
        known.variants[digest] = (variant, message, merges.get(thread, thread))
    for identity, (message, thread) in known.messages.items():
        known.messages[identity] = (message, merges.get(thread, thread))


def _announce(tx: Tx, batch: Sequence[Filing], rows: Rows) -> None:
    by_door: dict[str, list[int]] = {}
    for index in rows.copies:
        by_door.setdefault(batch[index].door, []).append(index)
        tx.signal(f"folder:{batch[index].folder_id}")
    for door, indices in by_door.items():
        announce(
            tx,
            MessagesFiled(
                mailbox_message_ids=[rows.copies[index][0] for index in indices],
                variant_ids=list(dict.fromkeys(rows.copies[index][1] for index in indices)),
                door=door,
            ),
        )


def _repeated(filing: Filing) -> Filed:
    return Filed(mailbox_id=filing.mailbox_id, folder_id=filing.folder_id, repeated=True)
