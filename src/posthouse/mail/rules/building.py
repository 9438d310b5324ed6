"""The rules that a mailbox has from the page, beside scripts that somebody wrote by hand.

They are one script among the others, PAGE_SCRIPT. What another hand has written is shown as such:
saving takes it out of force only when that is asked for, and never overwrites it.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Literal
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict
from posthouse.mail.rules import store
from posthouse.mail.rules.actions import (
    activate_script,
    delete_script,
    list_scripts,
    read_script,
    rename_script,
    save_script,
)
from posthouse.mail.rules.builder import Away, RuleSet, read, write
from posthouse.mail.rules.model import ScriptInfo
from posthouse.security.vault import keyring

PAGE_SCRIPT = "posthouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """The rules of the page, and what is in force.

    `active` is the name of the script in force, `by` whose work that is; `text` is it when it is
    not the page's. `revision` changes whenever one of these does.
    """

    rules: RuleSet
    by: Literal["nobody", "page", "hand"]
    active: str | None
    text: str | None
    revision: str
    failure: str | None = None
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayNow:
    """A mailbox that answers by itself today; `last` is the last day of it."""

    mailbox_id: UUID
    last: date | None


async def read_rules(tx: Tx, mailbox_id: UUID) -> Building:
    """What the page shows of a mailbox."""
    scripts = await list_scripts(tx, mailbox_id)
    active = next((each for each in scripts if each.active), None)
    kept = await _page_text(tx, mailbox_id, scripts)
    rules = None if kept is None else await asyncio.to_thread(read, kept)
    by_page = active is not None and active.name == PAGE_SCRIPT and rules is not None
    text = None
    if active is not None and not by_page:
        content = (await read_script(tx, mailbox_id, active.name)).content
        text = content.decode("utf-8", "replace")
    return Building(
        rules=rules or RuleSet(),
        by="nobody" if active is None else "page" if by_page else "hand",
        active=active.name if active else None,
        text=text,
        revision=_revision(active.name if active else "", kept or "", text or ""),
        failure=active.failure if active else None,
        failed_at=active.failed_at if active else None,
    )


async def save_rules(
    tx: Tx, mailbox_id: UUID, rules: RuleSet, *, revision: str, replace: bool
) -> None:
    """Put these rules in force; they are `checked`. No rules at all: nothing is in force.

    Raises Conflict when something changed since `revision` was read, and when a script of another
    hand is in force, unless `replace`: then it is kept, and no longer in force.
    """
    await store.lock_mailbox(tx, mailbox_id)
    now = await read_rules(tx, mailbox_id)
    if now.revision != revision:
        raise Conflict("The rules have been changed elsewhere.", field="revision")
    if now.by == "hand" and not replace:
        raise Conflict("A script that was written by hand is in force.", field="replace")
    scripts = await list_scripts(tx, mailbox_id)
    await _make_way(tx, mailbox_id, scripts)
    if rules.away is None and not rules.rules:
        await activate_script(tx, mailbox_id, None)
        if any(each.name == PAGE_SCRIPT for each in await list_scripts(tx, mailbox_id)):
            await delete_script(tx, mailbox_id, PAGE_SCRIPT)
        return
    await save_script(tx, mailbox_id, PAGE_SCRIPT, write(rules).encode())
    if now.by != "page":
        await activate_script(tx, mailbox_id, PAGE_SCRIPT)


async def away_now(tx: Tx, mailbox_ids: Sequence[UUID], now: datetime) -> list[AwayNow]:
    """Which of these mailboxes answer by themselves today, by rules of the page."""
    found: list[AwayNow] = []
    keys = await keyring(tx)
    for row in await store.read_active_of(tx, mailbox_ids):
        name = keys.decrypt("mailbox_scripts", "name", row["id"], row["name"])
        if name != PAGE_SCRIPT.encode():
            continue
        content = keys.decrypt("mailbox_scripts", "content", row["id"], row["content"])
        rules = await asyncio.to_thread(read, content.decode("utf-8", "replace"))
        if rules is not None and rules.away is not None and _is_today(rules.away, now):
            found.append(AwayNow(mailbox_id=row["mailbox_id"], last=rules.away.last))
    return found


async def _page_text(tx: Tx, mailbox_id: UUID, scripts: Sequence[ScriptInfo]) -> str | None:
    if not any(each.name == PAGE_SCRIPT for each in scripts):
        return None
    return (await read_script(tx, mailbox_id, PAGE_SCRIPT)).content.decode("utf-8", "replace")


async def _make_way(tx: Tx, mailbox_id: UUID, scripts: Sequence[ScriptInfo]) -> None:
    """A script of our name that somebody has changed by hand gets another name."""
    text = await _page_text(tx, mailbox_id, scripts)
    if text is None or await asyncio.to_thread(read, text) is not None:
        return
    names = {each.name for each in scripts}
    number = next(n for n in range(2, len(names) + 3) if f"{PAGE_SCRIPT} {n}" not in names)
    await rename_script(tx, mailbox_id, PAGE_SCRIPT, f"{PAGE_SCRIPT} {number}")


def _is_today(away: Away, now: datetime) -> bool:
    hours, minutes = int(away.zone[1:3]), int(away.zone[3:])
    offset = timedelta(hours=hours, minutes=minutes)
    today = now.astimezone(timezone(-offset if away.zone[0] == "-" else offset)).date()
    begun = away.first is None or away.first <= today
    return away.on and begun and (away.last is None or today <= away.last)


def _revision(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:24]
