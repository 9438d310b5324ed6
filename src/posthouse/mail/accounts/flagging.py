"""Flags in three ways: told last, told now, and as they are here."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.mail.accounts import keywords, ledger, plan, pushing
from posthouse.mail.accounts.model import ItemFlags
from posthouse.mail.accounts.remote_folders import KnownFolder
from posthouse.mail.mailboxes.changing import store_flags


async def take_flags(
    tx: Tx, mailbox_id: UUID, folder: KnownFolder, items: Sequence[ItemFlags]
) -> None:
    """What is other there than last time becomes so here; what was changed here alone stays."""
    rows = await ledger.flags_before(tx, folder, [item.uid for item in items])
    told = {item.uid: item for item in items}
    words = {word for item in items for word in item.keywords}
    numbers = await keywords.numbers_for(tx, mailbox_id, words)
    names = await keywords.names_of(tx, mailbox_id)
    groups: dict[tuple[UUID, Literal["+", "-"], int, frozenset[str]], list[int]] = {}
    deleted: list[int] = []
    for row in rows:
        item = told[row["uid"]]
        before = plan.folded(names[n] for n in row["keywords"] or () if n in names)
        now = plan.folded(word for word in item.keywords if word.casefold() in numbers)
        added, removed = plan.delta(row["flags"], item.flags or 0)
        if row["our_uid"] is None:
            if row["state"] == "stored" and (added or removed or now != before):
                deleted.append(row["uid"])
            continue
        place = row["folder_id"]
        if added or now - before:
            groups.setdefault((place, "+", added, now - before), []).append(row["our_uid"])
        if removed or before - now:
            groups.setdefault((place, "-", removed, before - now), []).append(row["our_uid"])
    for (place, operation, flags, words_of), uids in groups.items():
        await store_flags(tx, place, uids, operation, flags, sorted(words_of))
    if deleted:
        await pushing.bring_back(tx, folder, deleted)
    kept_flags = [
        (row["uid"], told[row["uid"]].flags or 0, told[row["uid"]].keywords) for row in rows
    ]
    await ledger.keep_flags(tx, folder, kept_flags, numbers)
