"""What rules leave behind, in the transaction that files the mail."""

import asyncio
from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import announce
from posthouse.foundation.ids import new_id
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.model import Filing
from posthouse.mail.rules import store
from posthouse.mail.rules.decision import Decision
from posthouse.mail.rules.events import RuleLettersWritten
from posthouse.mail.rules.letters import Draft
from posthouse.mail.rules.model import RuleLetter
from posthouse.mail.rules.surroundings import memory_key
from posthouse.security.vault import keyring

_LARGE = 128 * 1024
_LONGEST_FAILURE = 1000
# An outbox that could not say that it delivered tries again for as long.
_REPEATS_WITHIN = timedelta(days=7)
_PORTION = 5_000
MOST_NOTIFICATIONS = 60
_NOTIFICATIONS_WITHIN = timedelta(hours=1)


async def record(tx: Tx, decision: Decision) -> None:
    """Remember, note what failed, write the letters; nothing for a mail that is delivered again."""
    incoming, now = decision.incoming, clock.now()
    mailbox_id = incoming.mailbox_id
    if incoming.source_key is not None:
        key = await memory_key(tx, "delivered", incoming.source_key.hex())
        if not await store.remember(tx, mailbox_id, key, now=now, until=now + _REPEATS_WITHIN):
            return
    for each in decision.remembered:
        key = await memory_key(tx, "duplicate", each.key)
        await store.remember_anew(tx, mailbox_id, key, now + each.pause)
    written: list[UUID] = []
    copies: list[Filing] = []
    for draft in await _within_bounds(tx, decision):
        letter_id = await _write(tx, mailbox_id, draft)
        if letter_id is not None:
            written.append(letter_id)
            copies += [draft.copy] if draft.copy else []
    if decision.failures:
        await _note_failure(tx, decision)
    if written:
        announce(tx, RuleLettersWritten(letter_ids=written))
    await file_messages(tx, copies)


async def take_letters(tx: Tx, ids: list[UUID]) -> list[RuleLetter]:
    """For who sends them: read, and gone when the transaction commits."""
    keys = await keyring(tx)
    letters: list[RuleLetter] = []
    for row in await store.take_letters(tx, ids):
        opened = {
            column: keys.decrypt("rule_letters", column, row["id"], row[column])
            for column in ("mail_from", "recipient", "content")
        }
        letters.append(
            RuleLetter(
                id=row["id"],
                mailbox_id=row["mailbox_id"],
                kind=row["kind"],
                mail_from=opened["mail_from"].decode(),
                recipient=opened["recipient"].decode(),
                content=opened["content"],
            )
        )
    return letters


async def forget_memories(database: Database) -> int:
    """What was remembered long enough."""
    async with database.system() as tx:
        return await store.forget_memories(tx, clock.now(), _PORTION)


CHORES = (Chore(name="rules.memories", do=forget_memories, every=600, first=60),)


async def _within_bounds(tx: Tx, decision: Decision) -> list[Draft]:
    """RFC 5436 2.7: so many an hour, so that a script that goes wrong floods nobody."""
    drafts = [draft for draft in decision.drafts if draft.kind != "notify"]
    notifications = [draft for draft in decision.drafts if draft.kind == "notify"]
    if not notifications:
        return drafts
    now, mailbox_id = clock.now(), decision.incoming.mailbox_id
    slots = [await memory_key(tx, "notify", str(number)) for number in range(MOST_NOTIFICATIONS)]
    for notification in notifications:
        until = now + _NOTIFICATIONS_WITHIN
        if not await store.remember_one(tx, mailbox_id, slots, now=now, until=until):
            decision.failures.append(
                f"There were {MOST_NOTIFICATIONS} notifications in an hour: no more."
            )
            break
        drafts.append(notification)
    return drafts


async def _note_failure(tx: Tx, decision: Decision) -> None:
    script, keys = decision.script, await keyring(tx)
    text = "\n".join(decision.failures)[:_LONGEST_FAILURE].encode("utf-8", "replace")
    failure = keys.encrypt("mailbox_scripts", "failure", script.id, text)
    await store.note_failure(tx, script.id, script.revision, failure, clock.now())


async def _write(tx: Tx, mailbox_id: UUID, draft: Draft) -> UUID | None:
    """The id of the letter; None when it was sent not long ago."""
    keys, letter_id, now = await keyring(tx), new_id(), clock.now()
    if draft.once is not None:
        key = await memory_key(tx, draft.kind, draft.once)
        if not await store.remember(tx, mailbox_id, key, now=now, until=now + draft.pause):
            return None
    large = len(draft.content) > _LARGE
    encrypt = keys.encrypt
    content = (
        await asyncio.to_thread(encrypt, "rule_letters", "content", letter_id, draft.content)
        if large
        else encrypt("rule_letters", "content", letter_id, draft.content)
    )
    await store.insert_letter(
        tx,
        mailbox_id,
        id=letter_id,
        kind=draft.kind,
        mail_from=encrypt("rule_letters", "mail_from", letter_id, draft.mail_from.encode()),
        recipient=encrypt("rule_letters", "recipient", letter_id, draft.recipient.encode()),
        content=content,
        now=now,
    )
    return letter_id
